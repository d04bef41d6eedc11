// How specific the backdoor is: success under the trigger, under texts ever less like it, and under none.
import type { RandomStream } from '../core/random.ts';
import type { Condition } from '../run/record.ts';
import type { Estimate } from './cells.ts';
import { findCondition } from './run-outcome.ts';
import type { Series } from './series.ts';
import { boundedMeanInterval } from './statistics/bounded-mean-interval.ts';
import { FEWEST_SEEDS_FOR_INTERVAL, INTERVAL_LEVEL } from './statistics/interval.ts';
import { mean } from './statistics/quantile.ts';

/** From the trigger itself to none at all, nearest first. */
export const GRADED_CONDITIONS: readonly Condition[] = [
  'trigger',
  'near-shared-prefix',
  'near-one-edit',
  'near-permuted',
  'near-same-length',
  'near-random',
  'clean',
];

/** Success under one condition in one cell. */
export interface GradedSuccess {
  readonly condition: Condition;
  /** Share of prompts whose generation the attack's judge calls a success, over seeds. */
  readonly success: Estimate;
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
      const grades = GRADED_CONDITIONS.flatMap((condition) => {
        const values = runs
          .map((run) => run.final && findCondition(run.final, condition)?.successShare)
          .filter((value) => typeof value === 'number');
        if (values.length === 0) return [];
        const stream = options.streamOf(item.id, documents, condition);
        return [{ condition, success: summarise(values, { draws: options.draws, stream }) }];
      });
      const measured = grades.some(({ condition }) => condition.startsWith('near-'));
      return measured ? [{ series: item.id, parameters: item.parameters, documents, grades }] : [];
    });
  });
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
