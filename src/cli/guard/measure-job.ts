// A measurement of a guard: read where it was kept, otherwise made and kept.
import type { EngineOption } from '../../kernels/engine-names.ts';
import { readCachedJson } from '../../run/prepare/cached-json.ts';
import { evaluationSetSchema } from '../../run/schemas/cached-schemas.ts';
import { decodingTokenizer } from '../../tokens/decoding-tokenizer.ts';
import { parseVocabulary } from '../../tokens/vocabulary.ts';
import type { ScannedModel } from '../scanned-model.ts';
import { loadStoredModel, storedRecord, storedVocabulary } from '../stored-model.ts';
import type { GuardedRun } from './guard-groups.ts';
import { type GuardJob, jobKey } from './guard-job.ts';
import { guardedPoisons, measureOfPoison } from './guarded-poisons.ts';
import type { KeptGuard, KeptGuards } from './kept-guards.ts';
import { measureGuards } from './measure-guard.ts';
import { type OpenedReference, openTrained } from './open-reference.ts';

/** Where models are, and who is told of what takes time. */
export interface MeasureOptions {
  readonly kept: KeptGuards;
  readonly store: string;
  readonly engine: EngineOption;
  readonly given: ScannedModel | null;
  readonly onTrain: () => void;
}

async function measure(
  job: GuardJob,
  reference: OpenedReference,
  options: MeasureOptions,
): Promise<KeptGuard> {
  const { store, engine } = options;
  const { run, strength, prompts, name, poison } = job;
  const { decode, separatorId } = decodingTokenizer(parseVocabulary(storedVocabulary(store, run.id)));
  const { set } = guardedPoisons(readCachedJson(job.set, evaluationSetSchema), run.config)[poison] ?? {};
  if (set === undefined) throw new Error('a job is of one of the poisons of its run');
  const model = await loadStoredModel(store, run.id, engine);
  try {
    const uses = measureGuards({
      ...{ model, reference: reference.model, set, decode, separatorId, trusted: prompts },
      falsePositiveShare: strength.falsePositiveShare,
      suspicion: strength.suspicion,
      seed: run.config.seed,
      measure: measureOfPoison(storedRecord(store, run.id), name, poison === 0),
    });
    return { reference: reference.described, uses };
  } finally {
    model.release();
  }
}

/** Measures a run with one of its poisons. */
export async function measureJob(job: GuardJob, options: MeasureOptions): Promise<GuardedRun> {
  const { run, name, documents, text: trusted, vocabularySize } = job;
  const { kept, engine, given, onTrain } = options;
  const found = await kept.keep(jobKey(job), async () => {
    if (given !== null) {
      const described = { of: given.name, tokens: null, passes: null };
      return measure(job, { model: given.model, described }, options);
    }
    const reference = await openTrained({ run, trusted, vocabularySize }, { kept, engine, onTrain });
    try {
      return await measure(job, reference, options);
    } finally {
      reference.model.release();
    }
  });
  return {
    ...{ run: run.id, seed: run.config.seed },
    ...(name === null ? {} : { poison: name }),
    ...{ documents, ...found },
  };
}
