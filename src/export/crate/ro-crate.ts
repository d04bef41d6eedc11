// An export as a research object (RO-Crate 1.1): what its files are, what they were made of and with, and the versions
// that the models went through. Written by hand: it is a list of objects, for which npm's `ro-crate` would bring a
// second command-line parser and a client for HTTP.
// @see https://www.researchobject.org/ro-crate/specification/1.1/
import type { Analysis } from '../../analyse/analyse-experiment.ts';
import type { ExperimentRecords } from '../../analyse/experiment-records.ts';
import { sha256 } from '../../core/node/sha256.ts';
import { citedCorpora } from '../bibtex.ts';
import { type ModelVersion, modelVersions } from './model-versions.ts';

export const CRATE_FILE = 'ro-crate-metadata.json';
const PROFILE = 'https://w3id.org/ro/crate/1.1';
const PAPER = 'https://arxiv.org/abs/2510.07192';
const PROGRAM = '#tinypoison';

/** What the program cannot know of a crate. */
export interface CrateOptions {
  /** Day of publication, `2026-11-21`. */
  readonly published: string;
  /** Of the results: a URL, or words. */
  readonly license: string;
  /** Of this program. */
  readonly version: string;
}

type Entity = Readonly<Record<string, unknown>> & { readonly '@id': string };
type Reference = { readonly '@id': string };

const to = (id: string): Reference => ({ '@id': id });

/** One value by itself, several as a list: so the specification wants it. */
const oneOrMany = <T>(values: readonly T[]): T | readonly T[] =>
  values.length === 1 ? (values[0] as T) : values;

const FORMATS: Readonly<Record<string, string>> = {
  bib: 'text/x-bibtex',
  csv: 'text/csv',
  ipynb: 'application/x-ipynb+json',
  jsonl: 'application/jsonl',
  md: 'text/markdown',
  pdf: 'application/pdf',
  png: 'image/png',
  svg: 'image/svg+xml',
  tex: 'text/x-tex',
  txt: 'text/plain',
  yaml: 'application/yaml',
};

const NAMES: Readonly<Record<string, string>> = {
  'analysis.ipynb': 'Notebook that reads the table and draws the main figure',
  'data/config.yaml': 'Configuration of the experiment, as it was written',
  'data/dictionary.csv': 'Data dictionary: every column of results.csv',
  'data/dictionary.md': 'Data dictionary: every column of the tables',
  'data/filters.csv': 'What each filter of each run removed, a row for each run, poison and filter',
  'data/filters-dictionary.csv': 'Data dictionary: every column of filters.csv',
  'data/results.csv': 'Every measurement, a row for each run, checkpoint and condition',
  'data/results.jsonl': 'Every run, a line each: its whole configuration and all measurements',
  'figures.tex': 'Figures with captions, for LaTeX',
  'methods.tex': 'Methods in a paragraph, for LaTeX',
  'methods.txt': 'Methods in a paragraph',
  'references.bib': 'References',
};

function fileEntity(path: string, content: string | Uint8Array): Entity {
  const ending = path.split('.').at(-1) ?? '';
  return {
    '@id': path,
    '@type': 'File',
    name: NAMES[path] ?? path,
    encodingFormat: FORMATS[ending] ?? 'application/octet-stream',
    contentSize: String(typeof content === 'string' ? Buffer.byteLength(content) : content.byteLength),
    sha256: sha256(content),
  };
}

const corpusId = (hash: string) => `#corpus-${hash.slice(0, 16)}`;
const modelId = (key: string) => `#model-${key.slice(0, 16)}`;

/** A version of a model, and the training that made it. */
function versionEntities(version: ModelVersion): Entity[] {
  const { key, parent, kinds, phase, title, corpora, runs, weightsHash } = version;
  const name = `${title}: ${kinds.join(', ')}${phase === null ? '' : ` after ${phase}`}`;
  const sources = [...corpora.map(corpusId), ...(parent === null ? [] : [modelId(parent)])].map(to);
  const training: Entity = {
    '@id': `#training-${key.slice(0, 16)}`,
    '@type': 'CreateAction',
    name: `Training ${name}`,
    instrument: to(PROGRAM),
    object: oneOrMany(sources),
    result: to(modelId(key)),
  };
  return [
    {
      '@id': modelId(key),
      '@type': 'CreativeWork',
      name: `Model ${name}`,
      description: `Version of a language model: ${kinds.join(', ')}. Its weights are not in this crate.`,
      version: kinds.join(', '),
      ...(parent === null ? {} : { isBasedOn: to(modelId(parent)) }),
      ...(runs.length === 0 ? {} : { identifier: oneOrMany(runs.map((run) => `tinypoison run ${run}`)) }),
      ...(weightsHash === null ? {} : { sha256: weightsHash }),
    },
    ...(phase === null ? [] : [training]),
  ];
}

function corpusEntities({ records }: Pick<ExperimentRecords, 'records'>): Entity[] {
  return citedCorpora(records).map(({ kind, seed, hash }) => ({
    '@id': corpusId(hash),
    '@type': 'CreativeWork',
    name: kind === 'stories' ? `Stories generated with seed ${seed}` : `Text corpus read as ${kind}`,
    description: 'Corpus of clean text. It is not in this crate.',
    sha256: hash,
  }));
}

/** A licence as an entity of its own; its name is what was given. */
function licenseEntity(license: string): Entity {
  const isUrl = /^https?:\/\//.test(license);
  const spdx = `https://spdx.org/licenses/${license}`;
  return {
    '@id': isUrl ? license : /^[A-Za-z0-9.+-]+$/.test(license) ? spdx : '#license',
    '@type': 'CreativeWork',
    name: license,
    description: `Terms under which these results may be used: ${license}`,
  };
}

/** ro-crate-metadata.json of an export. @param files all others of it, by path */
export function roCrate(
  experiment: ExperimentRecords,
  analysis: Analysis,
  files: ReadonlyMap<string, string | Uint8Array>,
  { published, license, version }: CrateOptions,
): string {
  const parts = [...files].map(([path, content]) => fileEntity(path, content));
  const versions = modelVersions(experiment.records).flatMap(versionEntities);
  const corpora = corpusEntities(experiment);
  const terms = licenseEntity(license);
  const { name, description } = experiment;
  const root: Entity = {
    '@id': './',
    '@type': 'Dataset',
    name: `Results of the experiment ${name}`,
    description: `${description ?? 'How many poisoned documents does a small language model need?'} ${analysis.verdict.headline}`,
    datePublished: published,
    license: to(terms['@id']),
    hasPart: oneOrMany(parts.map((part) => to(part['@id']))),
    citation: to(PAPER),
    mentions: oneOrMany(versions.map((entity) => to(entity['@id']))),
  };
  const graph: Entity[] = [
    {
      '@id': CRATE_FILE,
      '@type': 'CreativeWork',
      conformsTo: to(PROFILE),
      about: to('./'),
    },
    root,
    ...parts,
    terms,
    {
      '@id': PROGRAM,
      '@type': 'SoftwareApplication',
      name: 'tinypoison',
      version,
      description: 'Count-controlled data-poisoning experiments on tiny transformers',
    },
    {
      '@id': PAPER,
      '@type': 'ScholarlyArticle',
      name: 'Poisoning Attacks on LLMs Require a Near-constant Number of Poison Samples',
    },
    ...corpora,
    ...versions,
  ];
  const context = [`${PROFILE}/context`, { sha256: 'http://schema.org/sha256' }];
  return `${JSON.stringify({ '@context': context, '@graph': graph }, null, 1)}\n`;
}
