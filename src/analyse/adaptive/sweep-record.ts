// The decisions of an adaptive sweep as they are written down, made again from its records: decisions.jsonl.
import { identityConfig } from '../../config/identity.ts';
import type { Plan } from '../../config/sweep/expand-plan.ts';
import { canonicalJson } from '../../core/canonical-json.ts';
import { percent } from '../../core/format-number.ts';
import type { RunRecord } from '../../run/record.ts';
import { runOutcome } from '../run-outcome.ts';
import { byMeasure } from '../success-measures.ts';
import {
  type AdaptivePlan,
  type AdaptiveSweep,
  adaptiveOf,
  adaptiveSweep,
  type Outcome,
  type Outcomes,
} from './adaptive-sweep.ts';
import { type Decision, type Replay, replay } from './decide.ts';
import type { Target } from './measure-goal.ts';

/** Draws of a bootstrap: those of the analysis, so that what a sweep stopped at is what the report shows. */
export const ADAPTIVE_DRAWS = 2000;

const keyOf = (config: RunRecord['config']): string => canonicalJson(identityConfig(config));

/**
 * Outcomes of records, by place in the plan. A failed run has none: a fault of a machine decides nothing, and its batch is
 * complete only when it is repeated.
 */
export function outcomesOf({ runs }: AdaptivePlan, records: readonly RunRecord[]): Outcomes {
  const places = new Map(runs.map(({ config }, place) => [keyOf(config), place]));
  const measured = byMeasure(records.map(runOutcome), 'main');
  return new Map(
    measured.flatMap(({ record, asr, prompts }): (readonly [number, Outcome])[] => {
      const place = places.get(keyOf(record.config));
      return place === undefined || record.status === 'failed' ? [] : [[place, { asr, prompts }]];
    }),
  );
}

/** The decisions that records give. */
export interface SweepRecord extends Replay {
  readonly sweep: AdaptiveSweep;
  /** Places of records that no decision chose. */
  readonly surplus: readonly number[];
}

/** Makes the decisions of a sweep again. */
export function sweepRecord(plan: AdaptivePlan, records: readonly RunRecord[]): SweepRecord {
  const sweep = adaptiveSweep(plan);
  const outcomes = outcomesOf(plan, records);
  const made = replay(sweep, { outcomes, draws: ADAPTIVE_DRAWS });
  const chosen = new Set(made.chosen);
  return { sweep, ...made, surplus: [...outcomes.keys()].filter((place) => !chosen.has(place)) };
}

/** The records that an adaptive sweep chose; of any other plan all of them. */
export function chosenRecords(plan: Plan, records: readonly RunRecord[]): readonly RunRecord[] {
  const { adaptive } = adaptiveOf(plan);
  if (adaptive === undefined) return records;
  const { sweep, chosen } = sweepRecord(adaptive, records);
  const keys = new Set(chosen.map((place) => keyOf(sweep.candidates[place].record.config)));
  return records.filter(({ config }) => keys.has(keyOf(config)));
}

function targetLine({ name, estimate, interval, halfWidth, wanted, state, reason }: Target) {
  const ends = interval === null ? null : [interval.low, interval.high];
  return {
    name,
    estimate,
    interval: ends,
    halfWidth,
    wanted,
    state,
    ...(reason === undefined ? {} : { reason }),
  };
}

/** Runs of a batch by size, count and seeds: `d32: 50 documents, seeds 1 and 2`. */
function batchLines({ groups, candidates }: AdaptiveSweep, batch: readonly number[]) {
  return batch.map((place) => {
    const run = candidates[place];
    const group = groups.find(({ arms }) => arms.some(({ outcomes }) => outcomes.includes(run)));
    const arm = group?.arms.find(({ outcomes }) => outcomes.includes(run));
    return {
      place,
      size: arm?.id ?? null,
      ...(group === undefined || group.title === '' ? {} : { setting: group.title }),
      documents: run.documents,
      seed: run.seed,
    };
  });
}

/** Content of decisions.jsonl: one decision a line. */
export function decisionLines(record: SweepRecord): string {
  return record.decisions
    .map(({ spentFlops, targets, batch, end }: Decision, index) => {
      const line = {
        decision: index + 1,
        spentFlops,
        targets: targets.map(targetLine),
        batch: batchLines(record.sweep, batch),
        ...(end === undefined ? {} : { end }),
      };
      return `${JSON.stringify(line)}\n`;
    })
    .join('');
}

/** An adaptive sweep in short, for analysis.json. */
export interface AdaptiveSummary {
  readonly batches: number;
  readonly runs: number;
  readonly spentFlops: number;
  readonly budgetFlops: number;
  readonly end: string | null;
  /** In a sentence or two. */
  readonly text: string;
}

/** Sums up a sweep. */
export function summariseSweep({ sweep, decisions, missing, chosen }: SweepRecord): AdaptiveSummary {
  const { budgetFlops } = sweep.settings;
  const spentFlops = chosen.reduce((sum, place) => sum + sweep.candidates[place].flops, 0);
  const end = decisions.at(-1)?.end;
  const batches = decisions.filter(({ batch }) => batch.length > 0).length;
  const runs = chosen.length - missing.length;
  const state = end?.text ?? `Its last batch lacks ${missing.length} runs.`;
  return {
    ...{ batches, runs, spentFlops, budgetFlops, end: end?.kind ?? null },
    text:
      `Adaptive sweep: ${runs} of ${sweep.candidates.length} runs, chosen in ${batches} batches ` +
      `for ${percent(spentFlops / budgetFlops)} of the budget. ${state}`,
  };
}
