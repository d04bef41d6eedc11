// What went into a run: its corpora and the clean documents taken from them, its poisoned documents, its prepared files.
import { existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { corporaOfPhase } from '../../config/clean-parts.ts';
import { describeTrigger } from '../../config/describe-trigger.ts';
import { placedPoisons, poisonName } from '../../config/poisons.ts';
import type { CorpusConfig } from '../../config/schema/schema.ts';
import { canonicalJson } from '../../core/canonical-json.ts';
import { InputError } from '../../core/errors.ts';
import { sha256Hex } from '../../core/hash.ts';
import { readText } from '../../core/node/read-file.ts';
import { hashFile } from '../../core/node/sha256.ts';
import { parseJson } from '../../core/read-json.ts';
import { openCorpus } from '../../corpus/node/open-corpus.ts';
import { corporaOf, corpusHashName } from '../../recipe/identity.ts';
import type { PhaseManifest } from '../../recipe/phase/phase-data.ts';
import { hashCleanDocuments } from '../../run/execute/provenance.ts';
import { readCachedTokens } from '../../run/prepare/token-cache.ts';
import type { RunRecord } from '../../run/record.ts';
import { manifestSchema, type RunManifest } from '../../run/schemas/manifest-schema.ts';
import type {
  StoredCleanDocuments,
  StoredCleanProvenance,
  StoredHashedFile,
  StoredProvenance,
} from '../../run/schemas/run-file-schemas.ts';
import { REMEDY, runFile } from '../../run/store/store.ts';
import { held, type Link } from './lineage-link.ts';

const corpusName = (corpus: CorpusConfig) =>
  corpus.kind === 'stories'
    ? `stories ${JSON.stringify(corpus.seed)}`
    : corpus.kind === 'hub'
      ? `data set ${corpus.repo} (${corpus.revision})`
      : `${corpus.kind} file ${corpus.path}`;

async function corpusLink(corpus: CorpusConfig, recorded: string | null): Promise<Link> {
  let found: string | null = null;
  let missing = 'its file is not there';
  try {
    found = (await openCorpus(corpus, { baseFolder: '/' })).contentHash;
  } catch (error) {
    if (error instanceof InputError) missing = error.message;
  }
  return {
    what: 'corpus',
    detail: corpusName(corpus),
    hash: recorded,
    ...held(recorded, found, { missing }),
  };
}

/** Clean documents against the tokens in the cache, and which of these are prompts. */
function documentsLinks(
  store: string,
  { what, tokens, range }: { what: string; tokens: StoredHashedFile; range: StoredCleanDocuments },
): Link[] {
  const { firstDocument, documents, cleanDocumentsHash, prompts } = range;
  const path = isAbsolute(tokens.file) ? tokens.file : join(store, tokens.file);
  let found: string | null = null;
  try {
    if (existsSync(path)) {
      const all = readCachedTokens(path, { tokens: Number.POSITIVE_INFINITY });
      found = hashCleanDocuments(all, { firstDocument, documents });
    }
  } catch {
    // A damaged cache is recreated by the next run; it is not what this one read.
  }
  const missing = 'their tokens are no longer in the cache';
  return [
    {
      what,
      detail: `${documents} of the training split, from number ${firstDocument}`,
      hash: cleanDocumentsHash,
      ...held(cleanDocumentsHash, found, { missing }),
    },
    ...fileLink(`prompts of ${what}`, store, prompts),
  ];
}

/** What a phase took from one corpus. */
function cleanLinks(store: string, clean: StoredCleanProvenance): Link[] {
  const { tokens, reserve } = clean;
  return [
    ...documentsLinks(store, { what: 'clean documents', tokens, range: clean }),
    ...(reserve === undefined ? [] : documentsLinks(store, { what: 'reserve', tokens, range: reserve })),
  ];
}

/** Corpora of a run, and the clean documents that its phases took from them. */
export async function corpusLinks(
  store: string,
  { config, contracts }: Pick<RunRecord, 'config' | 'contracts'>,
  provenance: StoredProvenance | null,
): Promise<Link[]> {
  const links: Link[] = [];
  for (const [index, corpus] of corporaOf(config).entries()) {
    const recorded = contracts[corpusHashName(index)];
    const link = await corpusLink(corpus, recorded === undefined ? null : String(recorded));
    const clean = config.phases.flatMap((phase) => {
      const made = provenance?.inputs?.phases.find((own) => own.phase === phase.name);
      if (made === undefined) return [];
      const place = corporaOfPhase(phase).findIndex((own) => canonicalJson(own) === canonicalJson(corpus));
      const given = place < 0 ? undefined : place === 0 ? made : made.mix?.[place - 1];
      return given === undefined ? [] : cleanLinks(store, given);
    });
    links.push({ ...link, links: clean });
  }
  return links;
}

/** The files of poison that phases read: documents as tokens, and clean documents with the trigger in them. */
export function poisonFileLinks(store: string, provenance: StoredProvenance | null): Link[] {
  const phases = provenance?.inputs?.phases ?? [];
  return phases.flatMap(({ poisons = [] }) =>
    poisons.flatMap(({ documents, cleanTrigger }) => [
      ...fileLink('encoded poison', store, documents),
      ...fileLink('clean documents with the trigger', store, cleanTrigger ?? undefined),
    ]),
  );
}

function documentLink({ id, textHash, text }: PhaseManifest['documents'][number]): Link {
  return {
    what: 'document',
    detail: `${id} ${text}`,
    hash: textHash,
    ...held(textHash, sha256Hex(text), { missing: '' }),
  };
}

function poisonLink({ phase, place, poison, documents }: PhaseManifest): Link {
  const links = documents.map(documentLink);
  const wrong = links.filter(({ check }) => check === 'MISMATCH').length;
  const isComplete = documents.length === poison.documents;
  const notes = [
    ...(wrong > 0 ? [`${wrong} of the texts do not match their hashes`] : []),
    ...(isComplete ? [] : [`the manifest holds ${documents.length} of ${poison.documents}`]),
  ];
  return {
    what: 'poisoned documents',
    detail: `${poison.documents} in ${poisonName({ phase, place })}, ${poison.attack}, trigger ${JSON.stringify(describeTrigger(poison.trigger))}`,
    hash: sha256Hex(documents.map(({ textHash }) => textHash).join('\n')),
    check: notes.length === 0 ? 'matches' : 'MISMATCH',
    ...(notes.length === 0 ? {} : { note: notes.join('; ') }),
    links,
  };
}

/** The whole manifest: places and triggers too, against what the run wrote. */
function manifestLink(store: string, id: string, provenance: StoredProvenance | null): Link {
  const recorded = provenance?.outputs?.manifest ?? null;
  const found = hashFile(runFile(store, id, 'manifest'));
  const check = held(recorded, found, { missing: 'it is not there' });
  return { what: 'poison manifest', detail: 'manifest.json', hash: found, ...check };
}

/** A manifest that should be there and is not; a failed run may have ended before it. */
function missingManifest({ config, status }: RunRecord): Link[] {
  if (status === 'failed') return [];
  const planted = config.phases.flatMap((phase) =>
    placedPoisons(phase).map(({ place }) => poisonName({ phase: phase.name, place })),
  );
  return planted.map((name) => ({
    what: 'poisoned documents',
    detail: `of ${name}`,
    hash: null,
    check: 'MISMATCH',
    note: 'manifest.json is missing or damaged',
  }));
}

/** The manifest by its shape alone: whether it is what the run wrote is a link of its own. */
function readManifest(file: string): RunManifest {
  const source = { file, what: 'manifest of a run', remedy: REMEDY };
  return parseJson<RunManifest>(readText(file), manifestSchema, source);
}

/** What was poisoned: each document against its hash, and the manifest as a whole. */
export function manifestLinks(store: string, record: RunRecord, provenance: StoredProvenance | null): Link[] {
  const path = runFile(store, record.id, 'manifest');
  const manifests = existsSync(path) ? readManifest(path).phases : undefined;
  return manifests === undefined
    ? missingManifest(record)
    : [...manifests.map(poisonLink), manifestLink(store, record.id, provenance)];
}

/** A prepared file of the cache against its recorded hash; no link where none was recorded. */
export function fileLink(what: string, store: string, file: StoredHashedFile | undefined): Link[] {
  if (file === undefined) return [];
  const path = isAbsolute(file.file) ? file.file : join(store, file.file);
  const found = existsSync(path) ? hashFile(path) : null;
  const missing = 'it is no longer in the cache';
  return [{ what, detail: file.file, hash: file.sha256, ...held(file.sha256, found, { missing }) }];
}
