// A data set of the Hugging Face Hub from its local cache: datasets--<owner>--<name>/refs/<revision> holds the commit,
// snapshots/<commit>/ the files. Nothing is downloaded.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { InputError } from '../../core/errors.ts';
import type { Document } from '../document.ts';
import { readJsonlFile } from './jsonl-file.ts';
import { readParquetFile } from './parquet-file.ts';
import type { RowOptions } from './row-options.ts';

/** Which files of which data set. */
export interface HubDataset {
  /** `owner/name`. */
  readonly repo: string;
  /** Branch, tag or commit. */
  readonly revision: string;
  readonly split: string;
  /** Folder of the cache; default: where the Hub's own programs keep it. */
  readonly path?: string | undefined;
}

const COMMIT = /^[0-9a-f]{40}$/;
const READABLE = /\.(parquet|jsonl|jsonl\.gz|ndjson)$/i;

/** Where the Hub's programs keep what they download. */
export function hubCache(environment: Readonly<Record<string, string | undefined>> = process.env): string {
  const { HF_HUB_CACHE, HF_HOME, XDG_CACHE_HOME } = environment;
  if (HF_HUB_CACHE) return HF_HUB_CACHE;
  return join(HF_HOME || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'huggingface'), 'hub');
}

const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

/** The folder of a revision's files. @throws InputError where it is not in the cache */
function snapshotOf({ repo, revision, path = hubCache() }: HubDataset): string {
  const folder = join(path, `datasets--${repo.replace('/', '--')}`);
  const remedy =
    `download it where there is a network (hf download ${repo} --repo-type dataset --revision ${revision}), and copy ` +
    'the cache here or name its folder in corpus.path; this program downloads nothing';
  if (!isFolder(folder))
    throw new InputError(
      `the data set ${repo} is not in the cache ${path} (looked for ${folder}): ${remedy}`,
    );
  const reference = join(folder, 'refs', ...revision.split('/'));
  const commit =
    COMMIT.test(revision) || !existsSync(reference) ? revision : readFileSync(reference, 'utf8').trim();
  const snapshot = join(folder, 'snapshots', commit);
  if (COMMIT.test(commit) && isFolder(snapshot)) return snapshot;
  const refs = join(folder, 'refs');
  const known = [
    ...(isFolder(refs) ? filesBelow(refs) : []),
    ...(isFolder(join(folder, 'snapshots')) ? readdirSync(join(folder, 'snapshots')).sort() : []),
  ];
  throw new InputError(
    `revision ${revision} of ${repo} is not in the cache ${path} (there: ${known.join(', ') || 'none'}): ${remedy}`,
  );
}

/** Paths of all files below a folder, with `/`, by code unit. */
function filesBelow(folder: string, inside = ''): string[] {
  const names = readdirSync(join(folder, inside)).sort();
  return names.flatMap((name) => {
    const path = inside === '' ? name : `${inside}/${name}`;
    return isFolder(join(folder, path)) ? filesBelow(folder, path) : [path];
  });
}

/** Whether a file is of a split: it is a word of the file's name, or a folder's whole name, below its own folder if it has one. */
function isOfSplit(path: string, split: string): boolean {
  const at = split.lastIndexOf('/');
  const inFolder = at === -1 || `/${path}`.includes(`/${split.slice(0, at)}/`);
  const own = split.slice(at + 1);
  const folders = path.split('/');
  const words = (folders.pop() ?? '').split(/[._-]/);
  return inFolder && (folders.includes(own) || words.includes(own));
}

/** Folder of a file that tells subsets of a data set apart: that of the split itself does not. */
const subsetOf = (path: string, split: string) =>
  path
    .split('/')
    .slice(0, -1)
    .filter((folder) => folder !== split.split('/').at(-1))
    .join('/');

/**
 * The files of a data set's split, in the order in which they are read: by code unit of their path in the data set.
 * @throws InputError where the revision is not in the cache, or holds no such split in a format that is read
 */
export function hubFiles(dataset: HubDataset): { readonly path: string; readonly name: string }[] {
  const snapshot = snapshotOf(dataset);
  const all = filesBelow(snapshot).filter((path) => READABLE.test(path));
  const found = all.filter((path) => isOfSplit(path, dataset.split));
  if (found.length === 0)
    throw new InputError(
      `the data set ${dataset.repo} has no files of the split "${dataset.split}" that are read here (Parquet, JSON Lines; ` +
        `there: ${all.slice(0, 10).join(', ') || 'none'}): set corpus.split to a part of their names`,
    );
  const formats = new Set(found.map((path) => (/\.parquet$/i.test(path) ? 'Parquet' : 'JSON Lines')));
  if (formats.size > 1)
    throw new InputError(
      `the split "${dataset.split}" of ${dataset.repo} is there as Parquet and as JSON Lines, which may be the same text ` +
        'twice: keep one of them in the cache',
    );
  const subsets = [...new Set(found.map((path) => subsetOf(path, dataset.split)))];
  if (subsets.length > 1)
    throw new InputError(
      `files of the split "${dataset.split}" of ${dataset.repo} lie in several folders (${subsets.join(', ')}): name one of ` +
        `them before it, such as split: ${subsets.find((folder) => folder !== '')}/${dataset.split}`,
    );
  return found.map((name) => ({ name, path: join(snapshot, ...name.split('/')) }));
}

/** Documents of a split, file after file; ids name the file within the data set. */
export async function* readHubDataset(
  files: readonly { readonly path: string; readonly name: string }[],
  rows: RowOptions,
): AsyncGenerator<Document> {
  for (const { path, name } of files) {
    const documents = /\.parquet$/i.test(name) ? readParquetFile(path, rows) : readJsonlFile(path, rows);
    for await (const document of documents)
      yield {
        ...document,
        id: `${name}:${document.id}`,
        origin: `${name}:${document.origin.split(':').at(-1)}`,
      };
  }
}
