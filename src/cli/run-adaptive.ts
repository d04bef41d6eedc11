// An adaptive sweep, batch after batch: each is decided from the records of those before, which the store holds, so that an
// interrupted sweep goes on where it was.
import { adaptiveOf, adaptiveSweep, type Outcome } from '../analyse/adaptive/adaptive-sweep.ts';
import { type Decision, decide } from '../analyse/adaptive/decide.ts';
import { ADAPTIVE_DRAWS, outcomesOf } from '../analyse/adaptive/sweep-record.ts';
import type { Plan, PlannedRun } from '../config/sweep/expand-plan.ts';
import { wholePercent } from '../core/format-number.ts';
import type { EngineOption } from '../kernels/engine-names.ts';
import { arithmeticOf } from '../run/execute/model-source.ts';
import { ExperimentPreparation } from '../run/prepare/prepare-experiment.ts';
import type { RunRecord } from '../run/record.ts';
import type { ExperimentOutcome } from '../run/run-experiment.ts';
import { readResult } from '../run/store/store.ts';
import { plural } from './format.ts';

/** A plan of some runs of another. */
export function partOfPlan(plan: Plan, places: readonly number[]): Plan {
  const { adaptive: _, ...rest } = plan;
  const runs = places.map((place, index) => ({ ...(plan.runs[place] as PlannedRun), index }));
  return {
    ...rest,
    runs,
    tokens: runs.reduce((sum, run) => sum + run.tokens, 0),
    flops: runs.reduce((sum, run) => sum + run.flops, 0),
  };
}

/** `batch 3: 8 runs; α ±0.17 (0.1 is wanted); 12 % of the budget spent`. */
export function decisionText(
  { targets, batch, spentFlops, end }: Decision,
  { budgetFlops, number }: { budgetFlops: number; number: number },
): string {
  const open = targets.find(({ state }) => state === 'open') ?? targets[0];
  const known =
    open === undefined
      ? []
      : [
          `${open.name} ${open.halfWidth === null ? 'not known yet' : `±${open.halfWidth.toFixed(2)}`} (±${open.wanted.toFixed(2)} is wanted)`,
        ];
  const what =
    end === undefined ? `batch ${number}: ${plural(batch.length, 'run')}` : end.text.replace(/\.$/, '');
  return [what, ...known, `${wholePercent(spentFlops / budgetFlops)} of the budget spent`].join('; ');
}

/** The ids of all runs of a plan. */
async function identifyPlan(
  plan: Plan,
  { store, baseFolder, engine }: Pick<AdaptiveOptions, 'store' | 'baseFolder' | 'engine'>,
): Promise<string[]> {
  const preparation = new ExperimentPreparation({ store, baseFolder });
  try {
    return (await preparation.identify(plan.runs, arithmeticOf(engine))).map(({ id }) => id);
  } finally {
    await preparation.close();
  }
}

/** How the batches of a sweep are run. */
export interface AdaptiveOptions {
  readonly store: string;
  readonly baseFolder: string;
  readonly engine: EngineOption;
  readonly retryFailed: boolean;
  /** Told the ids of all runs that may be chosen; what it throws ends the sweep there. */
  readonly onIdentified: (ids: readonly string[], say: (text: string) => void) => void;
  /** Does the runs of a part of the plan. */
  readonly runPart: (part: Plan) => Promise<ExperimentOutcome>;
  readonly say: (text: string) => void;
}

/** A batch: its records as far as there are any, and whether it was stopped. */
async function runBatch(
  plan: Plan,
  batch: readonly number[],
  options: AdaptiveOptions & { ids: readonly string[] },
) {
  const { store, ids, retryFailed, runPart } = options;
  const records = new Map<number, RunRecord>();
  for (const place of batch) {
    const stored = readResult(store, ids[place] as string);
    if (stored.kind === 'found' && !(stored.record.status === 'failed' && retryFailed))
      records.set(place, stored.record);
  }
  const missing = batch.filter((place) => !records.has(place));
  if (missing.length === 0) return { records, end: null };
  const outcome = await runPart(partOfPlan(plan, missing));
  for (const [index, record] of outcome.records.entries())
    if (record !== undefined) records.set(missing[index] as number, record);
  return { records, end: outcome.stopped ? outcome : null };
}

/**
 * Runs an adaptive sweep until it ends, a run fails, or it is stopped.
 * @returns the runs chosen, in plan order
 */
export async function runAdaptive(plan: Plan, options: AdaptiveOptions): Promise<ExperimentOutcome> {
  const { adaptive } = adaptiveOf(plan);
  if (adaptive === undefined) throw new Error('the sweep is not adaptive');
  const sweep = adaptiveSweep(adaptive);
  const ids = await identifyPlan(plan, options);
  options.onIdentified(ids, options.say);
  const records = new Map<number, RunRecord>();
  const outcomes = new Map<number, Outcome>();
  const chosen: number[] = [];
  const outcomeOf = (end: Pick<ExperimentOutcome, 'stopped' | 'reason'>): ExperimentOutcome => {
    const places = [...chosen].sort((a, b) => a - b);
    return {
      ...end,
      records: places.map((place) => records.get(place)),
      ids: places.map((place) => ids[place] as string),
    };
  };
  for (let number = 1; ; number++) {
    const decision = decide(sweep, { chosen, outcomes, draws: ADAPTIVE_DRAWS });
    options.say(decisionText(decision, { budgetFlops: adaptive.adaptive.budgetFlops, number }));
    if (decision.batch.length === 0) return outcomeOf({ stopped: false });
    chosen.push(...decision.batch);
    const done = await runBatch(plan, decision.batch, { ...options, ids });
    for (const [place, record] of done.records) records.set(place, record);
    if (done.end !== null) return outcomeOf(done.end);
    const all = [...done.records.values()];
    // A fault of a machine decides nothing: the sweep waits until the run is repeated.
    if (all.some(({ status }) => status === 'failed')) return outcomeOf({ stopped: false });
    for (const [place, outcome] of outcomesOf(adaptive, all)) outcomes.set(place, outcome);
  }
}
