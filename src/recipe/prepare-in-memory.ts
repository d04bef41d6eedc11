// From the text of a config to the runs of its plan, ready to be trained, with nothing on a disk: what a page does.
import { composeExperiment } from '../config/compose-experiment.ts';
import { type ConfigFiles, memoryFiles } from '../config/config-files.ts';
import type { RunConfig } from '../config/schema/schema.ts';
import { expandPlan } from '../config/sweep/expand-plan.ts';
import { decodingTokenizer } from '../tokens/decoding-tokenizer.ts';
import type { RunArtefacts } from './artefacts.ts';
import type { RunIdentity } from './identity.ts';
import { createMemoryMemo, type MemoryMemo } from './memo.ts';
import { type OpenCorpus, RunPreparation } from './prepare-runs.ts';
import { registered } from './registered.ts';
import { openInputs, type RunInputs } from './run-inputs.ts';

/** A run that can be trained: what `trainRun` takes. */
export interface PreparedRun {
  /** Its id, equal to the one that the command line gives it, and the contracts behind it. */
  readonly identity: RunIdentity;
  /** Complete: defaults filled in, the sweep applied. */
  readonly config: RunConfig;
  readonly inputs: RunInputs;
}

/**
 * Prepares runs of an experiment: vocabulary, encoded documents, poisoned documents, prompts. Reads corpora through
 * `openCorpus` alone, and keeps everything in memory.
 * @param text of the config, YAML
 * @param options.openCorpus opens the corpus of a config; its documents must be the same each time
 * @param options.files those that the text extends; default: none
 * @param options.memo prepared values, such as those of a memo's snapshot: what it holds is not made again; default: empty
 * @param options.select places in the plan, from 0, in the order of the result; default: all
 * @returns one entry a run, in the order of the plan
 * @throws InputError with every problem of the text, or for a corpus with too little text
 */
export async function prepareInMemory(
  text: string,
  options: {
    openCorpus: OpenCorpus;
    files?: ConfigFiles;
    memo?: MemoryMemo;
    select?: readonly number[];
  },
): Promise<PreparedRun[]> {
  const { openCorpus, files = memoryFiles({}), memo = createMemoryMemo(), select } = options;
  const file = files.paths.resolve('experiment.yaml');
  const plan = expandPlan(composeExperiment(text, { file, files, ...registered }));
  const planned = plan.runs.filter((_, place) => select === undefined || select.includes(place));
  const preparation = new RunPreparation({ memo, openCorpus });
  const identities = await preparation.identify(planned);
  const runs = planned.map((run, place) => ({ ...run, identity: identities[place] as RunIdentity }));
  const artefacts = await preparation.prepare(runs, { ofExperiment: plan.runs });
  await preparation.close();
  return runs.map(({ identity, config }, place) => {
    const { vocabulary, ...found } = artefacts[place] as RunArtefacts;
    const tokenizer = decodingTokenizer(memo.read('vocabularies', vocabulary));
    return { identity, config, inputs: openInputs(found, { reader: memo, tokenizer }) };
  });
}
