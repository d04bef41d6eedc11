// `tinypoison guard`: stored runs behind defences at inference.

import { InputError } from '../../core/errors.ts';
import { PUBLISHED_SUSPICION } from '../../defend/inference/clean-gen.ts';
import type { EngineOption } from '../../kernels/engine-names.ts';
import { findRunId } from '../../run/store/store.ts';
import {
  absolutePath,
  type CommandContext,
  ExitCode,
  notify,
  parseInteger,
  print,
  printJson,
} from '../command-context.ts';
import { formatDuration, plural } from '../format.ts';
import { estimateGuards, type GuardEstimate } from '../guard/guard-estimate.ts';
import { type GuardedRun, summariseGuards } from '../guard/guard-groups.ts';
import { type GuardJob, isKept, type Strength } from '../guard/guard-job.ts';
import { guardLaws } from '../guard/guard-laws.ts';
import { KeptGuards } from '../guard/kept-guards.ts';
import { measureJob } from '../guard/measure-job.ts';
import { prepareGuards } from '../guard/prepare-guards.ts';
import { showGuards } from '../guard/show-guards.ts';
import { documentsFor } from '../guard/trusted-prompts.ts';
import type { ExperimentFileOptions } from '../open-experiment.ts';
import { openScanned, type ScannedModel } from '../scanned-model.ts';
import { storedConfig } from '../stored-model.ts';
import { isRunId, type StoredRun, storedRuns } from '../stored-runs.ts';

export interface GuardOptions extends ExperimentFileOptions {
  readonly reference?: string;
  readonly trustedDocuments: string;
  readonly falsePositives: string;
  readonly suspicion: string;
  readonly store: string;
  readonly engine: EngineOption;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

const OFF = 'off';

function parseStrength({ falsePositives, suspicion, trustedDocuments }: GuardOptions): Strength {
  const share = falsePositives === OFF ? 0 : Number(falsePositives);
  if (falsePositives.trim() === '' || !(share >= 0 && share <= 0.5))
    throw new InputError(
      `--false-positives is "${falsePositives}": give the share of clean prompts that may be refused, 0 to 0.5; 0 or off refuses none`,
    );
  const ratio = suspicion === OFF ? Number.POSITIVE_INFINITY : Number(suspicion);
  if (suspicion.trim() === '' || !(ratio > 1))
    throw new InputError(
      `--suspicion is "${suspicion}": give how many times likelier than under the reference a token has to be, above 1 (as published: ${PUBLISHED_SUSPICION}), or off`,
    );
  const documents = parseInteger(trustedDocuments, {
    name: '--trusted-documents',
    minimum: 100,
    maximum: 1_000_000,
  });
  const least = documentsFor(share);
  if (documents < least)
    throw new InputError(
      `--trusted-documents is ${documents}: a threshold that costs ${share} of the clean prompts is set on one document in eight, and needs ${least} documents; give more, or a larger --false-positives`,
    );
  return { falsePositiveShare: share, suspicion: ratio, trustedDocuments: documents };
}

/** Runs of an experiment, or named ones. @throws InputError for a mixture, or where there are none */
async function findRuns(
  targets: readonly string[],
  options: GuardOptions & { store: string },
  context: CommandContext,
): Promise<StoredRun[]> {
  const { store } = options;
  if (targets.every((target) => isRunId(target, context)))
    return targets.map((target) => {
      const id = findRunId(store, target);
      return { id, config: storedConfig(store, id) };
    });
  const [file, ...others] = targets;
  if (others.length > 0)
    throw new InputError('name one experiment, or runs by their ids: one of these is neither alone');
  const found = await storedRuns(store, file as string, { options, context });
  if (found.length === 0)
    throw new InputError(
      `the store ${store} holds no finished run of ${file} with its weights: run it first, without --keep-weights none`,
    );
  return found;
}

/** Opens the given reference; null: one is trained for each run. */
async function openGiven(
  options: GuardOptions & { store: string },
  context: CommandContext,
): Promise<ScannedModel | null> {
  if (options.reference === undefined) return null;
  const given = await openScanned(options.reference, options, context);
  if (given.vocabulary === null)
    notify(
      context,
      `${given.name} has no vocabulary.json of its size: that its tokens are those of the runs is taken on trust`,
    );
  return given;
}

/** What is to be done, and how long it takes. */
function costLine({ measurements, kept, references, estimatedMs, measuredOnRuns }: GuardEstimate): string {
  if (measurements === 0)
    return 'All is measured already, with these options by this program: nothing is measured again.';
  const rest = kept === 0 ? '' : ` (${kept} measured before)`;
  const trained = references === 0 ? '' : `, ${plural(references, 'reference')} to train`;
  const basis =
    measuredOnRuns === 0
      ? 'a guess: this store has no runs of this engine'
      : `at the speed of ${plural(measuredOnRuns, 'run')} in this store`;
  return `${plural(measurements, 'measurement')} to do${rest}${trained}: about ${formatDuration(estimatedMs)} (${basis}).`;
}

/** Measures jobs in their order; null: stopped by Ctrl-C. */
async function measureAll(
  jobs: readonly GuardJob[],
  options: { kept: KeptGuards; engine: EngineOption; store: string; given: ScannedModel | null },
  context: CommandContext,
): Promise<{ config: StoredRun['config']; measured: GuardedRun }[] | null> {
  const found: { config: StoredRun['config']; measured: GuardedRun }[] = [];
  for (const [place, job] of jobs.entries()) {
    // Gives Ctrl-C a turn.
    await new Promise((resolve) => setImmediate(resolve));
    if (context.interrupt.aborted) {
      notify(
        context,
        `stopped: ${place} of ${plural(jobs.length, 'measurement')} kept; the same command does the rest`,
      );
      return null;
    }
    const wasKept = isKept(options.kept, job);
    const onTrain = () =>
      notify(context, `training a reference on ${plural(job.text.length, 'trusted document')}`);
    found.push({ config: job.run.config, measured: await measureJob(job, { ...options, onTrain }) });
    if (!wasKept) notify(context, `${place + 1} of ${plural(jobs.length, 'measurement')} done`);
  }
  return found;
}

/** Measures stored runs behind defences at inference. */
export async function guard(
  targets: readonly string[],
  options: GuardOptions,
  context: CommandContext,
): Promise<number> {
  const store = absolutePath(options.store, context);
  const { engine } = options;
  const strength = parseStrength(options);
  const runs = await findRuns(targets, { ...options, store }, context);
  const kept = new KeptGuards({ store, engine });
  const given = await openGiven({ ...options, store }, context);
  try {
    const jobs = await prepareGuards(runs, { store, strength, given });
    const estimate = estimateGuards(jobs, { kept, store, engine, given });
    if (options.dryRun === true) {
      if (options.json) printJson(context, estimate);
      else print(context, costLine(estimate), 'Nothing was measured.');
      return ExitCode.done;
    }
    notify(context, costLine(estimate));
    const measured = await measureAll(jobs, { kept, engine, store, given }, context);
    if (measured === null) return ExitCode.interrupted;
    const results = measured.map((own) => own.measured);
    const summaries = summariseGuards(measured);
    const laws = guardLaws(measured);
    if (options.json) printJson(context, { runs: results, summaries, halfSuccess: laws });
    else showGuards(summaries, { runs: results, laws, context });
    return ExitCode.done;
  } finally {
    given?.model.release();
  }
}
