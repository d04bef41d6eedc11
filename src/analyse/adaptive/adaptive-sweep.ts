// An adaptive sweep as the planner sees it: which runs it may choose, by size and setting, and what became of those
// that it has chosen.
import { plantsOfFirst } from '../../config/measured-poisons.ts';
import type { AdaptiveSettings } from '../../config/schema/adaptive-schema.ts';
import type { Plan, PlannedRun } from '../../config/sweep/expand-plan.ts';
import { InputError } from '../../core/errors.ts';
import type { DoseRun } from '../fits/dose-cells.ts';
import { type GroupMember, groupOutcomes } from '../groups.ts';
import { findSeries, type Series } from '../series.ts';
import { FEWEST_SEEDS_FOR_INTERVAL } from '../statistics/interval.ts';

/** The part of a plan that an adaptive sweep is made of. */
export interface AdaptivePlan extends Pick<Plan, 'runs'> {
  readonly adaptive: AdaptiveSettings;
}

/** A plan whose sweep is adaptive, where it is. */
export function adaptiveOf({ runs, adaptive }: Plan): { readonly adaptive?: AdaptivePlan } {
  return adaptive === undefined ? {} : { adaptive: { runs, adaptive } };
}

/** A run that may be chosen. */
export interface Candidate extends GroupMember {
  /** In the plan. */
  readonly place: number;
  readonly seed: number;
  readonly documents: number;
  readonly flops: number;
}

/** What a chosen run came to; no `asr`: it diverged. */
export interface Outcome {
  readonly asr: number | null;
  readonly prompts: number;
}

/** Outcomes by place in the plan. */
export type Outcomes = ReadonlyMap<number, Outcome>;

/** One size (or amount of data) under one setting. */
export interface Arm extends Series<Candidate> {
  readonly group: string;
  /** Of one run. */
  readonly flops: number;
  /** Counts that may be used, above 0, ascending. */
  readonly counts: readonly number[];
}

/** Sizes under one setting. */
export interface AdaptiveGroup {
  readonly id: string;
  readonly title: string;
  /** Cheapest first. */
  readonly arms: readonly Arm[];
}

export interface AdaptiveSweep {
  readonly settings: AdaptiveSettings;
  readonly candidates: readonly Candidate[];
  readonly groups: readonly AdaptiveGroup[];
}

function candidateOf({ config, parameters, tokens, flops }: PlannedRun, place: number): Candidate {
  const documents = plantsOfFirst(config.phases).reduce((sum, { poison }) => sum + poison.documents, 0);
  return { place, record: { config }, parameters, tokens, flops, seed: config.seed, documents };
}

function armOf(series: Series<Candidate>, group: string): Arm {
  const counts = [...new Set(series.outcomes.map(({ documents }) => documents))];
  return {
    ...series,
    group,
    flops: Math.max(...series.outcomes.map(({ flops }) => flops)),
    counts: counts.filter((count) => count > 0).sort((a, b) => a - b),
  };
}

/** What keeps a goal from ever being reached with the runs of the grid; null: nothing. */
function unreachable({ goal }: AdaptiveSettings, groups: readonly AdaptiveGroup[]): string | null {
  const arms = groups.flatMap((group) => group.arms);
  const poor = arms.find(({ counts }) => counts.length < 3);
  if (poor !== undefined)
    return `needs three counts above 0 or more at every size; ${poor.id} has ${poor.counts.length}`;
  const seeds = new Set(arms.flatMap(({ outcomes }) => outcomes.map(({ seed }) => seed))).size;
  if (seeds < FEWEST_SEEDS_FOR_INTERVAL)
    return `needs ${FEWEST_SEEDS_FOR_INTERVAL} seeds or more, since fewer have no interval; sweep.seeds has ${seeds}`;
  const least = goal.kind === 'alpha' ? (goal.sizes === 'new' ? 3 : 2) : 1;
  const short = groups.find((group) => group.arms.length < least);
  if (short !== undefined)
    return `has the goal alpha, which needs ${least} sizes or amounts of data; the grid has ${short.arms.length}`;
  if (goal.kind === 'ratio' && groups.length < 2)
    return 'has the goal ratio, which sets settings against the first one; the grid has one setting';
  return null;
}

/**
 * Divides the runs of a plan as the analysis will divide their records.
 * @throws InputError for a goal that the runs of the grid cannot reach
 */
export function adaptiveSweep({ runs, adaptive }: AdaptivePlan): AdaptiveSweep {
  const candidates = runs.map(candidateOf);
  const groups = groupOutcomes(candidates).map(({ id, title, kind, outcomes }): AdaptiveGroup => {
    const arms = findSeries(outcomes, kind).map((series) => armOf(series, id));
    return { id, title, arms: arms.sort((a, b) => a.flops - b.flops) };
  });
  const reason = unreachable(adaptive, groups);
  if (reason !== null) throw new InputError(`sweep.adaptive ${reason}`);
  return { settings: adaptive, candidates, groups };
}

/** The runs of a group that have an outcome, as the fits read them. */
export function seenSeries({ arms }: AdaptiveGroup, outcomes: Outcomes): Series<DoseRun>[] {
  // In the order of the analysis: by parameters, then data.
  const ordered = [...arms].sort((a, b) => a.parameters - b.parameters || a.tokens - b.tokens);
  return ordered.map(({ id, label, parameters, tokens, outcomes: runs }) => ({
    ...{ id, label, parameters, tokens },
    outcomes: runs.flatMap(({ place, seed, documents }) => {
      const found = outcomes.get(place);
      return found === undefined ? [] : [{ seed, documents, ...found, innocentUses: 0 }];
    }),
  }));
}
