// `tinypoison run`: everything that an experiment still lacks, then its report.

import { parseShard, shardOf } from '../../config/sweep/shard.ts';
import { InputError } from '../../core/errors.ts';
import { shortCount } from '../../core/format-number.ts';
import type { EngineOption } from '../../kernels/engine-names.ts';
import { openModelSource } from '../../run/execute/model-source.ts';
import type { ExecutorName } from '../../run/executors/registry.ts';
import type { KeepWeights, TypedExperiment } from '../../run/run-event.ts';
import { defaultWorkers, type ExperimentOutcome } from '../../run/run-experiment.ts';
import { summariseRuns } from '../../run/store/run-index.ts';
import { type ClusterCommandOptions, clusterOptions } from '../cluster-options.ts';
import {
  absolutePath,
  type CommandContext,
  ExitCode,
  notify,
  parseInteger,
  print,
  printJson,
  printStyled,
} from '../command-context.ts';
import { ofAll, plural } from '../format.ts';
import { printKubernetesJob } from '../kubernetes-job.ts';
import {
  defaultResults,
  type ExperimentFileOptions,
  type OpenedExperiment,
  openExperiment,
} from '../open-experiment.ts';
import { planNotes } from '../plan-notes.ts';
import { decidingLines } from '../results/deciding-experiment.ts';
import { guardResults } from '../results/guard-results.ts';
import { recordTimes } from '../results/record-times.ts';
import { type ReusableResults, readReusable, reuseResults } from '../results/reuse-results.ts';
import { experimentRecords, shortPath, writeResults } from '../results/write-results.ts';
import { runAdaptive } from '../run-adaptive.ts';
import { runShown } from '../run-shown.ts';

export interface RunOptions extends ExperimentFileOptions, ClusterCommandOptions {
  readonly store: string;
  readonly results?: string;
  readonly force?: boolean;
  readonly reuse?: readonly string[];
  readonly shard?: string;
  readonly engine: EngineOption;
  readonly threads: string;
  readonly keepWeights: KeepWeights;
  readonly saveEvery: string;
  readonly failFast?: boolean;
  readonly retryFailed?: boolean;
  readonly json?: boolean;
}

/** Words of the command that reports on the same runs. */
function reportCommand(
  experiment: OpenedExperiment['experiment'],
  options: RunOptions & { readonly folder: string },
  context: CommandContext,
): string[] {
  const { set, sweep } = experiment.options;
  return [
    ...['report', absolutePath(experiment.file, context)],
    ...set.flatMap((text) => ['--set', text]),
    ...sweep.flatMap((text) => ['--sweep', text]),
    ...[
      '--engine',
      options.engine,
      '--store',
      absolutePath(options.store, context),
      '--results',
      options.folder,
    ],
    ...(options.force === true ? ['--force'] : []),
  ];
}

/** The results to be reused. @throws InputError where weights are wanted of every checkpoint, which they lack */
function openReusable({ reuse = [], keepWeights }: RunOptions, context: CommandContext): ReusableResults[] {
  if (reuse.length > 0 && keepWeights === 'all')
    throw new InputError(
      '--keep-weights all cannot be had with --reuse: results hold no weights. Leave out one of the two',
    );
  return reuse.map((folder) => readReusable(absolutePath(folder, context)));
}

/** Refuses a folder of results that would lose runs, takes runs from others, and says what the store holds. */
function settleResults(
  ids: readonly string[],
  setting: {
    readonly opened: OpenedExperiment;
    readonly reusable: readonly ReusableResults[];
    readonly store: string;
    readonly options: RunOptions & { readonly folder: string };
    readonly shown: string;
  },
  say: (text: string) => void,
): void {
  const { opened, reusable, store, options, shown } = setting;
  const { plan, experiment } = opened;
  guardResults({
    ...{ folder: options.folder, shown, ids, file: experiment.file },
    force: options.force === true,
  });
  for (const results of reusable) {
    const { found, written } = reuseResults(results, { plan, ids, store, typed: typedOf(opened) });
    say(
      `${ofAll(found, ids.length, 'run')} taken from ${results.from.results}, without weights${written < found ? ` (${found - written} of them in the store before)` : ''}`,
    );
  }
  const stored = [...summariseRuns(store, ids, { onSlow: say }).values()];
  const there = stored.filter(({ kind }) => kind === 'found').length;
  if (there > 0) say(`${ofAll(there, ids.length, 'run')} in the store already`);
}

const typedOf = ({ experiment }: OpenedExperiment): TypedExperiment => ({
  text: experiment.text,
  set: experiment.options.set,
  sweep: experiment.options.sweep,
});

