// When a phase is evaluated.
import type { EvaluationConfig } from '../config/schema/schema.ts';

/**
 * Steps of a phase after which it is evaluated, rising, each once; the last step always. Shares are rounded to whole
 * steps, to the first at least.
 */
export function evaluationSteps(
  { checkpoints, points }: Pick<EvaluationConfig, 'checkpoints' | 'points'>,
  options: { phase: string; optimizerSteps: number },
): number[] {
  const { phase, optimizerSteps } = options;
  const shares = points?.[phase];
  const steps =
    shares === undefined
      ? Array.from({ length: checkpoints }, (_, index) =>
          Math.round(((index + 1) * optimizerSteps) / checkpoints),
        )
      : [...shares.map((share) => Math.max(1, Math.round(share * optimizerSteps))), optimizerSteps];
  return [...new Set(steps)].filter((step) => step > 0);
}
