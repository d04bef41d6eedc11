// The smaller files of a run, read back and checked: null where they are not there.
import type { z } from 'zod';
import { readText } from '../../core/node/read-file.ts';
import { type JsonSource, parseJson, parseJsonLines } from '../../core/read-json.ts';
import type { TraceEntry } from '../execute/trace.ts';
import {
  type StoredConfig,
  type StoredProvenance,
  storedConfigSchema,
  storedProvenanceSchema,
  traceEntrySchema,
} from '../schemas/run-file-schemas.ts';
import { REMEDY, runFile, type runFiles } from './store.ts';

function readIfThere(path: string): string | null {
  try {
    return readText(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw error;
  }
}

function read<T>(
  run: { readonly store: string; readonly id: string },
  file: keyof typeof runFiles,
  parse: (text: string, source: JsonSource) => T,
): T | null {
  const path = runFile(run.store, run.id, file);
  const text = readIfThere(path);
  return text === null ? null : parse(text, { file: path, what: `${file} of a run`, remedy: REMEDY });
}

const asJson =
  <T>(schema: z.ZodType<T>) =>
  (text: string, source: JsonSource) =>
    parseJson(text, schema, source);

/** config.json of a run: what it was to do. @throws InputError where it is damaged */
export function readStoredConfig(store: string, id: string): StoredConfig | null {
  return read({ store, id }, 'config', asJson<StoredConfig>(storedConfigSchema));
}

/** provenance.json of a run: how and where it was made. @throws InputError where it is damaged */
export function readProvenance(store: string, id: string): StoredProvenance | null {
  return read({ store, id }, 'provenance', asJson<StoredProvenance>(storedProvenanceSchema));
}

/** trace.jsonl of a run: hashes of its weights at some steps. @throws InputError where it is damaged */
export function readTrace(store: string, id: string): TraceEntry[] | null {
  return read({ store, id }, 'trace', (text, source) =>
    parseJsonLines<TraceEntry>(text, traceEntrySchema, source),
  );
}

/** What `reader` finds; null where the file is damaged too: for what is nice to know. */
export function ifReadable<T>(reader: () => T | null): T | null {
  try {
    return reader();
  } catch {
    return null;
  }
}
