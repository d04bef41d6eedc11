// What a run writes into its folder while it goes on.
import { appendFileSync, existsSync, rmSync } from 'node:fs';
import { isoTime } from '../../core/clock.ts';
import { InputError } from '../../core/errors.ts';
import { writeFileAtomic } from '../../core/node/atomic-file.ts';
import { makeFolder } from '../../core/node/make-folder.ts';
import { readBytes } from '../../core/node/read-file.ts';
import { parseJson } from '../../core/read-json.ts';
import type { Gpt } from '../../model/gpt.ts';
import { saveModel } from '../../model/node/save-model.ts';
import type { TrainingArrays } from '../../model/trainable-model.ts';
import type { PhaseManifest } from '../../recipe/phase/phase-data.ts';
import type { Vocabulary } from '../../tokens/vocabulary.ts';
import {
  decodeTrainingState,
  encodeTrainingState,
  type TrainingPosition,
} from '../../train/training-state.ts';
import { writeCachedJson } from '../prepare/cached-json.ts';
import type { RunTask } from '../run-event.ts';
import { savedJournalSchema } from '../schemas/run-file-schemas.ts';
import { runFile, runFolder, weightsFolder } from '../store/store.ts';
import { learningCurve } from './learning-curve.ts';
import { arithmeticOf } from './model-source.ts';
import type { Provenance } from './provenance.ts';
import { emptyJournal, type RunJournal } from './run-journal.ts';

/** A saved state of a run. */
export interface SavedRun {
  /** Index of the phase, from 0. */
  readonly phase: number;
  /** Steps of the phase done. */
  readonly optimizerStep: number;
  readonly journal: RunJournal;
  readonly arrays: TrainingArrays;
}

/** A saved journal; what older versions did not keep is empty. @throws InputError if it is none */
function readJournal(text: unknown, file: string): RunJournal {
  const source = { file, what: 'saved state of a run', remedy: 'delete it' };
  const { poison: _, mixes: __, ...saved } = parseJson(String(text), savedJournalSchema, source);
  return { ...emptyJournal(), ...saved };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 1)}\n`;
}

function jsonLines(values: readonly unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('');
}

/** Bytes of a saved state. */
export function encodeSavedRun({ phase, optimizerStep, journal, arrays }: SavedRun): Uint8Array {
  // As text, so that the order of its fields, and with it every byte of the result, survives.
  const position: TrainingPosition = { phase, optimizerStep, extra: JSON.stringify(journal) };
  return encodeTrainingState(position, arrays);
}

/** A saved state out of its file. @throws InputError if it is damaged */
export function decodeSavedRun(path: string): SavedRun {
  const { position, arrays } = decodeTrainingState(readBytes(path));
  const { phase, optimizerStep, extra } = position;
  return { phase, optimizerStep, journal: readJournal(extra, path), arrays };
}

/** The files of one run. */
export class RunFiles {
  readonly #store: string;
  readonly #id: string;

  constructor(task: Pick<RunTask, 'store' | 'id'>) {
    this.#store = task.store;
    this.#id = task.id;
    makeFolder(runFolder(task.store, task.id));
  }

  #path(file: Parameters<typeof runFile>[2]): string {
    return runFile(this.#store, this.#id, file);
  }

  /** A line of the log, with the time. Lines may be lost in a crash or on a full disk; nothing reads them but people. */
  log(line: string): void {
    try {
      appendFileSync(this.#path('log'), `${isoTime()} ${line}\n`);
    } catch {
      // What a run cannot do without says so itself.
    }
  }

  /** Config as typed and as resolved, with the rest of the identity, and the vocabulary. */
  writeConfig({ typed, config, artefacts, engine }: RunTask, vocabulary: Vocabulary): void {
    const { contracts } = artefacts;
    const arithmetic = arithmeticOf(engine);
    writeFileAtomic(this.#path('config'), json({ typed, resolved: config, contracts, arithmetic }));
    writeFileAtomic(this.#path('vocabulary'), `${JSON.stringify(vocabulary)}\n`);
  }

  writeManifest(manifests: readonly PhaseManifest[]): void {
    writeFileAtomic(this.#path('manifest'), json({ schema: 1, phases: manifests }));
  }

  writeMetrics({ checkpoints }: RunJournal): void {
    writeFileAtomic(this.#path('metrics'), jsonLines(checkpoints));
  }

  writeTrace({ trace }: RunJournal): void {
    writeFileAtomic(this.#path('trace'), jsonLines(trace));
  }

  /** The learning curve so far. */
  writeCurve({ lossesNats }: RunJournal): void {
    writeFileAtomic(this.#path('curve'), learningCurve(lossesNats));
  }

  writeLosses({ lossesNats }: RunJournal): void {
    writeCachedJson(this.#path('losses'), lossesNats);
  }

  /** @param checkpoint null: the final weights */
  writeWeights(model: Gpt, checkpoint: number | null): void {
    const folder = weightsFolder(this.#store, this.#id, checkpoint);
    const { config, vocabularySize } = model;
    saveModel(folder, { config, vocabularySize, weights: model.getWeights() });
  }

  saveState(saved: SavedRun): void {
    writeFileAtomic(this.#path('state'), encodeSavedRun(saved));
  }

  /** The saved state; null if there is none; a sentence if it is damaged, and is left out. */
  loadState(): SavedRun | null | string {
    const path = this.#path('state');
    if (!existsSync(path)) return null;
    try {
      return decodeSavedRun(path);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      rmSync(path, { force: true });
      return `${path}: ${error.message.replace(/; .*$/, '')}`;
    }
  }

  /** How and where the run was done. Never compared. */
  writeProvenance(facts: Provenance & Readonly<Record<string, unknown>>): void {
    const peakMemoryBytes = 1024 * process.resourceUsage().maxRSS;
    writeFileAtomic(this.#path('provenance'), json({ ...facts, peakMemoryBytes }));
  }
}
