// How, where and of what a run was made: code, machine, and a hash of everything it read and wrote. Kept beside
// the result for people and for `lineage`; none of it enters an identity or is compared between machines.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { cpus, hostname, release, type } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isoTime } from '../../core/clock.ts';
import { engineEntry } from '../../kernels/engine-names.ts';
import type { PhaseArtefacts, RunTask } from '../run-event.ts';
import { runFile } from '../store/store.ts';
import { readAllTokens } from './run-inputs.ts';
import { programVersion, type SourceRevision, sourceRevision } from './source-version.ts';

/** A file and its content. */
export interface HashedFile {
  /** Relative to the store; of the kernels, to this program. */
  readonly file: string;
  /** SHA-256 of its bytes; null where it could not be read. */
  readonly sha256: string | null;
}

/** What one phase read. */
export interface PhaseProvenance {
  readonly phase: string;
  readonly tokens: HashedFile;
  /** Clean documents offered to the phase, from this one of the training split on; poison displaces the last. */
  readonly firstDocument: number;
  readonly documents: number;
  /** SHA-256 of the ends and token ids of those documents. */
  readonly cleanDocumentsHash: string | null;
  readonly poison: HashedFile | null;
  readonly trigger: HashedFile | null;
}

/** provenance.json of a run. */
export interface Provenance {
  /** Engine in words, and as `--engine` calls it. */
  readonly engine: string;
  readonly engineName: string;
  readonly code: {
    readonly version: string;
    readonly git: SourceRevision | null;
    readonly node: string;
    /** The compiled kernels; null for engines that have none. */
    readonly kernels: HashedFile | null;
  };
  readonly host: {
    readonly name: string;
    readonly system: string;
    readonly processor: string;
    readonly cores: number;
  };
  readonly inputs: {
    readonly vocabulary: HashedFile;
    readonly evaluation: HashedFile;
    readonly phases: readonly PhaseProvenance[];
  };
  readonly outputs: { readonly [file in OutputFile]: string | null };
  /** ISO 8601, UTC. */
  readonly finished: string;
}

const outputFiles = ['weights', 'metrics', 'manifest', 'trace'] as const;
type OutputFile = (typeof outputFiles)[number];

const sha256 = (data: Uint8Array) => createHash('sha256').update(data).digest('hex');

/** SHA-256 of a file; null where it cannot be read. */
export function hashFile(path: string): string | null {
  try {
    return sha256(readFileSync(path));
  } catch {
    return null;
  }
}

const hashes = new Map<string, string | null>();

/** The same, remembered while the file does not change: a worker's runs share their inputs. */
function rememberedHash(path: string): string | null {
  const status = statSync(path, { throwIfNoEntry: false });
  const key = `${path} ${status?.mtimeMs} ${status?.size}`;
  let hash = hashes.get(key);
  if (hash === undefined) {
    hash = hashFile(path);
    hashes.set(key, hash);
  }
  return hash;
}

function inputFile(store: string, file: string): HashedFile {
  return { file, sha256: rememberedHash(join(store, file)) };
}

/**
 * SHA-256 of a phase's clean documents: their ends as u32, then their token ids as u16, little-endian.
 * @param path file of the token cache
 */
export function hashCleanDocuments(
  path: string,
  { firstDocument, documents }: Pick<PhaseArtefacts, 'firstDocument' | 'documents'>,
): string | null {
  if (!existsSync(path)) return null;
  const { ids, offsets } = readAllTokens(path);
  const start = offsets[firstDocument];
  const end = offsets[firstDocument + documents];
  if (start === undefined || end === undefined) return null;
  const ends = offsets
    .slice(firstDocument + 1, firstDocument + documents + 1)
    .map((offset) => offset - start);
  const tokens = ids.subarray(start, end);
  return createHash('sha256')
    .update(new Uint8Array(ends.buffer))
    .update(new Uint8Array(tokens.buffer, tokens.byteOffset, tokens.byteLength))
    .digest('hex');
}

function describePhases({ store, config, artefacts }: RunTask): PhaseProvenance[] {
  return artefacts.phases.map(({ tokens, firstDocument, documents, poison, trigger }, index) => ({
    phase: config.phases[index]?.name ?? String(index),
    tokens: inputFile(store, tokens),
    firstDocument,
    documents,
    cleanDocumentsHash: hashCleanDocuments(join(store, tokens), { firstDocument, documents }),
    poison: poison === null ? null : inputFile(store, poison),
    trigger: trigger === null ? null : inputFile(store, trigger),
  }));
}

/** The compiled kernels of an engine: from the root of the package, or from src/ or dist/, whichever runs. */
function kernelBuild(engine: { readonly name: string; readonly file?: string }): HashedFile | null {
  const file = engine.file ?? engineEntry(engine.name)?.kernelFile ?? null;
  if (file === null) return null;
  const from = file.startsWith('build/') || file.startsWith('prebuilt/') ? '../../../' : '../../';
  return { file, sha256: rememberedHash(fileURLToPath(new URL(`${from}${file}`, import.meta.url))) };
}

/** Path of the file that stands for an output of a run. */
export function outputPath(store: string, id: string, output: OutputFile): string {
  const path = runFile(store, id, output);
  return output === 'weights' ? join(path, 'model.safetensors') : path;
}

/** The provenance of a run that has written everything but its result. */
export async function describeProvenance(
  task: RunTask,
  engine: { readonly name: string; readonly detail: string; readonly file?: string },
): Promise<Provenance> {
  const { store, id, artefacts } = task;
  return {
    engine: engine.detail,
    engineName: engine.name,
    code: {
      version: programVersion(),
      git: await sourceRevision(),
      node: process.version,
      kernels: kernelBuild(engine),
    },
    host: {
      name: hostname(),
      system: `${type()} ${release()} ${process.arch}`,
      processor: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
    },
    inputs: {
      vocabulary: inputFile(store, artefacts.vocabulary),
      evaluation: inputFile(store, artefacts.evaluation),
      phases: describePhases(task),
    },
    outputs: Object.fromEntries(
      outputFiles.map((output) => [output, hashFile(outputPath(store, id, output))]),
    ) as Provenance['outputs'],
    finished: isoTime(),
  };
}
