// Models that defences judge documents with, in the store: named by what their weights depend on, as runs are, so that runs
// which differ in their defences train one of them, and a stopped run goes on where it was. One that is read before the end of its
// training bears the step in its name.
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { RunConfig } from '../../config/schema/schema.ts';
import { canonicalJson } from '../../core/canonical-json.ts';
import { InputError } from '../../core/errors.ts';
import { writeFileAtomic } from '../../core/node/atomic-file.ts';
import { corporaOf, corpusHashName, identityFrom } from '../../recipe/identity.ts';
import {
  isTrained,
  isWhole,
  type ScoringModels,
  type ScoringState,
  type ScoringTraining,
} from '../../recipe/scoring/scoring-models.ts';
import type { RunTask } from '../run-event.ts';
import { decodeSavedRun, encodeSavedRun } from './run-files.ts';
import { emptyJournal } from './run-journal.ts';

/** The training hash of a run with such a config: weights depend on nothing else. */
function keyOf(
  config: RunConfig,
  { config: whole, artefacts }: Pick<RunTask, 'config' | 'artefacts'>,
): string {
  const { contracts } = artefacts;
  const names = new Map(
    corporaOf(whole).map((corpus, index) => [canonicalJson(corpus), corpusHashName(index)]),
  );
  const versions = Object.entries(contracts).filter(
    (entry): entry is [string, number] => typeof entry[1] === 'number',
  );
  const identity = identityFrom({
    config,
    corpora: corporaOf(config).map((corpus) => String(contracts[names.get(canonicalJson(corpus)) ?? ''])),
    versions: Object.fromEntries(versions),
    base: contracts.baseHash === undefined ? undefined : String(contracts.baseHash),
  });
  return String(identity.contracts.trainingHash);
}

/** Reads a state; null: there is none, or it is damaged and removed. */
function readState(path: string): ScoringState | null {
  if (!existsSync(path)) return null;
  try {
    const { phase, optimizerStep, arrays, journal } = decodeSavedRun(path);
    return { phase, optimizerStep, arrays, progress: journal };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    rmSync(path, { force: true });
    return null;
  }
}

/**
 * Models in the cache of a task's store. One that is not trained to its end has another name, so that two processes which
 * train the same one at a time never put a beginning in the place of the end; at the end they write the same bytes. A
 * damaged file is trained again.
 */
export function scoringFiles(task: Pick<RunTask, 'store' | 'config' | 'artefacts'>): ScoringModels {
  const file = (training: ScoringTraining, part: 'state' | 'begun.state') => {
    const until = isWhole(training) ? '' : `-until-${training.optimizerSteps}`;
    return join(task.store, 'cache', 'scoring', `${keyOf(training.config, task)}${until}.${part}`);
  };
  return {
    load: (training) => readState(file(training, 'state')) ?? readState(file(training, 'begun.state')),
    save(training, state) {
      const { phase, optimizerStep, arrays, progress } = state;
      const journal = { ...emptyJournal(), ...progress };
      const ended = isTrained(training, state);
      const path = file(training, ended ? 'state' : 'begun.state');
      writeFileAtomic(path, encodeSavedRun({ phase, optimizerStep, arrays, journal }));
      if (ended) rmSync(file(training, 'begun.state'), { force: true });
    },
  };
}
