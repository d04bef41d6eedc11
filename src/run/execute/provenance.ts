// How, where and of what a run was made: code, machine, and a hash of everything it read and wrote. Kept beside
// the result for people and for `lineage`; none of it enters an identity or is compared between machines.
import { existsSync } from 'node:fs';
import { cpus, hostname, release, type } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isoTime } from '../../core/clock.ts';
import { hashFile, sha256 } from '../../core/node/sha256.ts';
import { engineEntry } from '../../kernels/engine-names.ts';
import type { TokenizedDocuments } from '../../tokens/tokenized-documents.ts';
import type { PhaseArtefacts, RunTask } from '../run-event.ts';
import { runFile } from '../store/store.ts';
import { programVersion, type SourceRevision } from './source-version.ts';
import type { WorkerContext } from './worker-context.ts';

/** A file and its content. */
export interface HashedFile {
  /** Relative to the store; of the kernels, to this program. */
  readonly file: string;
  /** SHA-256 of its bytes; null where it could not be read. */
  readonly sha256: string | null;
}

type CleanRange = Pick<PhaseArtefacts, 'firstDocument' | 'documents' | 'prompts'>;

/** Clean documents of one corpus that a phase was offered. */
interface CleanProvenance {
  readonly tokens: HashedFile;
  /** From this one of the training split on; poison displaces the last. */
  readonly firstDocument: number;
  readonly documents: number;
  /** SHA-256 of the ends and token ids of those documents. */
  readonly cleanDocumentsHash: string | null;
  /** How many of each one's tokens are a prompt; only where the corpus has prompts. */
  readonly prompts?: HashedFile;
  /** Further documents, which take the place of what filters remove; only where there are defences. */
  readonly reserve?: Omit<CleanProvenance, 'tokens' | 'reserve'>;
}

/** What one phase read. */
export interface PhaseProvenance extends CleanProvenance {
  readonly phase: string;
  /** Of each poison, in their order. */
  readonly poisons: readonly PoisonProvenance[];
  /** What was mixed in, with how often each poison's trigger occurs in it. */
  readonly mix?: readonly (CleanProvenance & { readonly triggers: readonly HashedFile[] })[];
}

/** What one phase read of one poison. */
export interface PoisonProvenance {
  readonly documents: HashedFile;
  /** How often the trigger occurs in clean text. */
  readonly trigger: HashedFile;
  /** Clean documents into which the trigger was written; null where there are none. */
  readonly cleanTrigger: HashedFile | null;
}

/** provenance.json of a run. */
export interface Provenance {
  /** Engine as text, and as `--engine` calls it. */
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

function inputFile(store: string, file: string, context: WorkerContext): HashedFile {
  return { file, sha256: context.hash(join(store, file)) };
}

/**
 * SHA-256 of a phase's clean documents: their ends as u32, then their token ids as u16, little-endian.
 * @returns null where the split holds fewer
 */
export function hashCleanDocuments(
  { ids, offsets }: TokenizedDocuments,
  { firstDocument, documents }: Pick<PhaseArtefacts, 'firstDocument' | 'documents'>,
): string | null {
  const start = offsets[firstDocument];
  const end = offsets[firstDocument + documents];
  if (start === undefined || end === undefined) return null;
  const ends = offsets
    .slice(firstDocument + 1, firstDocument + documents + 1)
    .map((offset) => offset - start);
  const tokens = ids.subarray(start, end);
  return sha256(
    new Uint8Array(ends.buffer),
    new Uint8Array(tokens.buffer, tokens.byteOffset, tokens.byteLength),
  );
}

function describePhases({ store, config, artefacts }: RunTask, context: WorkerContext): PhaseProvenance[] {
  const read = (file: string) => inputFile(store, file, context);
  const range = (tokens: string, own: CleanRange): Omit<CleanProvenance, 'tokens' | 'reserve'> => {
    const { firstDocument, documents, prompts } = own;
    const path = join(store, tokens);
    return {
      firstDocument,
      documents,
      cleanDocumentsHash: existsSync(path)
        ? hashCleanDocuments(context.documents(path), { firstDocument, documents })
        : null,
      ...(prompts === undefined ? {} : { prompts: read(prompts) }),
    };
  };
  const clean = (own: Pick<PhaseArtefacts, 'tokens' | 'reserve'> & CleanRange): CleanProvenance => ({
    tokens: read(own.tokens),
    ...range(own.tokens, own),
    ...(own.reserve === undefined ? {} : { reserve: range(own.tokens, own.reserve) }),
  });
  return artefacts.phases.map((phase, index) => ({
    phase: config.phases[index]?.name ?? String(index),
    ...clean(phase),
    ...(phase.mix && {
      mix: phase.mix.map((own) => ({ ...clean(own), triggers: own.triggers.map(read) })),
    }),
    poisons: phase.poisons.map(({ documents, trigger, cleanTrigger }) => ({
      documents: read(documents),
      trigger: read(trigger),
      cleanTrigger: cleanTrigger === null ? null : read(cleanTrigger),
    })),
  }));
}

/** The compiled kernels of an engine: from the root of the package, or from src/ or dist/, whichever runs. */
function kernelBuild(
  engine: { readonly name: string; readonly file?: string },
  context: WorkerContext,
): HashedFile | null {
  const file = engine.file ?? engineEntry(engine.name)?.kernelFile ?? null;
  if (file === null) return null;
  const from = file.startsWith('build/') || file.startsWith('prebuilt/') ? '../../../' : '../../';
  return { file, sha256: context.hash(fileURLToPath(new URL(`${from}${file}`, import.meta.url))) };
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
  context: WorkerContext,
): Promise<Provenance> {
  const { store, id, artefacts } = task;
  return {
    engine: engine.detail,
    engineName: engine.name,
    code: {
      version: programVersion(),
      git: await context.revision(),
      node: process.version,
      kernels: kernelBuild(engine, context),
    },
    host: {
      name: hostname(),
      // The version alone: what follows names the build of one machine.
      system: `${type()} ${release().replace(/-.*/, '')} ${process.arch}`,
      processor: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
    },
    inputs: {
      vocabulary: inputFile(store, artefacts.vocabulary, context),
      evaluation: inputFile(store, artefacts.evaluation, context),
      phases: describePhases(task, context),
    },
    outputs: Object.fromEntries(
      outputFiles.map((output) => [output, hashFile(outputPath(store, id, output))]),
    ) as Provenance['outputs'],
    finished: isoTime(),
  };
}
