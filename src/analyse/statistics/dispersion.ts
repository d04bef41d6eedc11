// How much runs of one cell differ beyond what the curve says.

/** One run against the curve. */
export interface Residual {
  /** Observed success rate of the run, 0-1. */
  readonly observed: number;
  /** Predicted, in (0, 1). */
  readonly predicted: number;
}

/**
 * Dispersion ρ in Var(ASR of a run) = ρ p (1 - p): 1 if every run is all or nothing, 1/prompts if runs did not
 * differ at all (binomial). Pearson's statistic per degree of freedom with Fletcher's (2012) correction, which
 * tames single surprising runs where p is near 0 or 1.
 *
 * Quasi-likelihood rather than a beta-binomial: it assumes the mean and this variance alone, which hold for
 * runs that are nearly all-or-nothing, where the beta's shape would be a guess.
 * @param parameters number of fitted parameters
 * @param smallest lower bound, 1 / prompts
 * @returns null without degrees of freedom
 */
export function estimateDispersion(
  residuals: readonly Residual[],
  options: { parameters: number; smallest: number },
): number | null {
  const degreesOfFreedom = residuals.length - options.parameters;
  if (degreesOfFreedom <= 0) return null;
  let pearson = 0;
  let correction = 0;
  for (const { observed, predicted } of residuals) {
    const p = Math.min(1 - 1e-6, Math.max(1e-6, predicted));
    const variance = p * (1 - p);
    pearson += ((observed - p) * (observed - p)) / variance;
    correction += ((1 - 2 * p) * (observed - p)) / variance;
  }
  const dispersion = pearson / degreesOfFreedom / Math.max(0.1, 1 + correction / residuals.length);
  return Math.min(1, Math.max(options.smallest, dispersion));
}
