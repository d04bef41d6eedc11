// Runs from their configs, ready to be trained, with nothing on a disk.
import type { RunConfig } from '../config/schema/schema.ts';
import { decodingTokenizer } from '../tokens/decoding-tokenizer.ts';
import type { RunArtefacts } from './artefacts.ts';
import type { RunIdentity } from './identity.ts';
import type { MemoryMemo } from './memo.ts';
import { type OpenCorpus, RunPreparation } from './prepare-runs.ts';
import { openInputs, type RunInputs } from './run-inputs.ts';
import type { OpenEncoder } from './vocabulary.ts';

/** A run that can be trained: what `trainRun` takes. */
export interface PreparedRun {
  /** Its id, equal to the one that the command line gives it, and the contracts behind it. */
  readonly identity: RunIdentity;
  /** Complete: defaults filled in, the sweep applied. */
  readonly config: RunConfig;
  readonly inputs: RunInputs;
}

/**
 * Prepares runs.
 * @param options.ofExperiment configs of all runs of the experiment; default: these runs. Their largest count decides
 *   how many poisoned documents of a list are made
 * @param options.openEncoder another way to the tokenizer of a vocabulary
 * @throws InputError for a corpus, trigger or prompt that does not fit
 */
export async function prepareConfigs(
  configs: readonly RunConfig[],
  options: {
    memo: MemoryMemo;
    openCorpus: OpenCorpus;
    openEncoder?: OpenEncoder;
    ofExperiment?: readonly RunConfig[];
  },
): Promise<PreparedRun[]> {
  const { memo, ofExperiment = configs, ...opening } = options;
  const preparation = new RunPreparation({ memo, ...opening });
  const planned = configs.map((config) => ({ config }));
  const identities = await preparation.identify(planned);
  const runs = planned.map((run, place) => ({ ...run, identity: identities[place] as RunIdentity }));
  const artefacts = await preparation.prepare(runs, {
    ofExperiment: ofExperiment.map((config) => ({ config })),
  });
  await preparation.close();
  return runs.map(({ identity, config }, place) => {
    const { vocabulary, ...found } = artefacts[place] as RunArtefacts;
    const tokenizer = decodingTokenizer(memo.read('vocabularies', vocabulary));
    return { identity, config, inputs: openInputs(found, { reader: memo, tokenizer }) };
  });
}
