// What a guard is to measure: every run and poison, with its prompts and trusted text. All refusals come before the first work.
import { InputError } from '../../core/errors.ts';
import { readCachedJson } from '../../run/prepare/cached-json.ts';
import { ExperimentPreparation } from '../../run/prepare/prepare-experiment.ts';
import { evaluationSetSchema } from '../../run/schemas/cached-schemas.ts';
import { decodingTokenizer } from '../../tokens/decoding-tokenizer.ts';
import type { Example } from '../../tokens/example.ts';
import { parseVocabulary } from '../../tokens/vocabulary.ts';
import { plural } from '../format.ts';
import { checkReference, type ScannedModel, weightsHash } from '../scanned-model.ts';
import { storedVocabulary } from '../stored-model.ts';
import type { StoredRun } from '../stored-runs.ts';
import { guardTokens } from './guard-cost.ts';
import type { GivenReference, GuardJob, Strength } from './guard-job.ts';
import { guardedPoisons } from './guarded-poisons.ts';
import { examplesHash } from './open-reference.ts';
import { divideTrusted, documentsFor } from './trusted-prompts.ts';

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

/** The trusted prompts and the reference's text of a run. @throws InputError where prompts are too few */
function divide(
  { id, config }: StoredRun,
  trusted: readonly Example[],
  options: { separatorId: number; share: number },
) {
  const { separatorId, share } = options;
  const divided = divideTrusted(trusted, {
    range: config.evaluation.promptTokens,
    separatorId: config.phases[0]?.batch.packing === 'rows' ? null : separatorId,
    seed: config.seed,
  });
  const found = divided.prompts.length;
  // One that STRIP learns from, and one that is judged.
  const needed = Math.max(2, Math.floor(documentsFor(share) / 4));
  if (found < needed)
    throw new InputError(
      `the trusted documents of run ${id.slice(0, 12)} give ${plural(found, 'prompt')} of at least ${config.evaluation.promptTokens.minimum} tokens, and the thresholds need ${needed}: give more --trusted-documents, or longer ones`,
    );
  return divided;
}

function describeGiven({ name, model }: ScannedModel): GivenReference {
  const { config, vocabularySize } = model;
  return { of: name, weightsHash: weightsHash(model), model: config, vocabularySize };
}

/** What is to be measured, in the order of the runs and their poisons. */
export async function prepareGuards(
  runs: readonly StoredRun[],
  { store, strength, given }: { store: string; strength: Strength; given: ScannedModel | null },
): Promise<GuardJob[]> {
  const wanted = strength.trustedDocuments;
  for (const run of runs) checkTrusted(run, null, wanted);
  const reference = given === null ? null : describeGiven(given);
  const preparation = new ExperimentPreparation({ store, baseFolder: store });
  // Runs of one corpus share its text.
  const texts = new Map<string, readonly Example[]>();
  const jobs: GuardJob[] = [];
  try {
    const sets = await preparation.prepareEvaluations(runs);
    for (const [place, run] of runs.entries()) {
      const vocabulary = parseVocabulary(storedVocabulary(store, run.id));
      const { separatorId, vocabularySize } = decodingTokenizer(vocabulary);
      const name = `run ${run.id.slice(0, 12)}`;
      if (given !== null)
        checkReference(given, { name, vocabulary, model: { vocabularySize, config: run.config.model } });
      const trusted = await preparation.trusted(run.config, wanted);
      checkTrusted(run, trusted, wanted);
      const divided = divide(run, trusted, { separatorId, share: strength.falsePositiveShare });
      const hash = examplesHash(divided.reference);
      const text = texts.get(hash) ?? divided.reference;
      texts.set(hash, text);
      const set = sets[place] as string;
      const { prompts } = divided;
      const poisons = guardedPoisons(readCachedJson(set, evaluationSetSchema), run.config);
      for (const [poison, own] of poisons.entries())
        jobs.push({
          ...{ run, poison, name: own.name, documents: own.documents, set, strength, vocabularySize },
          ...{ prompts, text, reference, tokens: guardTokens(own.set, prompts) },
        });
    }
  } finally {
    await preparation.close();
  }
  return jobs;
}
