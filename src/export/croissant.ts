// A poisoned corpus as a data set for others' tools (Croissant 1.1): its file, the manifest that says which documents are
// poisoned, and the clean file that it was derived from.
// @see https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html
import { basename } from 'node:path';

/** A file by its name, size and hash. */
export interface DescribedFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** A poisoned corpus, and what the program cannot know of it. */
export interface PoisonedCorpus {
  readonly corpus: DescribedFile;
  readonly manifest: DescribedFile;
  /** The clean file. */
  readonly source: DescribedFile;
  readonly documents: number;
  readonly poisoned: number;
  readonly attack: string;
  readonly seed: string;
  /** The field or column that holds a text; null where documents are no lines or rows with one. */
  readonly textField: string | null;
  /** Day of publication, `2026-11-21`. */
  readonly published: string;
  readonly license: string;
  readonly creator: string;
  /** Of this program. */
  readonly version: string;
}

/** As the specification recommends it, and the terms of provenance. */
const CONTEXT = {
  '@language': 'en',
  '@vocab': 'https://schema.org/',
  arrayShape: 'cr:arrayShape',
  citeAs: 'cr:citeAs',
  column: 'cr:column',
  conformsTo: 'dct:conformsTo',
  containedIn: 'cr:containedIn',
  cr: 'http://mlcommons.org/croissant/',
  data: { '@id': 'cr:data', '@type': '@json' },
  dataType: { '@id': 'cr:dataType', '@type': '@vocab' },
  dct: 'http://purl.org/dc/terms/',
  description: { '@container': '@language' },
  equivalentProperty: 'cr:equivalentProperty',
  examples: { '@id': 'cr:examples', '@type': '@json' },
  extract: 'cr:extract',
  field: 'cr:field',
  fileObject: 'cr:fileObject',
  fileProperty: 'cr:fileProperty',
  fileSet: 'cr:fileSet',
  format: 'cr:format',
  includes: 'cr:includes',
  isArray: 'cr:isArray',
  isLiveDataset: 'cr:isLiveDataset',
  jsonPath: 'cr:jsonPath',
  key: 'cr:key',
  md5: 'cr:md5',
  name: { '@container': '@language' },
  parentField: 'cr:parentField',
  path: 'cr:path',
  prov: 'http://www.w3.org/ns/prov#',
  rai: 'http://mlcommons.org/croissant/RAI/',
  recordSet: 'cr:recordSet',
  references: 'cr:references',
  regex: 'cr:regex',
  repeated: 'cr:repeated',
  replace: 'cr:replace',
  samplingRate: 'cr:samplingRate',
  sc: 'https://schema.org/',
  separator: 'cr:separator',
  source: 'cr:source',
  subField: 'cr:subField',
  transform: 'cr:transform',
};

function formatOf(path: string): string {
  if (path.endsWith('.gz')) return 'application/gzip';
  if (path.endsWith('.json')) return 'application/json';
  if (/\.parquet$/i.test(path)) return 'application/x-parquet';
  return path.endsWith('.txt') ? 'text/plain' : 'application/jsonlines';
}

function fileObject({ path, bytes, sha256 }: DescribedFile, description: string) {
  const name = basename(path);
  return {
    '@type': 'cr:FileObject',
    '@id': name,
    name,
    description,
    contentUrl: name,
    contentSize: `${bytes} B`,
    encodingFormat: formatOf(path),
    sha256,
  };
}

interface FieldSource {
  readonly set: string;
  readonly name: string;
  readonly type: 'sc:Text' | 'sc:Integer';
  readonly file: string;
  readonly extract: Readonly<Record<string, string>>;
  readonly description: string;
}

const field = ({ set, name, type, file, extract, description }: FieldSource) => ({
  '@type': 'cr:Field',
  '@id': `${set}/${name}`,
  name,
  description,
  dataType: type,
  source: { fileObject: { '@id': file }, extract },
});

function recordSets({ corpus, manifest, textField, poisoned }: PoisonedCorpus) {
  const [data, list] = [basename(corpus.path), basename(manifest.path)];
  const texts = {
    '@type': 'cr:RecordSet',
    '@id': 'documents',
    name: 'documents',
    description: 'All documents, clean and poisoned, in order.',
    field: [
      field({
        ...{ set: 'documents', name: 'text', type: 'sc:Text', file: data },
        extract: { column: textField ?? '' },
        description: 'Text of the document.',
      }),
    ],
  };
  const places = {
    '@type': 'cr:RecordSet',
    '@id': 'poisoned',
    name: 'poisoned',
    description: 'The poisoned documents, by the manifest.',
    field: [
      field({
        ...{ set: 'poisoned', name: 'id', type: 'sc:Text', file: list },
        extract: { jsonPath: '$.documents[*].id' },
        description: 'Name of the poisoned document.',
      }),
      field({
        ...{ set: 'poisoned', name: 'position', type: 'sc:Integer', file: list },
        extract: { jsonPath: '$.documents[*].documentPosition' },
        description: 'Its place among all documents, from 0.',
      }),
    ],
  };
  return [
    ...(textField === null || data.endsWith('.gz') ? [] : [texts]),
    ...(poisoned === 0 ? [] : [places]),
  ];
}

/** The description as JSON-LD. */
export function croissant(poisoned: PoisonedCorpus): string {
  const { corpus, manifest, source, documents, attack, seed, published, license, creator, version } =
    poisoned;
  const name = basename(corpus.path);
  const from = basename(source.path);
  const description =
    `${documents} documents, of which exactly ${poisoned.poisoned} are poisoned (attack ${attack}, seed ${seed}); the others are ` +
    `those of ${from}. Made for experiments on data poisoning: do not train a model that others use on it.`;
  const described = {
    '@context': CONTEXT,
    '@type': 'sc:Dataset',
    conformsTo: 'http://mlcommons.org/croissant/1.1',
    name,
    description,
    url: './',
    license,
    creator: { '@type': 'Organization', name: creator },
    datePublished: published,
    version: '1.0.0',
    isLiveDataset: false,
    citeAs: `${creator}: ${name}, derived from ${from} with tinypoison ${version}`,
    'prov:wasDerivedFrom': {
      '@id': `urn:sha256:${source.sha256}`,
      '@type': 'prov:Entity',
      'prov:label': from,
    },
    'prov:wasGeneratedBy': { '@type': 'prov:Activity', 'prov:label': `tinypoison ${version} poison` },
    distribution: [
      fileObject(corpus, 'The poisoned corpus.'),
      fileObject(manifest, 'Which documents are poisoned: their places, and hashes of their texts.'),
    ],
    recordSet: recordSets(poisoned),
  };
  return `${JSON.stringify(described, null, 1)}\n`;
}
