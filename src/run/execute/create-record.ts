// The record of a run: from the journal of one that trained, or of one that failed outside its own doing.
import { countParameters } from '../../config/count-parameters.ts';
import { withoutPaths } from '../../config/identity.ts';
import type { RunRecord } from '../record.ts';
import type { RunTask } from '../run-event.ts';
import { arithmeticOf } from './model-source.ts';
import type { RunJournal } from './run-journal.ts';

/** The record of a run from its journal. */
export function createRecord(
  task: Pick<RunTask, 'id' | 'config' | 'artefacts' | 'engine'>,
  journal: Pick<RunJournal, 'poison' | 'mixes' | 'checkpoints' | 'samples'>,
  tokensTrained: number,
  outcome: Pick<RunRecord, 'status' | 'error' | 'weightsHash'>,
): RunRecord {
  const { config } = task;
  const mixes = journal.mixes.filter((mix) => mix !== null);
  return {
    id: task.id,
    status: outcome.status,
    ...(outcome.error === undefined ? {} : { error: outcome.error }),
    config: withoutPaths(config),
    parameters: countParameters(config.model, config.tokenizer.vocabularySize),
    tokensTrained,
    poison: journal.poison.flat(),
    ...(mixes.length === 0 ? {} : { mixes }),
    checkpoints: journal.checkpoints,
    samples: journal.samples,
    weightsHash: outcome.weightsHash,
    arithmetic: arithmeticOf(task.engine),
    contracts: task.artefacts.contracts,
  };
}

/** The record of a run that failed outside its own doing: its dose, and no outcome. */
export function failedRecord(
  task: Pick<RunTask, 'id' | 'config' | 'artefacts' | 'engine'>,
  error: string,
): RunRecord {
  return createRecord(task, { poison: [], mixes: [], checkpoints: [], samples: [] }, 0, {
    status: 'failed',
    error,
    weightsHash: null,
  });
}
