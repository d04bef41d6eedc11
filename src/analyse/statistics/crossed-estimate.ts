// A mean over runs whose seeds and stimuli both are samples: Student's intervals of both, put together.
import { type SeedEstimate, seedEstimate } from './student-interval.ts';

/** A number of one run. */
export interface RunValue {
  readonly seed: number;
  readonly value: number;
  /** What the run takes of each pool, where there are any. */
  readonly stimuli?: readonly string[] | undefined;
}

function meansBy(values: readonly RunValue[], unit: (run: RunValue) => number | string): number[] {
  const groups = new Map<number | string, { sum: number; count: number }>();
  for (const run of values) {
    const group = groups.get(unit(run)) ?? { sum: 0, count: 0 };
    group.sum += run.value;
    group.count += 1;
    groups.set(unit(run), group);
  }
  return [...groups.values()].map(({ sum, count }) => sum / count);
}

const squareOfHalf = (low: number, high: number) => ((high - low) * (high - low)) / 4;

/**
 * The estimate over seeds, its interval widened for stimuli: the distances of its ends and of those with the stimuli of each
 * pool as units are added in quadrature. What is neither seed nor stimulus is counted twice, so that it is rather too wide.
 * Null where seeds or a pool's stimuli are fewer than five.
 * @param overSeeds from the same values
 */
export function widenForStimuli(
  overSeeds: SeedEstimate,
  values: readonly RunValue[],
  options: { leastVariance?: number; level?: number } = {},
): SeedEstimate {
  const pools = values[0]?.stimuli?.length ?? 0;
  const { mean: center, interval } = overSeeds;
  if (pools === 0 || center === null || interval?.low == null || interval.high === null) return overSeeds;
  let square = squareOfHalf(interval.low, interval.high);
  for (let pool = 0; pool < pools; pool++) {
    const own = seedEstimate(
      meansBy(values, ({ stimuli }) => stimuli?.[pool] ?? ''),
      options,
    ).interval;
    if (own?.low == null || own.high === null) return { ...overSeeds, interval: null };
    square += squareOfHalf(own.low, own.high);
  }
  const reach = Math.sqrt(square);
  return { ...overSeeds, interval: { ...interval, low: center - reach, high: center + reach } };
}
