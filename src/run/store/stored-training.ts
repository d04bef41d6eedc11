// Trainings that the store has kept: where a run differs from a finished one in its evaluation alone, the weights are
// the same, and those that were kept are evaluated. It needs them after every step that the new evaluation looks at.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { RunConfig } from '../../config/schema/schema.ts';
import { readText } from '../../core/node/read-file.ts';
import { evaluatedSteps } from '../../recipe/evaluate-run.ts';
import type { RunIdentity } from '../../recipe/identity.ts';
import type { RunRecord } from '../record.ts';
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

/** `trainingHash` of each run of the store that has a result, without reading all of it. */
function trainingHashes(store: string): { id: string; hash: string }[] {
  return storedRunIds(store).flatMap((id) => {
    try {
      const text = readText(runFile(store, id, 'result'));
      const [, hash] = /"trainingHash": ?"([0-9a-f]{64})"/.exec(text) ?? [];
      return hash === undefined ? [] : [{ id, hash }];
    } catch {
      return []; // it has none, or none that can be read
    }
  });
}

/** By id of a run that is to be done, the stored run of the same training that lacks the fewest weights. */
export function findTrainings(store: string, runs: readonly RunToDo[]): Map<string, SameTraining> {
  const known = new Map<string, string[]>();
  for (const { id, hash } of trainingHashes(store)) known.set(hash, [...(known.get(hash) ?? []), id]);
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
