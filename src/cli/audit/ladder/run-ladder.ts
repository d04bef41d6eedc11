// The ladder of `audit --budget`: decided, shown, run or taken from the store, and what came of it.
import { join } from 'node:path';
import { analyseExperiment } from '../../../analyse/analyse-experiment.ts';
import type { MeasuredDefence } from '../../../analyse/defences/defence-cell.ts';
import type { PlannedRun } from '../../../config/sweep/expand-plan.ts';
import { InputError } from '../../../core/errors.ts';
import type { RunRecord } from '../../../run/record.ts';
import { type CommandContext, notify } from '../../command-context.ts';
import { formatDuration, plural } from '../../format.ts';
import type { OpenedExperiment } from '../../open-experiment.ts';
import { experimentRecords, writeResults } from '../../results/write-results.ts';
import { runShown } from '../../run-shown.ts';
import { table } from '../../terminal.ts';
import { Interrupted } from '../audit-request.ts';
import type { AuditFindings } from '../run-audit.ts';
import { type CorpusFacts, type LeftOut, leftOutSentences } from './choose-steps.ts';
import { attackName } from './ladder-config.ts';
import { type LadderMeasure, measuredLadder } from './ladder-measure.ts';
import { type LadderRequest, type PlannedLadder, planLadder } from './plan-ladder.ts';

/** A filter at one size, beside the same runs without it. */
export interface LadderRow
  extends Pick<
    MeasuredDefence,
    'halfSuccess' | 'ratio' | 'byCount' | 'filters' | 'cleanLossPrice' | 'passingCounts' | 'largestSuccess'
  > {
  readonly size: string;
  readonly parameters: number;
  readonly tokens: number;
  readonly filter: string;
}

/** What a ladder found. */
export interface LadderFindings {
  readonly attack: string;
  /** The text of the trigger; null: as the attack has it. */
  readonly trigger: string | null;
  readonly measure: LadderMeasure;
  readonly counts: readonly number[];
  readonly seeds: number;
  readonly runs: number;
  /** Passes over the text. */
  readonly epochs: number;
  readonly rows: readonly LadderRow[];
  readonly leftOut: readonly LeftOut[];
  /** Runs that failed, and the first reason. */
  readonly failed: { readonly runs: number; readonly reason: string } | null;
}

/** Folder of the ladder's own report, below that of the audit. */
export const LADDER_FOLDER = 'ladder';

const nameOf = (filter: string | null) => filter ?? 'no filter';

/** Share of clean text that each filter is expected to remove: by what the audit flagged, else by the stated price. */
export function expectedLosses({
  documents,
  duplicates,
  flagged,
  rules,
}: AuditFindings): CorpusFacts['lostShares'] {
  const names = new Set(rules.map(({ rule }) => rule));
  const broken = flagged.filter(({ reasons }) => reasons.some((reason) => names.has(reason))).length;
  const all = Math.max(1, documents);
  return {
    'quality-rules': broken / all,
    'near-duplicates': duplicates.documents / all,
    'rare-sequences': 0.02,
    'reference-perplexity': 0.02,
  };
}

/** The plan, before anything is run. */
function planLines({ opened, steps, leftOut, measuredOn }: PlannedLadder, workers: number): string[] {
  const total = steps.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const runsOfStep = opened.plan.runs.length / steps.length;
  const rows = steps.map(({ size, filter, milliseconds }) => [
    ...[size, nameOf(filter), String(runsOfStep)],
    milliseconds === 0 ? 'in the store' : formatDuration(milliseconds),
  ]);
  return [
    ...table([['size', 'filter', 'runs', 'expected'], ...rows], [2, 3]),
    `${plural(opened.plan.runs.length, 'run')}, about ${formatDuration(total)} with ${plural(workers, 'worker')} (${measuredOn === 0 ? 'a guess' : `by ${plural(measuredOn, 'run')} in this store`}).`,
    ...leftOutSentences(leftOut),
  ];
}

/** `d24, quality-rules, 250 documents, seed 1`. */
const titleIn = (opened: OpenedExperiment) => (run: PlannedRun) => {
  const [phase] = run.config.phases;
  const documents = Object.entries(run.labels).find(([path]) => path.endsWith('documents'))?.[1] ?? 0;
  const filter = phase?.defend?.[0]?.kind ?? null;
  const isOne = new Set(opened.plan.runs.map(({ parameters }) => parameters)).size === 1;
  const size = isOne ? [] : [`d${run.config.model.width}`];
  return [...size, nameOf(filter), `${documents} documents`, `seed ${run.config.seed}`].join(', ');
};

async function execute(
  opened: OpenedExperiment,
  runs: readonly PlannedRun[],
  { store, workers }: LadderRequest,
  context: CommandContext,
): Promise<RunRecord[]> {
  const { plan, experiment, baseFolder } = opened;
  const outcome = await runShown(
    { ...plan, runs },
    {
      ...{ store, baseFolder, workers, partOf: plan, keepWeights: 'none' },
      typed: { text: experiment.text, set: [], sweep: [] },
    },
    context,
    { titleOf: titleIn(opened) },
  );
  if (outcome.stopped) {
    const done = outcome.records.filter((record) => record !== undefined).length;
    notify(
      context,
      `Stopped: ${done} of ${plural(runs.length, 'run')} are kept. The same command goes on from here.`,
    );
    throw new Interrupted();
  }
  return outcome.records.filter((record) => record !== undefined);
}

/**
 * Decides on a ladder, prints its plan, and runs what the store lacks.
 * @throws InputError for a corpus, an attack or a budget that does not do; Interrupted
 */
export async function runLadder(
  request: LadderRequest,
  findings: AuditFindings,
  context: CommandContext,
): Promise<LadderFindings> {
  const { folder, store, subject, workers } = request;
  const planned = await planLadder(request, expectedLosses(findings), async (opened) => {
    notify(context, 'one run of the ladder first: it tells how fast this machine is');
    await execute(opened, opened.plan.runs.slice(0, 1), request, context);
  });
  for (const line of planLines(planned, workers)) notify(context, line);
  const { opened, leftOut, counts, epochs } = planned;
  const records = await execute(opened, opened.plan.runs, request, context);
  const results = join(folder, LADDER_FOLDER);
  const experiment = experimentRecords(opened, records, results);
  const { analysis: main } = await writeResults({ experiment, results, store, context });
  const measured = measuredLadder(records);
  const analysis =
    measured.measure === 'main' ? main : analyseExperiment({ ...experiment, records: measured.records });
  const failed = records.filter(({ status }) => status === 'failed');
  const rows = (analysis.defences?.cells ?? []).flatMap(({ size, defence, measured: found }) => {
    if (found === null) return [];
    const { parameters, tokens, halfSuccess, ratio, byCount, filters, cleanLossPrice } = found;
    const { passingCounts, largestSuccess } = found;
    return [
      {
        ...{ size, filter: defence, parameters, tokens, halfSuccess, ratio, byCount, filters },
        ...{ cleanLossPrice, passingCounts, largestSuccess },
      },
    ];
  });
  if (rows.length === 0)
    throw new InputError(
      `--budget: no run with a filter came to a result${failed.length === 0 ? '' : `: ${failed[0]?.error}`}`,
    );
  return {
    attack: attackName(subject.attack),
    trigger: subject.trigger,
    measure: measured.measure,
    ...{ counts, seeds: opened.plan.seeds.length, runs: records.length, epochs, rows, leftOut },
    failed: failed.length === 0 ? null : { runs: failed.length, reason: failed[0]?.error ?? '' },
  };
}
