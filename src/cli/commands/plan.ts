// `tinypoison plan`: the whole sweep as a list, with what it costs. Runs nothing.

import { basename } from 'node:path';
import { plantedDocuments } from '../../config/poisons.ts';
import { percent, shortCount } from '../../core/format-number.ts';
import { inert } from '../../core/inert-text.ts';
import type { EngineOption } from '../../kernels/engine-names.ts';
import type { RunIdentity } from '../../recipe/identity.ts';
import { arithmeticOf } from '../../run/execute/model-source.ts';
import { defaultWorkers } from '../../run/run-experiment.ts';
import { plannedTitle } from '../../run/run-title.ts';
import { readStoredResults } from '../../run/store/run-index.ts';
import { findTrainings, type SameTraining } from '../../run/store/stored-training.ts';
import { adaptiveForecast, forecastLines } from '../adaptive-forecast.ts';
import {
  absolutePath,
  type CommandContext,
  ExitCode,
  notify,
  parseInteger,
  print,
  printJson,
} from '../command-context.ts';
import { defenceLines } from '../defence-lines.ts';
import { formatBytes, formatDuration, ofAll, plural } from '../format.ts';
import { defaultResults, type ExperimentFileOptions, openExperiment } from '../open-experiment.ts';
import { planNotes } from '../plan-notes.ts';
import { plannedMemory } from '../planned-memory.ts';
import { lossOf, lostRuns } from '../results/guard-results.ts';
import { shortPath } from '../results/write-results.ts';
import { estimateMs, fastestEngine, measuredSpeed } from '../speed.ts';
import { type CorpusSurvey, surveyNotes, surveyPlan } from '../survey-corpora.ts';
import { table } from '../terminal.ts';
import { flopsBeyondShared } from '../trained-once.ts';

export interface PlanOptions extends ExperimentFileOptions {
  readonly store: string;
  readonly results?: string;
  readonly workers?: string;
  readonly all?: boolean;
  readonly engine: EngineOption;
  readonly json?: boolean;
}

/** Runs that are listed unless all are requested. */
const SHOWN_RUNS = 40;

/** `my.jsonl: 1200 documents, 1010 for training with about 384k tokens (380 a document)`. */
function corpusLine(survey: CorpusSurvey) {
  const { kind, path, documents, trainingDocuments, trainingTokens, meanTokens, leftOutFiles } = survey;
  const others = leftOutFiles === 0 ? '' : `; ${plural(leftOutFiles, 'file')} there without .txt left out`;
  const mean = `${Math.round(meanTokens)} a document`;
  const what = inert(path === null ? kind : basename(path));
  return documents === null || trainingDocuments === null || trainingTokens === null
    ? `  ${what}: as many documents as are needed, about ${mean.replace(' a', ' tokens a')}`
    : `  ${what}: ${plural(documents, 'document')}, ${trainingDocuments} for training with about ${shortCount(trainingTokens)} tokens (${mean})${others}`;
}

/** Where results go, and whether \`run\` would refuse to write there. */
function resultsLines(
  results: string,
  ids: readonly string[],
  file: string,
  context: CommandContext,
): string[] {
  const { there, lost } = lostRuns(results, ids);
  const shown = shortPath(results, context.folder);
  const loss = lossOf({ folder: results, shown, ids, file });
  return [
    `Results go to ${shown}${there === 0 ? '' : `, which holds ${plural(there, 'run')}`}.`,
    ...(loss === null
      ? []
      : [
          `${lost === 0 ? loss : `${lost} of them would be lost`}: \`run\` refuses that unless --force or another --results is given.`,
        ]),
  ];
}

/** How many runs are of trainings that the store holds already. */
function sameTrainingLines(trainings: readonly SameTraining[]): string[] {
  const kept = trainings.filter(({ missingSteps }) => missingSteps.length === 0).length;
  const lost = trainings.length - kept;
  return [
    ...(kept === 0
      ? []
      : [
          `${plural(kept, 'run')} ${kept === 1 ? 'differs' : 'differ'} from finished ones in the evaluation alone: evaluated with the kept weights, not trained.`,
        ]),
    ...(lost === 0
      ? []
      : [
          `${plural(lost, 'run')} ${lost === 1 ? 'differs' : 'differ'} from finished ones in the evaluation alone, but the weights of all its steps were not kept: trained again. --keep-weights all keeps them.`,
        ]),
  ];
}

/** What the filters of the runs to go add to that; nothing without filters. */
function filterLines(milliseconds: number, runs: number): string[] {
  if (milliseconds === 0) return [];
  return [
    `Filters of ${plural(runs, 'run')} add about ${formatDuration(milliseconds)} of processor time (as measured on one machine, decoding not counted).`,
  ];
}

