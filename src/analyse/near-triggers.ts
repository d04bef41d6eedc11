// How specific the backdoor is: success under the trigger, under texts increasingly different from it, and under none.
import type { RandomStream } from '../core/random.ts';
import { mean } from '../core/sample-statistics.ts';
import {
  type ConditionInfo,
  conditionInfo,
  gradedConditions,
  type RecordedCondition,
  recordedCondition,
} from '../run/record.ts';
import type { Estimate } from './cells.ts';
import { findCondition, type RunOutcome } from './run-outcome.ts';
import type { Series } from './series.ts';
import { boundedMeanInterval } from './statistics/bounded-mean-interval.ts';
import { FEWEST_SEEDS_FOR_INTERVAL, INTERVAL_LEVEL, type Interval } from './statistics/interval.ts';
import { leastShareVariance, seedEstimate } from './statistics/student-interval.ts';

/** The conditions that some runs were measured under at their end, from the trigger itself to none at all. */
export function conditionsOf(runs: readonly RunOutcome[]): ConditionInfo[] {
  return gradedConditions(runs.flatMap(({ final }) => final?.conditions ?? []));
}

/** Success under one condition in one cell. */
export interface GradedSuccess extends RecordedCondition {
  /** Share of prompts whose generation the attack's judge calls a success, over seeds. */
  readonly success: Estimate;
  /** About the mean: Student's over seeds, never narrower than prompts and runs allow, cut to 0-1. Null with fewer than 5 seeds. */
  readonly meanInterval: Interval | null;
}

/** One row of the near-trigger table. */
export interface NearTriggerRow {
  readonly series: string;
  readonly parameters: number;
  readonly documents: number;
  readonly grades: readonly GradedSuccess[];
}

/** Success by grade for each cell in which near triggers were measured. */
export function nearTriggerTable(
  series: readonly Series[],
  options: {
    draws: number;
    streamOf: (series: string, documents: number, condition: string) => RandomStream;
  },
): NearTriggerRow[] {
  return series.flatMap((item) => {
    const done = item.outcomes.filter((run) => run.final !== null);
    const counts = [...new Set(done.map((run) => run.documents))].sort((a, b) => a - b);
    return counts.flatMap((documents) => {
      const runs = done.filter((run) => run.documents === documents);
      const grades = conditionsOf(runs).flatMap((info) => {
        const { condition } = info;
        const values = runs
          .map((run) => run.final && findCondition(run.final, condition)?.successShare)
          .filter((value) => typeof value === 'number');
        if (values.length === 0) return [];
        const stream = options.streamOf(item.id, documents, condition);
        const prompts = Math.min(...runs.map((run) => run.prompts));
        return [
          {
            ...recordedCondition(info),
            success: summarise(values, { draws: options.draws, stream }),
            meanInterval: aboutMean(values, prompts),
          },
        ];
      });
      const measured = grades.some((grade) => conditionInfo(grade).kind === 'near');
      return measured ? [{ series: item.id, parameters: item.parameters, documents, grades }] : [];
    });
  });
}

function aboutMean(values: readonly number[], prompts: number): Interval | null {
  const share = mean(values) ?? 0;
  const leastVariance = leastShareVariance({ share, prompts, runs: 1, seeds: values.length });
  const { interval } = seedEstimate(values, { leastVariance });
  if (interval?.low == null || interval.high === null) return null;
  return { ...interval, low: Math.max(0, interval.low), high: Math.min(1, interval.high) };
}

function summarise(values: readonly number[], options: { draws: number; stream: RandomStream }): Estimate {
  return {
    n: values.length,
    mean: mean(values),
    minimum: Math.min(...values),
    maximum: Math.max(...values),
    interval:
      values.length >= FEWEST_SEEDS_FOR_INTERVAL
        ? boundedMeanInterval({ values, level: INTERVAL_LEVEL, ...options })
        : null,
  };
}
