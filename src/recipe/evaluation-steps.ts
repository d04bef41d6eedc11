// When a phase is evaluated.

/** Steps of a phase after which it is evaluated: evenly spaced, the last step always. */
export function evaluationSteps(optimizerSteps: number, checkpoints: number): number[] {
  const steps = Array.from({ length: checkpoints }, (_, index) =>
    Math.round(((index + 1) * optimizerSteps) / checkpoints),
  );
  return [...new Set(steps)].filter((step) => step > 0);
}
