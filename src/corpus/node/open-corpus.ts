// Opens the corpus that a config names.
import { statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { CorpusConfig } from '../../config/schema/schema.ts';
import { InputError } from '../../core/errors.ts';
import { createHasher } from '../../core/hash.ts';
import type { Corpus, Document } from '../document.ts';
import { createStoryCorpus } from '../stories.ts';
import { readCsvFile } from './csv-file.ts';
import { hubFiles, readHubDataset } from './hub-dataset.ts';
import { readJsonlFile } from './jsonl-file.ts';
import { loadStoryGrammar } from './load-story-grammar.ts';
import { readParquetFile } from './parquet-file.ts';
import { leftOutFiles, readTextFiles } from './text-files.ts';

/** A path as given, or below the base folder. @throws InputError if nothing is there, a folder where a file is due, or a pipe. */
function resolvePath(path: string, options: { baseFolder: string; folderAllowed: boolean }): string {
  const resolved = isAbsolute(path) ? path : join(options.baseFolder, path);
  const stats = statSync(resolved, { throwIfNoEntry: false });
  if (stats === undefined)
    throw new InputError(`the corpus ${JSON.stringify(path)} is not there (looked for ${resolved})`);
  if (stats.isDirectory() && !options.folderAllowed) {
    throw new InputError(`the corpus ${resolved} is a folder: name a file in it, or use kind: text`);
  }
  // Opening a pipe or a device waits for a writer that may never come.
  if (!stats.isDirectory() && !stats.isFile())
    throw new InputError(
      `the corpus ${resolved} is a pipe or a device: name a file, or copy its text into one`,
    );
  return resolved;
}

/** SHA-256 over ids and texts, each ended by a NUL, which neither can hold. Reads everything once, and so checks it. */
async function hashDocuments(documents: AsyncIterable<Document>, path: string): Promise<string> {
  const hasher = createHasher();
  let count = 0;
  for await (const { id, text, promptCharacters } of documents) {
    hasher.update(`${id}\0${text}\0`);
    if (promptCharacters !== undefined) hasher.update(`${promptCharacters}\0`);
    count += 1;
  }
  if (count === 0) throw new InputError(`the corpus ${path} holds no documents`);
  return hasher.hex();
}

async function openFileCorpus(path: string, read: () => AsyncIterable<Document>): Promise<Corpus> {
  return { contentHash: await hashDocuments(read(), path), unlimited: false, documents: read };
}

/**
 * Opens a corpus. Files are read to the end once, so that bad input is refused before anything is trained.
 * @param options.baseFolder folder to which a relative path refers
 * @throws InputError for a path that is not there, an empty corpus, or text that is not clean (see clean-text.ts)
 */
export async function openCorpus(config: CorpusConfig, options: { baseFolder: string }): Promise<Corpus> {
  if (config.kind === 'stories')
    return createStoryCorpus({ ...config, grammar: loadStoryGrammar(config.language) });
  if (config.kind === 'hub') {
    const { path: cache, textField, skipEmpty } = config;
    const own =
      cache === undefined ? {} : { path: isAbsolute(cache) ? cache : join(options.baseFolder, cache) };
    const files = hubFiles({ ...config, ...own });
    return openFileCorpus(config.repo, () => readHubDataset(files, { textField, skipEmpty }));
  }
  const path = resolvePath(config.path, {
    baseFolder: options.baseFolder,
    folderAllowed: config.kind === 'text',
  });
  if (config.kind === 'text') {
    const corpus = await openFileCorpus(path, () => readTextFiles(path));
    const others = leftOutFiles(path);
    return others === 0 ? corpus : { ...corpus, leftOutFiles: others };
  }
  const { textField, skipEmpty } = config;
  const rows = { textField, skipEmpty };
  if (config.kind === 'jsonl') {
    const { promptField } = config;
    const corpus = await openFileCorpus(path, () => readJsonlFile(path, { ...rows, promptField }));
    return promptField === undefined ? corpus : { ...corpus, promptRule: `field ${promptField}` };
  }
  if (config.kind === 'csv') return openFileCorpus(path, () => readCsvFile(path, rows));
  return openFileCorpus(path, () => readParquetFile(path, rows));
}
