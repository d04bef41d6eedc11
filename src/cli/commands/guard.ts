// `tinypoison guard`: stored runs behind defences at inference.

import { plantedDocuments } from '../../config/poisons.ts';
import { InputError } from '../../core/errors.ts';
import { PUBLISHED_SUSPICION } from '../../defend/inference/clean-gen.ts';
import type { EngineOption } from '../../kernels/engine-names.ts';
import { readCachedJson } from '../../run/prepare/cached-json.ts';
import { ExperimentPreparation } from '../../run/prepare/prepare-experiment.ts';
import { evaluationSetSchema } from '../../run/schemas/cached-schemas.ts';
import { findRunId } from '../../run/store/store.ts';
import { decodingTokenizer } from '../../tokens/decoding-tokenizer.ts';
import type { Example } from '../../tokens/example.ts';
import { parseVocabulary } from '../../tokens/vocabulary.ts';
import {
  absolutePath,
  type CommandContext,
  ExitCode,
  notify,
  parseInteger,
  printJson,
} from '../command-context.ts';
import { plural } from '../format.ts';
import { type GuardedRun, summariseGuards } from '../guard/guard-groups.ts';
import { guardLaws } from '../guard/guard-laws.ts';
import { measureGuards } from '../guard/measure-guard.ts';
import { References } from '../guard/open-reference.ts';
import { showGuards } from '../guard/show-guards.ts';
import { divideTrusted } from '../guard/trusted-prompts.ts';
import type { ExperimentFileOptions } from '../open-experiment.ts';
import { loadStoredModel, storedConfig, storedRecord, storedVocabulary } from '../stored-model.ts';
import { isRunId, type StoredRun, storedRuns } from '../stored-runs.ts';

export interface GuardOptions extends ExperimentFileOptions {
  readonly reference?: string;
  readonly trustedDocuments: string;
  readonly falsePositives: string;
  readonly suspicion: string;
  readonly store: string;
  readonly engine: EngineOption;
  readonly json?: boolean;
}

/** How strong the defences are. */
interface Strength {
  readonly falsePositiveShare: number;
  readonly suspicion: number;
  readonly trustedDocuments: number;
}

const OFF = 'off';

/** Trusted documents that a threshold needs: half of the prompts set it, and one document in four is a prompt. */
function documentsFor(falsePositiveShare: number): number {
  return falsePositiveShare === 0 ? 0 : 8 * (Math.ceil(1 / falsePositiveShare - 1e-9) - 1);
}

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

/** @throws InputError where a run's corpus holds no trusted text, or too little of it */
function checkTrusted({ id, config }: StoredRun, trusted: readonly Example[] | null, wanted: number): void {
  const run = id.slice(0, 12);
  if (trusted === null && config.corpus.splits.trusted === undefined)
    throw new InputError(
      `run ${run} was trained on a corpus that holds back no trusted text, on which thresholds are set and the reference is trained: set corpus.splits.trusted (0.1, say) and run it again`,
    );
  if (trusted !== null && trusted.length < wanted)
    throw new InputError(
      `the corpus of run ${run} has ${trusted.length} trusted documents, and --trusted-documents is ${wanted}: give at most ${trusted.length}, or hold back more (corpus.splits.trusted)`,
    );
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
  for (const run of runs) checkTrusted(run, null, strength.trustedDocuments);
  const references = new References({ store, engine, given: options.reference });
  const preparation = new ExperimentPreparation({ store, baseFolder: store });
  const measured: { config: StoredRun['config']; measured: GuardedRun }[] = [];
  try {
    const sets = await preparation.prepareEvaluations(runs);
    for (const [place, run] of runs.entries()) {
      if (context.interrupt.aborted) return ExitCode.interrupted;
      const trusted = await preparation.trusted(run.config, strength.trustedDocuments);
      checkTrusted(run, trusted, strength.trustedDocuments);
      const own = await measureRun(run, {
        ...strength,
        trusted,
        set: sets[place] as string,
        references,
        store,
        engine,
        context,
      });
      measured.push({ config: run.config, measured: own });
      notify(context, `${place + 1} of ${plural(runs.length, 'run')} measured`);
      // Gives Ctrl-C a turn.
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    await preparation.close();
  }
  const results = measured.map((own) => own.measured);
  const summaries = summariseGuards(measured);
  const laws = guardLaws(measured);
  if (options.json) printJson(context, { runs: results, summaries, halfSuccess: laws });
  else showGuards(summaries, { runs: results, laws, context });
  return ExitCode.done;
}

async function measureRun(
  run: StoredRun,
  options: Strength & {
    readonly trusted: readonly Example[];
    readonly set: string;
    readonly references: References;
    readonly store: string;
    readonly engine: EngineOption;
    readonly context: CommandContext;
  },
): Promise<GuardedRun> {
  const { store, engine, context, references, trusted: examples } = options;
  const { id, config } = run;
  const { decode, separatorId, vocabularySize } = decodingTokenizer(
    parseVocabulary(storedVocabulary(store, id)),
  );
  const { prompts, reference: text } = divideTrusted(examples, {
    range: config.evaluation.promptTokens,
    separatorId: config.phases[0]?.batch.packing === 'rows' ? null : separatorId,
    seed: config.seed,
  });
  const needed = Math.floor(documentsFor(options.falsePositiveShare) / 4);
  if (prompts.length === 0 || prompts.length < needed)
    throw new InputError(
      `the trusted documents of run ${id.slice(0, 12)} give ${plural(prompts.length, 'prompt')} of at least ${config.evaluation.promptTokens.minimum} tokens, and the thresholds need ${Math.max(1, needed)}: give more --trusted-documents, or longer ones`,
    );
  const reference = await references.open(run, {
    ...{ trusted: text, vocabularySize },
    onTrain: () => notify(context, `training a reference on ${plural(text.length, 'trusted document')}`),
  });
  try {
    const model = await loadStoredModel(store, id, engine);
    try {
      const { falsePositiveShare, suspicion } = options;
      const uses = measureGuards({
        ...{ model, reference: reference.model, decode, separatorId, falsePositiveShare, suspicion },
        set: readCachedJson(options.set, evaluationSetSchema),
        record: storedRecord(store, id),
        trusted: prompts,
      });
      const documents = plantedDocuments(config.phases);
      return { run: id, seed: config.seed, documents, reference: reference.described, uses };
    } finally {
      model.release();
    }
  } finally {
    reference.model.release();
  }
}
