// From a corpus, an attack and a budget to the runs of a ladder: what is done, what is left out, and how long it takes.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { meanDocumentTokens } from '../../../config/budget.ts';
import { parseExperiment } from '../../../config/node/load-experiment.ts';
import { poisonsOf } from '../../../config/poisons.ts';
import type { PhaseConfig } from '../../../config/schema/schema.ts';
import { expandPlan, type Plan, type PlannedRun } from '../../../config/sweep/expand-plan.ts';
import { InputError } from '../../../core/errors.ts';
import { hashValue } from '../../../core/hash.ts';
import { writeFileAtomic } from '../../../core/node/atomic-file.ts';
import { readText } from '../../../core/node/read-file.ts';
import { parseJson } from '../../../core/read-json.ts';
import { attackSchemas } from '../../../poison/attack-schemas.ts';
import { assertOwnTextAllowed } from '../../../poison/dual-use.ts';
import { registered } from '../../../recipe/registered.ts';
import { readStoredResults } from '../../../run/store/run-index.ts';
import type { OpenedExperiment } from '../../open-experiment.ts';
import { estimateMs, fastestEngine, measuredSpeed } from '../../speed.ts';
import { surveyPlan } from '../../survey-corpora.ts';
import {
  allSteps,
  type CorpusFacts,
  type LeftOut,
  ladderCounts,
  ladderEpochs,
  type PricedStep,
  stepsOfBudget,
  stepsThatFit,
} from './choose-steps.ts';
import {
  LADDER_FILTERS,
  type LadderScale,
  type LadderStep,
  type LadderSubject,
  ladderYaml,
} from './ladder-config.ts';

/** What a ladder is told. */
export interface LadderRequest {
  readonly subject: LadderSubject;
  readonly budgetMs: number;
  /** Folder of the audit, absolute. */
  readonly folder: string;
  readonly store: string;
  readonly workers: number;
  readonly scale: LadderScale;
}

/** A ladder that is decided. */
export interface PlannedLadder {
  readonly opened: OpenedExperiment;
  readonly steps: readonly PricedStep[];
  readonly leftOut: readonly LeftOut[];
  readonly counts: readonly number[];
  readonly epochs: number;
  /** Runs that times were measured on; 0: they are a guess. */
  readonly measuredOn: number;
}

const FILES = { experiment: 'ladder.yaml', decision: 'ladder.json' };
const VERSION = 1;

const decisionSchema = z.strictObject({
  version: z.literal(VERSION),
  key: z.string(),
  steps: z.array(z.strictObject({ size: z.string(), filter: z.enum(LADDER_FILTERS).nullable() })),
  leftOut: z.array(
    z.strictObject({ size: z.string(), filter: z.enum(LADDER_FILTERS).nullable(), why: z.string() }),
  ),
});

/** The step that a run belongs to: its place. */
export function stepOf(
  run: Pick<PlannedRun, 'config'>,
  steps: readonly LadderStep[],
  sizes: ReadonlyMap<number, string>,
): number {
  const { model, phases } = run.config;
  const filter = phases[0]?.defend?.[0]?.kind ?? null;
  return steps.findIndex((step) => step.size === sizes.get(model.width) && step.filter === filter);
}

/** An experiment from its text, as if it lay in the folder of the audit. */
function openText(text: string, folder: string): OpenedExperiment {
  const experiment = parseExperiment(text, {
    ...registered,
    file: join(folder, FILES.experiment),
    corporaExist: true,
  });
  return { experiment, plan: expandPlan(experiment), baseFolder: folder, source: undefined };
}

/** The experiment of one size and one count, to look at. */
function probe({ subject, folder, scale }: LadderRequest, size: string): OpenedExperiment {
  const steps = [{ size, filter: null }];
  return openText(ladderYaml(subject, { steps, counts: [1], epochs: 1, scale }), folder);
}

/**
 * Mean tokens of a poisoned document.
 * @throws InputError for several attacks at once, or one that is not for text of one's own
 */
function meanPoisonTokens({ runs }: Plan): number {
  const poisons = poisonsOf(runs.at(-1)?.config.phases[0] as PhaseConfig);
  const [poison] = poisons;
  if (poison === undefined || poisons.length > 1)
    throw new InputError(`--attack holds ${poisons.length} attacks: give one`);
  assertOwnTextAllowed(poison.attack);
  return meanDocumentTokens(poison, attackSchemas);
}

