// Trainings that the store has kept: where a run differs from a finished one in its evaluation alone, the weights are
// the same, and those that were kept are evaluated. It needs them after every step that the new evaluation looks at.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { RunConfig } from '../../config/schema/schema.ts';
import { evaluatedSteps } from '../../recipe/evaluate-run.ts';
import type { RunIdentity } from '../../recipe/identity.ts';
import type { RunRecord } from '../record.ts';
import { summariseRuns } from './run-index.ts';
import { readResult, runFile, storedRunIds, weightsFolder } from './store.ts';

type RunToDo = { readonly config: RunConfig; readonly identity: RunIdentity };

/** A finished run with the same training as one that is to be done. */
export interface SameTraining {
  readonly id: string;
  /** Steps that the new evaluation looks at and of which no weights were kept; empty: nothing need be trained. */
  readonly missingSteps: readonly number[];
}

/** Folder of the weights that a run has kept after a step; undefined: it has none. */
export function keptWeights(
  store: string,
  { id, checkpoints }: RunRecord,
  optimizerStep: number,
): string | undefined {
  const isLast = checkpoints.at(-1)?.optimizerStep === optimizerStep;
  const own = checkpoints.find((checkpoint) => checkpoint.optimizerStep === optimizerStep)?.checkpoint;
  const folders = [
    ...(isLast ? [weightsFolder(store, id, null)] : []),
    ...(own === undefined ? [] : [weightsFolder(store, id, own)]),
  ];
  return folders.find((folder) => existsSync(join(folder, 'model.safetensors')));
}

/**
 * By id of a run that is to be done, the stored run of the same training that lacks the fewest weights.
 * @param options.onSlow told, in a sentence, if thousands of results have to be read
 */
export function findTrainings(
  store: string,
  runs: readonly RunToDo[],
  options: { readonly onSlow?: (sentence: string) => void } = {},
): Map<string, SameTraining> {
  const known = new Map<string, string[]>();
  for (const [id, stored] of summariseRuns(store, storedRunIds(store), options)) {
    const hash = stored.kind === 'found' ? stored.summary.trainingHash : null;
    if (hash !== null) known.set(hash, [...(known.get(hash) ?? []), id]);
  }
  const found = new Map<string, SameTraining>();
  for (const { config, identity } of runs) {
    const steps = evaluatedSteps(config);
    for (const id of known.get(String(identity.contracts.trainingHash)) ?? []) {
      const stored = readResult(store, id);
      if (id === identity.id || stored.kind !== 'found' || stored.record.status !== 'done') continue;
      const { record } = stored;
      const hasLosses = existsSync(runFile(store, id, 'losses'));
      const missingSteps = hasLosses
        ? steps.filter((step) => keptWeights(store, record, step) === undefined)
        : steps;
      const best = found.get(identity.id);
      if (best === undefined || missingSteps.length < best.missingSteps.length)
        found.set(identity.id, { id, missingSteps });
    }
  }
  return found;
}
