// Models that defences judge documents with, in the store: named by what their weights depend on, as runs are, so that runs
// which differ in their defences train one of them, and a stopped run goes on where it was.
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { RunConfig } from '../../config/schema/schema.ts';
import { canonicalJson } from '../../core/canonical-json.ts';
import { InputError } from '../../core/errors.ts';
import { writeFileAtomic } from '../../core/node/atomic-file.ts';
import { corporaOf, corpusHashName, identityFrom } from '../../recipe/identity.ts';
import type { ScoringModels } from '../../recipe/scoring/scoring-models.ts';
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

/**
 * Models in the cache of a task's store. Two processes that train the same one at a time write the same bytes; a damaged file
 * is trained again.
 */
export function scoringFiles(task: Pick<RunTask, 'store' | 'config' | 'artefacts'>): ScoringModels {
  const file = (config: RunConfig) => join(task.store, 'cache', 'scoring', `${keyOf(config, task)}.state`);
  return {
    load(config) {
      const path = file(config);
      if (!existsSync(path)) return null;
      try {
        const { phase, optimizerStep, arrays, journal } = decodeSavedRun(path);
        return { phase, optimizerStep, arrays, progress: journal };
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        rmSync(path, { force: true });
        return null;
      }
    },
    save(config, { phase, optimizerStep, arrays, progress }) {
      const journal = { ...emptyJournal(), ...progress };
      writeFileAtomic(file(config), encodeSavedRun({ phase, optimizerStep, arrays, journal }));
    },
  };
}