/** What was decided before for the same corpus, attack and budget; null: nothing. */
function readDecision(folder: string, key: string): z.infer<typeof decisionSchema> | null {
  const file = join(folder, FILES.decision);
  if (!existsSync(file)) return null;
  const found = parseJson(readText(file), decisionSchema, {
    file,
    what: 'plan of a ladder',
    remedy: 'delete it, and it is made again',
  });
  return found.key === key ? found : null;
}

/** Checks what can be checked before anything is read. @throws InputError for an attack that does not suit text of one's own */
export function checkLadder(request: LadderRequest): void {
  meanPoisonTokens(probe(request, request.scale.sizes[0] as string).plan);
}

/**
 * Decides on a ladder, or goes on with the one that was decided for the same corpus, attack and budget.
 * @param lostShares share of clean text that each filter is expected to remove
 * @param measureSpeed does one run where the store has none to tell the speed from
 * @throws InputError for too little text, too small a budget, an attack that does not suit text of one's own
 */
export async function planLadder(
  request: LadderRequest,
  lostShares: CorpusFacts['lostShares'],
  measureSpeed: (opened: OpenedExperiment) => Promise<void>,
): Promise<PlannedLadder> {
  const { subject, budgetMs, folder, store, workers, scale } = request;
  const options = { store, baseFolder: folder, arithmetic: 'exact' as const };
  const probes = scale.sizes.map((size) => ({ size, ...probe(request, size) }));
  const tokens = new Map(probes.map(({ size, plan }) => [size, plan.runs[0]?.tokens ?? 0]));
  const widths = new Map(probes.map(({ size, plan }) => [plan.runs[0]?.config.model.width ?? 0, size]));
  const { plan: first } = probes[0] as (typeof probes)[number];
  const mean = meanPoisonTokens(first);
  const { corpora } = await surveyPlan(first.runs.slice(0, 1), options);
  const [corpus] = corpora;
  const trainingTokens = corpus?.trainingTokens ?? 0;
  const facts = { documents: corpus?.documents ?? 0, trainingTokens, lostShares };
  const smallest = tokens.get(scale.sizes[0] ?? '') ?? 0;
  const epochs = ladderEpochs(smallest, facts);
  const counts = ladderCounts(Math.floor(smallest / epochs), mean);
  const { fitting, leftOut } = stepsThatFit(allSteps(scale), facts, { tokens, epochs });
  const textOf = (steps: readonly LadderStep[]) => ladderYaml(subject, { steps, counts, epochs, scale });
  const opened = openText(textOf(fitting), folder);
  const engine = fastestEngine('auto');
  if (measuredSpeed(store, engine).runs === 0) await measureSpeed(opened);
  const { ids, filterMs } = await surveyPlan(opened.plan.runs, options);
  const speed = measuredSpeed(store, engine);
  const stored = readStoredResults(store, ids);
  const priced = fitting.map((step, place): PricedStep => {
    const flops = opened.plan.runs.flatMap((run, index) => {
      const isDone = stored.get(ids[index] ?? '')?.kind === 'found';
      if (isDone || stepOf(run, fitting, widths) !== place) return [];
      return [run.flops + ((filterMs[index] ?? 0) * speed.flopsPerSecond) / 1000];
    });
    return { ...step, milliseconds: flops.length === 0 ? 0 : estimateMs(flops, workers, speed) };
  });
  const key = hashValue({ corpus: corpus?.contentHash, budgetMs, text: textOf(allSteps(scale)) });
  const kept = readDecision(folder, key);
  const chosen = kept === null ? stepsOfBudget(priced, budgetMs) : null;
  const steps =
    chosen?.chosen ??
    priced.filter((own) => kept?.steps.some((step) => step.size === own.size && step.filter === own.filter));
  const all = kept?.leftOut ?? [...leftOut, ...(chosen?.leftOut ?? [])];
  const text = textOf(steps);
  const plain = steps.map(({ size, filter }) => ({ size, filter }));
  writeFileAtomic(join(folder, FILES.experiment), text);
  writeFileAtomic(
    join(folder, FILES.decision),
    `${JSON.stringify({ version: VERSION, key, steps: plain, leftOut: all }, null, 1)}\n`,
  );
  return { opened: openText(text, folder), steps, leftOut: all, counts, epochs, measuredOn: speed.runs };
}