/** Prints the plan of an experiment. */
export async function plan(file: string, options: PlanOptions, context: CommandContext): Promise<number> {
  const opened = openExperiment(file, options, context);
  const survey = await surveyPlan(opened.plan.runs, {
    store: absolutePath(options.store, context),
    baseFolder: opened.baseFolder,
    arithmetic: arithmeticOf(options.engine),
  });
  for (const note of [...planNotes(opened.plan), ...surveyNotes(opened.plan.runs, survey)])
    notify(context, note);
  const { runs, duplicates, seeds, tokens, flops, name } = opened.plan;
  const workers =
    options.workers === undefined
      ? defaultWorkers(1)
      : parseInteger(options.workers, { name: '--workers', minimum: 1, maximum: 1024 });
  const engine = fastestEngine(options.engine);
  const store = absolutePath(options.store, context);
  const speed = measuredSpeed(store, engine);
  const inStore = readStoredResults(store, survey.ids);
  const isDone = (place: number) => inStore.get(survey.ids[place] ?? '')?.kind === 'found';
  const pending = runs
    .map((run, place) => ({ ...run, identity: survey.identities[place] as RunIdentity }))
    .filter((_, place) => !isDone(place));
  const filterMs = survey.filterMs.filter((_, place) => !isDone(place));
  const filtered = filterMs.filter((own) => own > 0).length;
  const allFilterMs = filterMs.reduce((sum, own) => sum + own, 0);
  const trainings = findTrainings(store, pending);
  const toTrain = pending.filter(({ identity }) => trainings.get(identity.id)?.missingSteps.length !== 0);
  const trainFlops = flopsBeyondShared(toTrain);
  const sharedFlops = toTrain.reduce((sum, run, i) => sum + run.flops - (trainFlops[i] as number), 0);
  const estimatedMs = estimateMs(trainFlops, workers, speed);
  const stored = survey.ids.flatMap((id) => {
    const found = inStore.get(id);
    return found?.kind === 'found' ? [found.record] : [];
  });
  const forecast = adaptiveForecast(opened.plan, stored);
  const results =
    options.results === undefined ? defaultResults(opened, context) : absolutePath(options.results, context);
  const memoryBytes = plannedMemory();
  if (options.json) {
    const estimate = {
      engine,
      workers,
      estimatedMs: Math.round(estimatedMs),
      measuredOnRuns: speed.runs,
      sharedFlops: Math.round(sharedFlops),
      filterMs: Math.round(allFilterMs),
    };
    const { corpora, ids, doses } = survey;
    const planned = runs.map((run, place) => ({
      id: ids[place],
      ...run,
      memoryBytes: memoryBytes(run.config),
      ...doses[place],
    }));
    const finished = runs.length - pending.length;
    const evaluatedOnly = pending.length - toTrain.length;
    const counts = { finished, evaluatedOnly };
    printJson(context, {
      ...opened.plan,
      runs: planned,
      corpora,
      ...counts,
      results,
      estimate,
      ...(forecast === null ? {} : { forecast }),
    });
    return ExitCode.done;
  }
  const head = [
    ...['', 'run', 'parameters', 'tokens', 'poisoned documents', 'of documents', 'of tokens'],
    ...['operations', 'memory'],
  ];
  const rows = runs.map((run, place) => [
    String(run.index + 1),
    inert(plannedTitle(run, seeds.length)),
    shortCount(run.parameters),
    shortCount(run.tokens),
    String(plantedDocuments(run.config.phases)),
    percent(survey.doses[place]?.documentShare ?? 0),
    percent(survey.doses[place]?.tokenShare ?? 0),
    shortCount(run.flops),
    formatBytes(memoryBytes(run.config)),
  ]);
  const shown = options.all === true ? rows : rows.slice(0, SHOWN_RUNS);
  const hidden =
    shown.length === rows.length ? [] : [`… and ${rows.length - shown.length} more (--all shows them)`];
  const left = duplicates === 0 ? '' : ` (${plural(duplicates, 'duplicate')} left out)`;
  const basis =
    speed.runs === 0
      ? 'a guess: this store has no runs yet'
      : `from ${plural(speed.runs, 'run')} in this store`;
  print(
    context,
    `${name}: ${plural(runs.length, 'run')}${left}, ${shortCount(tokens)} tokens, ${shortCount(flops)} operations`,
    ...survey.corpora.map(corpusLine),
    '',
    ...table([head, ...shown], [0, 2, 3, 4, 5, 6, 7, 8]),
    ...hidden,
    '',
    ...(pending.length === runs.length
      ? []
      : [`${ofAll(runs.length - pending.length, runs.length, 'run')} in the store already.`]),
    ...sameTrainingLines([...trainings.values()]),
    ...(sharedFlops === 0
      ? []
      : [`What runs share is trained once: ${shortCount(sharedFlops)} operations less.`]),
    ...resultsLines(results, survey.ids, opened.experiment.file, context),
    ...(forecast === null ? [] : forecastLines(forecast, (work) => estimateMs([work / workers], 1, speed))),
    forecast === null
      ? `About ${formatDuration(estimatedMs)} with ${plural(workers, 'worker')} and the ${engine} kernels (${basis}).`
      : `Times are with ${plural(workers, 'worker')} and the ${engine} kernels (${basis}).`,
    ...filterLines(allFilterMs, filtered),
    ...defenceLines(runs),
    'Nothing was run. `tinypoison run` with the same arguments does it.',
  );
  return ExitCode.done;
}
