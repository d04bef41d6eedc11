// The settings of a sweep whose seeds take other stimuli.
import { poisonsOf } from '../poisons.ts';
import type { ExperimentConfig } from '../schema/schema.ts';
import type { Setting } from '../setting.ts';
import { toPlain } from '../yaml/located.ts';
import type { Assignment } from './assignment.ts';
import { dealStimuli, type StimulusPool } from './stimuli.ts';

/** The settings, each seed's with the values that it takes of the pools; as they are without pools. */
export function withStimuli(
  pools: readonly StimulusPool[],
  options: {
    combinations: readonly (readonly Assignment[])[];
    /** Of each combination, without stimuli. */
    plain: readonly (Setting | undefined)[];
    sweep: ExperimentConfig['sweep'] | undefined;
    settle: (assignments: readonly Assignment[]) => Setting | undefined;
  },
): Setting[] {
  const { combinations, plain, sweep, settle } = options;
  if (pools.length === 0 || sweep === undefined) return plain.filter((setting) => setting !== undefined);
  const amounts = plain.map((setting) => (setting === undefined ? '' : amountsOf(setting.config)));
  const columns = [...new Set(amounts)];
  return combinations.flatMap((assignments, index) => {
    const known = new Map<string, Setting | undefined>();
    return sweep.seeds.flatMap((seed, seedPlace): Setting[] => {
      const own = dealStimuli(pools, {
        stimulusSeed: sweep.stimuli?.seed ?? 1,
        seedPlace,
        column: columns.indexOf(amounts[index] ?? ''),
      });
      const key = own.map(({ text, value }) => JSON.stringify([text, toPlain(value)])).join();
      if (!known.has(key)) known.set(key, settle([...assignments, ...own]));
      const setting = known.get(key);
      return setting === undefined ? [] : [{ ...setting, seeds: [seed] }];
    });
  });
}

/** The amounts of poison of a setting. */
function amountsOf({ phases }: ExperimentConfig): string {
  const amounts = phases.flatMap(poisonsOf).map(({ documents, share }) => documents ?? `${share}`);
  return JSON.stringify(amounts);
}
