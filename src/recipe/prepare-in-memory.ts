// From the text of a config to the runs of its plan, ready to be trained, with nothing on a disk.
import { composeExperiment } from '../config/compose-experiment.ts';
import { type ConfigFiles, memoryFiles } from '../config/config-files.ts';
import { expandPlan } from '../config/sweep/expand-plan.ts';
import { createMemoryMemo, type MemoryMemo } from './memo.ts';
import { type PreparedRun, prepareConfigs } from './prepare-configs.ts';
import type { OpenCorpus } from './prepare-runs.ts';
import { registered } from './registered.ts';

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
  const ofExperiment = plan.runs.map(({ config }) => config);
  return prepareConfigs(
    planned.map(({ config }) => config),
    { memo, openCorpus, ofExperiment },
  );
}
