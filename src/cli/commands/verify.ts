// `tinypoison verify`: are results what this program computes? Some runs are repeated and compared.
import { appendFileSync, existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { PlannedRun } from '../../config/sweep/expand-plan.ts';
import { InputError } from '../../core/errors.ts';
import { writeFileAtomic } from '../../core/node/atomic-file.ts';
import type { EngineOption } from '../../kernels/engine-names.ts';
import { openModelSource } from '../../run/execute/model-source.ts';
import { defaultWorkers } from '../../run/run-experiment.ts';
import { configTitle } from '../../run/run-title.ts';
import { findRunId, runFile } from '../../run/store/store.ts';
import { checkResultsSignature, type SignatureCheck } from '../../sign/check-results.ts';
import { readPublicKey } from '../../sign/keys.ts';
import { recallSigner, type SignerMemory } from '../../sign/known-signers.ts';
import { isSuspect, signatureSentence } from '../../sign/signature-words.ts';
import { baseFolders } from '../../verify/base-finder.ts';
import { corpusPaths } from '../../verify/complete-config.ts';
import { configBases } from '../../verify/planned-records.ts';
import { holdsResults, type ResultsFolder, readResultsFolder } from '../../verify/results-folder.ts';
import type { Outcome, Verification } from '../../verify/verification.ts';
import { verifyResults } from '../../verify/verify-results.ts';
import {
  absolutePath,
  type CommandContext,
  ExitCode,
  notify,
  parseInteger,
  print,
  printJson,
  programVersion,
} from '../command-context.ts';
import { formatDuration, plural } from '../format.ts';
import { defaultResults, type ExperimentFileOptions, openExperiment } from '../open-experiment.ts';
import { createProgress } from '../progress.ts';
import { estimateMs, measuredSpeed } from '../speed.ts';
import { verificationLines, verificationMarkdown } from '../verification-text.ts';

export interface VerifyCommandOptions extends ExperimentFileOptions {
  readonly store: string;
  readonly all?: boolean;
  readonly sample?: string;
  readonly engine: EngineOption;
  readonly workers?: string;
  readonly corpus?: readonly string[];
  readonly base?: readonly string[];
  readonly summary?: string;
  readonly key?: string;
  readonly remember: boolean;
  readonly json?: boolean;
}

const DEFAULT_SAMPLE = '3';

const EXIT: Readonly<Record<Outcome, number>> = {
  'same-bits': ExitCode.done,
  'older-report': ExitCode.olderReport,
  'within-bands': ExitCode.withinBands,
  differs: ExitCode.differs,
  failed: ExitCode.runFailed,
};

/** What is to be verified, and what is known of its corpora and of the weights that it starts from. */
interface Target {
  readonly folder: string;
  readonly planned: readonly PlannedRun[];
  readonly corpora: readonly string[];
  readonly bases: readonly string[];
}

/** A folder, or where a run of the store keeps its weights. */
function namedBase(base: string, options: VerifyCommandOptions, context: CommandContext): string {
  const folder = absolutePath(base, context);
  if (existsSync(folder) || !/^[0-9a-f]{4,64}$/.test(base)) return folder;
  const store = absolutePath(options.store, context);
  return runFile(store, findRunId(store, base), 'weights');
}

/** A folder of results, or that of an experiment. */
function findTarget(target: string, options: VerifyCommandOptions, context: CommandContext): Target {
  const folder = absolutePath(target, context);
  const named = (options.corpus ?? []).map((path) => absolutePath(path, context));
  const weights = (options.base ?? []).map((base) => namedBase(base, options, context));
  if (holdsResults(folder)) {
    if ((options.set ?? []).length > 0)
      throw new InputError(
        '--set goes with an experiment; these are results, whose runs have their own configs',
      );
    const { name, configText } = readResultsFolder(folder);
    const sibling = join(dirname(dirname(folder)), 'experiments', name, 'experiment.yaml');
    // config.yaml is a copy: paths in it start from where its original lay, often the folder of this command.
    const places = [...configBases(folder), context.folder];
    const copied = places.flatMap((place) => corpusPaths(join(place, 'config.yaml'), configText));
    const corpora = [...new Set([...named, ...copied, ...corpusPaths(sibling)])];
    const started = places.flatMap((place) => baseFolders(join(place, 'config.yaml'), configText));
    return { folder, planned: [], corpora, bases: [...new Set([...weights, ...started])] };
  }
  const isFolder = statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;
  if (isFolder && !existsSync(join(folder, 'experiment.yaml')))
    throw new InputError(
      `${target} holds neither results.jsonl nor experiment.yaml: name a folder of results, or an experiment`,
    );
  const opened = openExperiment(target, options, context);
  const results = defaultResults(opened, context);
  if (!holdsResults(results)) {
    throw new InputError(
      `${opened.plan.name} has no results to verify (looked in ${results}): \`tinypoison run ${target}\` makes them, or name their folder`,
    );
  }
  const started = opened.plan.runs.flatMap(({ config }) => config.base?.path ?? []);
  const bases = [...new Set([...weights, ...started])];
  return { folder: results, planned: opened.plan.runs, corpora: named, bases };
}

function parseSample({ all, sample }: VerifyCommandOptions): number | 'all' {
  if (all === true && sample !== undefined) throw new InputError('give --all or --sample, not both');
  if (all === true) return 'all';
  return parseInteger(sample ?? DEFAULT_SAMPLE, { name: '--sample', minimum: 1, maximum: 100_000 });
}

/** Appends to the summary of a job; a full or missing file there is no fault of the results. */
function appendSummary(path: string, text: string, context: CommandContext): void {
  try {
    appendFileSync(path, text);
  } catch (error) {
    notify(context, `note: the job summary ${path} cannot be written: ${(error as Error).message}`);
  }
}

/** A folder's signature, and what is remembered of earlier ones; null where nothing is to be remembered. */
interface Signed {
  readonly check: SignatureCheck;
  readonly memory: SignerMemory | null;
}

function checkSigner(
  results: ResultsFolder,
  { key, remember }: VerifyCommandOptions,
  context: CommandContext,
): Signed {
  const { folder, name } = results;
  const pinned = key === undefined ? null : readPublicKey(absolutePath(key, context));
  const check = checkResultsSignature(folder, results, pinned);
  if (!remember || context.userFolder === undefined) return { check, memory: null };
  const signedName = check.statement?.predicate.experiment;
  const names = [name, ...(signedName === undefined ? [] : [signedName])];
  return { check, memory: recallSigner(check, { folder: context.userFolder, names }) };
}

/** A suspect signature is a difference, whatever the runs say; what could not be done again is worse. */
function exitCodeOf(outcome: Outcome, { check, memory }: Signed): number {
  return isSuspect(check, memory) && outcome !== 'failed' ? ExitCode.differs : EXIT[outcome];
}

function report(
  verification: Verification,
  options: VerifyCommandOptions & { readonly facts: readonly string[]; readonly signed: Signed },
  context: CommandContext,
): number {
  const { check, memory } = options.signed;
  const sentence = signatureSentence(check, memory);
  const markdown = verificationMarkdown(verification, [sentence, ...options.facts]);
  if (options.summary !== undefined) writeFileAtomic(absolutePath(options.summary, context), markdown);
  if (context.jobSummary !== undefined) appendSummary(context.jobSummary, markdown, context);
  const exitCode = exitCodeOf(verification.outcome, options.signed);
  if (options.json) printJson(context, { exitCode, ...verification, signature: { ...check, memory } });
  else print(context, ...verificationLines(verification), sentence);
  return exitCode;
}

/** Does some runs of results again and says whether they come out as recorded. */
export async function verify(
  target: string,
  options: VerifyCommandOptions,
  context: CommandContext,
): Promise<number> {
  const sample = parseSample(options);
  const engine = options.engine;
  const workers =
    options.workers === undefined
      ? defaultWorkers(1)
      : parseInteger(options.workers, { name: '--workers', minimum: 1, maximum: 1024 });
  const { folder, planned, corpora, bases } = findTarget(target, options, context);
  const results = readResultsFolder(folder);
  const signed = checkSigner(results, options, context);
  const store = absolutePath(options.store, context);
  const { name, detail, notes } = await openModelSource({ engine });
  for (const note of notes) notify(context, note);
  let progress: ReturnType<typeof createProgress> | undefined;
  const onChosen = (chosen: readonly PlannedRun[], total: number) => {
    const flops = chosen.map((run) => run.flops);
    const expected = formatDuration(estimateMs(flops, workers, measuredSpeed(store, name)));
    notify(
      context,
      `${results.name}: ${chosen.length} of ${plural(total, 'run')} repeated from nothing, about ${expected} with ${plural(workers, 'worker')}; ${detail}`,
    );
    const runs = chosen.map((run) => ({ title: configTitle(run.config), flops: run.flops }));
    for (const { title } of runs) notify(context, `  ${title}`);
    progress = createProgress({ runs, output: context.err, live: context.live });
  };
  try {
    const verification = await verifyResults(results, {
      sample,
      store,
      planned,
      corpora,
      bases,
      engine,
      workers,
      stop: context.interrupt,
      onChosen,
      onEvent: (event) => progress?.onEvent(event),
    });
    progress?.close();
    if (verification === null) {
      notify(context, 'Stopped: nothing was verified, and nothing is kept.');
      return ExitCode.interrupted;
    }
    const facts = [`tinypoison ${programVersion()}, Node ${process.version}, ${detail}`];
    return report(verification, { ...options, facts, signed }, context);
  } finally {
    progress?.close();
  }
}