async function runPlan(
  opened: OpenedExperiment,
  options: RunOptions & { readonly folder: string },
  context: CommandContext,
): Promise<ExperimentOutcome> {
  const { experiment, plan, baseFolder } = opened;
  const threads = parseInteger(options.threads, { name: '--threads', minimum: 1, maximum: 256 });
  const workers =
    options.workers === undefined
      ? defaultWorkers(threads)
      : parseInteger(options.workers, { name: '--workers', minimum: 1, maximum: 1024 });
  const { engine } = options;
  const cluster = clusterOptions(options, reportCommand(experiment, options, context), context);
  const saveSeconds = parseInteger(options.saveEvery, { name: '--save-every', minimum: 0, maximum: 86_400 });
  const store = absolutePath(options.store, context);
  const reusable = openReusable(options, context);
  const { detail, notes } = await openModelSource({ engine, threads });
  const isAdaptive = plan.adaptive !== undefined;
  notify(
    context,
    `${plan.name}: ${isAdaptive ? 'chosen from ' : ''}${plural(plan.runs.length, 'run')}, ${shortCount(plan.tokens)} tokens, ${plural(workers, 'worker')}; ${detail}`,
  );
  const shown = shortPath(options.folder, context.folder);
  notify(context, `results go to ${shown}`);
  if (plan.runs.length > 1 && workers < plan.runs.length)
    notify(context, 'runs have the numbers that `plan` gives them; the longest are done first');
  for (const note of [...planNotes(plan), ...notes]) notify(context, note);
  const execution = {
    ...{ store, baseFolder, typed: typedOf(opened), workers, engine, threads, partOf: plan },
    keepWeights: options.keepWeights,
    saveIntervalMs: 1000 * saveSeconds,
    ...(options.executor === undefined ? {} : { executor: options.executor }),
    ...(cluster === undefined ? {} : { cluster }),
    failFast: options.failFast === true,
    retryFailed: options.retryFailed === true,
  };
  const settle = (ids: readonly string[], say: (text: string) => void) =>
    settleResults(ids, { opened, reusable, store, options, shown }, say);
  if (!isAdaptive) return runShown(plan, execution, context, { onIdentified: settle });
  return runAdaptive(plan, {
    ...execution,
    onIdentified: settle,
    runPart: (part) => runShown(part, execution, context),
    say: (text) => notify(context, text),
  });
}

/** What a cluster has to do from here on, or what was lost there. */
function reportJobs(reason: string, options: RunOptions, context: CommandContext): number {
  if (options.wait === true && options.dryRun !== true) {
    notify(context, `${reason}. The same command goes on from what is done.`);
    return ExitCode.runFailed;
  }
  if (options.json) printJson(context, { submitted: options.dryRun !== true, text: reason });
  else print(context, ...reason.trimEnd().split('\n'));
  return ExitCode.done;
}

/** Says what is missing, and how to go on. */
function reportStop(outcome: ExperimentOutcome, options: RunOptions, context: CommandContext): number {
  if (outcome.reason !== undefined) return reportJobs(outcome.reason, options, context);
  const done = outcome.records.filter((record) => record !== undefined).length;
  const all = outcome.records.length;
  const interrupted = context.interrupt.aborted;
  notify(
    context,
    `${interrupted ? 'Stopped' : 'Stopped at the first failure'}: ${done} of ${all} runs are finished and kept. ` +
      'The same command goes on from here.',
  );
  return interrupted ? ExitCode.interrupted : ExitCode.runFailed;
}

/** The experiment, or the part of it that is wanted, and where its results go. */
function openRuns(file: string, options: RunOptions, context: CommandContext) {
  const whole = openExperiment(file, options, context);
  const shard = options.shard === undefined ? undefined : parseShard(options.shard);
  if (shard !== undefined && options.executor === 'slurm')
    throw new InputError(
      '--shard is for machines without a scheduler, and slurm is one: leave out one of the two',
    );
  const opened = shard === undefined ? whole : { ...whole, plan: shardOf(whole.plan, shard) };
  const part = shard === undefined ? '' : `-shard-${shard.number}-of-${shard.of}`;
  const results =
    options.results === undefined
      ? `${defaultResults(opened, context)}${part}`
      : absolutePath(options.results, context);
  return { opened, results };
}

/** Runs an experiment and reports on it, or prints what a Kubernetes cluster is to do. */
export async function run(
  file: string,
  given: Omit<RunOptions, 'executor'> & { readonly executor?: ExecutorName | 'kubernetes' },
  context: CommandContext,
): Promise<number> {
  const { executor, ...others } = given;
  if (executor === 'kubernetes')
    return printKubernetesJob(openExperiment(file, others, context), others, context);
  const options = { ...others, ...(executor === undefined ? {} : { executor }) };
  const { opened, results } = openRuns(file, options, context);
  const outcome = await runPlan(opened, { ...options, folder: results }, context);
  if (outcome.stopped) return reportStop(outcome, options, context);
  const records = outcome.records.filter((record) => record !== undefined);
  const written = await writeResults({
    experiment: experimentRecords(opened, records, results),
    results,
    store: absolutePath(options.store, context),
    context,
  });
  await recordTimes({
    ...{ results, records, store: absolutePath(options.store, context) },
    experiment: absolutePath(opened.experiment.file, context),
  });
  const failed = records.filter(({ status }) => status === 'failed').length;
  const diverged = records.filter(({ status }) => status === 'diverged').length;
  if (options.json) {
    const done = records.length - failed - diverged;
    printJson(context, { runs: { done, diverged, failed }, ids: outcome.ids, ...written.summary });
  } else {
    printStyled(
      context,
      ...written.lines,
      ...decidingLines(opened, written.analysis, { ...options, file }, context),
    );
    if (diverged > 0)
      print(context, `${plural(diverged, 'run')} diverged: recorded, and named in the report.`);
    if (failed > 0) print(context, `${plural(failed, 'run')} failed: \`--retry-failed\` does them again.`);
  }
  return failed > 0 ? ExitCode.runFailed : ExitCode.done;
}
