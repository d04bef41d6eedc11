// Of what runs scatter about their curves: the stimulus, the seed, and the rest.
import { mean } from '../../core/sample-statistics.ts';
import { isInTransition } from '../statistics/student-interval.ts';
import type { CellRun, DoseData } from './dose-cells.ts';
import { predictAsr } from './dose-response.ts';
import { ownCurves } from './own-curves.ts';

/** Parts of the dispersion ρ of single runs, in the same unit. */
export interface VarianceComponents {
  /** Of each pool, in their order; null where no two runs share its stimulus alone. */
  readonly stimuli: readonly (number | null)[];
  /** Of the seed; null where no two runs share it alone. */
  readonly seed: number | null;
  /** What is left: neither seed nor stimulus alone. */
  readonly residual: number;
  /** All of it: mean squared residual, in units of p (1 − p). */
  readonly total: number;
  /** Runs in transition, of which it is estimated. */
  readonly runs: number;
}

interface Residual extends Pick<CellRun, 'seed' | 'stimuli'> {
  readonly value: number;
}

/** (asr − p) / √(p (1 − p)) of the runs in transition, p from the curve of their size. */
function residualsOf(data: DoseData): Residual[] {
  return ownCurves(data).curves.flatMap(({ cells, curve }) =>
    cells.flatMap((cell) => {
      const p = predictAsr(curve, cell);
      if (!isInTransition(p)) return [];
      return cell.runs.map(({ asr, ...run }) => ({ ...run, value: (asr - p) / Math.sqrt(p * (1 - p)) }));
    }),
  );
}

/**
 * By the method of moments: the mean product of two runs' residuals that share the stimulus of one pool and nothing else is
 * that pool's variance, of two that share the seed alone the seed's. Estimates below 0 are shown as 0 in the residual alone.
 * @returns null without pools, or without two runs in transition
 */
export function varianceComponents(data: DoseData): VarianceComponents | null {
  const pools = data.stimuli?.length ?? 0;
  if (pools === 0 || data.cells.length === 0) return null;
  const residuals = residualsOf(data);
  if (residuals.length < 2) return null;
  const bySeed: number[] = [];
  const byPool = Array.from({ length: pools }, (): number[] => []);
  for (const [i, one] of residuals.entries())
    for (const other of residuals.slice(i + 1)) {
      const shared = (one.stimuli ?? []).flatMap((place, pool) =>
        place === other.stimuli?.[pool] ? [pool] : [],
      );
      const isSameSeed = one.seed === other.seed;
      const product = one.value * other.value;
      if (isSameSeed && shared.length === 0) bySeed.push(product);
      if (!isSameSeed && shared.length === 1) byPool[shared[0] as number]?.push(product);
    }
  const total = mean(residuals.map(({ value }) => value * value)) ?? 0;
  const seed = mean(bySeed);
  const stimuli = byPool.map(mean);
  const explained = [seed, ...stimuli].reduce<number>((sum, part) => sum + Math.max(0, part ?? 0), 0);
  return { stimuli, seed, residual: Math.max(0, total - explained), total, runs: residuals.length };
}
