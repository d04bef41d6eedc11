// What an adaptive sweep may cost: what it has decided on the runs that there are, and how simulated ones end.
import { adaptiveOf } from '../analyse/adaptive/adaptive-sweep.ts';
import { EXPECTED_CURVE, expectedSweeps } from '../analyse/adaptive/simulate-sweep.ts';
import { summariseSweep, sweepRecord } from '../analyse/adaptive/sweep-record.ts';
import type { Plan } from '../config/sweep/expand-plan.ts';
import { percent, shortCount } from '../core/format-number.ts';
import type { RunRecord } from '../run/record.ts';
import { formatDuration, plural } from './format.ts';

/** Sweeps that are simulated to say what one may cost. */
const SIMULATED = 5;
const SIMULATED_DRAWS = 100;

/** What an adaptive sweep has decided on what the store holds, and what it may cost; null for any other. */
export function adaptiveForecast(plan: Plan, stored: readonly RunRecord[]) {
  const { adaptive } = adaptiveOf(plan);
  if (adaptive === undefined) return null;
  const record = sweepRecord(adaptive, stored);
  const { batches, runs, spentFlops } = summariseSweep(record);
  const { budgetFlops } = adaptive.adaptive;
  const expected = expectedSweeps(record.sweep, { repeats: SIMULATED, draws: SIMULATED_DRAWS });
  const middle = <T>(values: readonly T[]) => values[Math.floor(values.length / 2)] as T;
  const flops = expected.map((sweep) => sweep.flops).sort((a, b) => a - b);
  const runsExpected = expected.map(({ chosen }) => chosen.length).sort((a, b) => a - b);
  return {
    ...{ batches, runs, spentFlops, budgetFlops },
    nextBatch: record.missing,
    end: record.decisions.at(-1)?.end ?? null,
    expected: {
      runs: middle(runsExpected),
      flops: middle(flops),
      leastFlops: flops[0] as number,
      mostFlops: flops.at(-1) as number,
      reached: expected.filter(({ last }) => last.end?.kind === 'reached').length / expected.length,
    },
  };
}

/** The forecast in sentences. @param msOf milliseconds that operations take */
export function forecastLines(
  forecast: NonNullable<ReturnType<typeof adaptiveForecast>>,
  msOf: (flops: number) => number,
): string[] {
  const { batches, runs, spentFlops, budgetFlops, nextBatch, end, expected } = forecast;
  const cost = (flops: number) => `${shortCount(flops)} operations, about ${formatDuration(msOf(flops))}`;
  const { steepness, dispersion } = EXPECTED_CURVE;
  return [
    'Adaptive sweep: the runs above may be chosen; a small grid runs first, then batch after batch.',
    ...(runs === 0
      ? [`The first batch has ${plural(nextBatch.length, 'run')}.`]
      : [
          `So far: ${plural(runs, 'run')} in ${batches === 1 ? '1 batch' : `${batches} batches`}, ${percent(spentFlops / budgetFlops)} of the budget. ` +
            (end === null ? `The next batch lacks ${plural(nextBatch.length, 'run')}.` : end.text),
        ]),
    `Expected in all: ${plural(expected.runs, 'run')}, ${cost(expected.flops)} (${shortCount(expected.leastFlops)} to ${shortCount(expected.mostFlops)} in ${SIMULATED} simulated sweeps, ` +
      `${percent(expected.reached)} of which reach the goal: count law, P50 amid the counts, steepness ${steepness}, dispersion ${dispersion}).`,
    `At most, the budget: ${cost(budgetFlops)}.`,
  ];
}
