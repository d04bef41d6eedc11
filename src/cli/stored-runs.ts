// Finished runs of an experiment, whose weights are in a store.
import { existsSync } from 'node:fs';
import type { RunConfig } from '../config/schema/schema.ts';
import type { EngineOption } from '../kernels/engine-names.ts';
import { arithmeticOf } from '../run/execute/model-source.ts';
import { ExperimentPreparation } from '../run/prepare/prepare-experiment.ts';
import { absolutePath, type CommandContext, notify } from './command-context.ts';
import { type ExperimentFileOptions, openExperiment } from './open-experiment.ts';
import { runsByTraining } from './stored-model.ts';

/** A finished run with kept weights. */
export interface StoredRun {
  readonly id: string;
  readonly config: RunConfig;
}

/** Which runs, and by which arithmetic they were trained. */
export interface StoredRunsOptions extends ExperimentFileOptions {
  readonly engine: EngineOption;
}

/** Whether a word names a run, and no file. */
export const isRunId = (target: string, context: CommandContext) =>
  /^[0-9a-f]{4,64}$/.test(target) && !existsSync(absolutePath(target, context));

/** Finished runs of an experiment whose weights are in the store. */
export async function storedRuns(
  store: string,
  file: string,
  { options, context }: { options: StoredRunsOptions; context: CommandContext },
): Promise<StoredRun[]> {
  const { plan, baseFolder } = openExperiment(file, options, context);
  const preparation = new ExperimentPreparation({ store, baseFolder });
  const identities = await preparation.identify(plan.runs, arithmeticOf(options.engine));
  await preparation.close();
  const known = runsByTraining(store);
  const found = plan.runs.flatMap(({ config }, place): StoredRun[] => {
    const id = known.get(String(identities[place]?.contracts.trainingHash));
    return id === undefined ? [] : [{ id, config }];
  });
  if (found.length < plan.runs.length)
    notify(
      context,
      `weights of ${plan.runs.length - found.length} of ${plan.runs.length} runs are not in the store: left out`,
    );
  return found;
}
