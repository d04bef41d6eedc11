// One run from its resolved config, as records and stored runs have it: checked and planned as experiments are.
import { composeExperiment, type LoadOptions } from './compose-experiment.ts';
import type { ConfigFiles } from './config-files.ts';
import type { RunConfig } from './schema/schema.ts';
import { expandPlan, type PlannedRun } from './sweep/expand-plan.ts';

/**
 * Plans a run.
 * @param options.file what problems call the config
 * @param options.set `path=value`, laid over it
 * @throws InputError with every problem: this version may not accept what another wrote
 */
export function planRun(
  { seed, ...config }: RunConfig,
  options: Pick<LoadOptions, 'attacks' | 'defences' | 'set'> & {
    readonly file: string;
    readonly files: ConfigFiles;
  },
): PlannedRun {
  // A run is an experiment of one setting and one seed.
  const text = JSON.stringify({ ...config, name: 'run', sweep: { seeds: [seed] } });
  const [run] = expandPlan(composeExperiment(text, options)).runs;
  if (run === undefined) throw new Error('an experiment has at least one run');
  return run;
}
