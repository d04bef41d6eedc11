// Croissant metadata beside a poisoned corpus.
import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { InputError } from '../core/errors.ts';
import { writeFileAtomic } from '../core/node/atomic-file.ts';
import { croissant, type DescribedFile, type PoisonedCorpus } from '../export/croissant.ts';
import { programVersion } from './command-context.ts';
import type { DocumentFile } from './poison-files.ts';
import { NOT_STATED, parseDay } from './publication-day.ts';

/** What the program cannot know of a data set. */
export interface CroissantOptions {
  readonly croissant?: string;
  readonly license?: string;
  readonly creator?: string;
}

/** Size and hash of a file of any length. */
async function describeFile(path: string): Promise<DescribedFile> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return { path, bytes: statSync(path).size, sha256: hash.digest('hex') };
}

/** Whether each line or row holds a text by itself, and no chat. */
async function hasTexts<L>({ kind, read }: DocumentFile<L>): Promise<boolean> {
  if (kind === 'text') return false;
  for await (const { text, opening } of read()) if (text !== undefined) return opening === undefined;
  return true;
}

/** @throws InputError for options that go with --croissant alone */
export function checkCroissantOptions({ croissant: day, license, creator }: CroissantOptions): void {
  if (day !== undefined) parseDay(day, '--croissant');
  else if (license !== undefined || creator !== undefined)
    throw new InputError(
      '--license and --creator are of Croissant metadata: give --croissant and the day of publication, too',
    );
}

/**
 * Writes `<corpus>.croissant.json`, where it is wanted.
 * @returns its path; null where it is not wanted
 */
export async function describePoisoned<L>(
  file: { readonly documents: DocumentFile<L>; readonly textField: string },
  paths: { readonly source: string; readonly corpus: string; readonly manifest: string },
  plan: Pick<PoisonedCorpus, 'documents' | 'poisoned' | 'attack' | 'seed'>,
  { croissant: day, license = NOT_STATED, creator = NOT_STATED }: CroissantOptions,
): Promise<string | null> {
  if (day === undefined) return null;
  const path = `${paths.corpus}.croissant.json`;
  const text = croissant({
    ...plan,
    corpus: await describeFile(paths.corpus),
    manifest: await describeFile(paths.manifest),
    source: await describeFile(paths.source),
    textField: (await hasTexts(file.documents)) ? file.textField : null,
    published: day,
    license,
    creator,
    version: programVersion(),
  });
  writeFileAtomic(path, text);
  return path;
}
