// From a run back to its data: what made these weights and these results, each link checked where it can be.
// Over 300 lines: one chain of checks, each short, in the order in which a reader follows it.

import { existsSync, readFileSync } from 'node:fs';
import { basename, isAbsolute, join } from 'node:path';
import { describeTrigger } from '../config/describe-trigger.ts';
import type { CorpusConfig, RunConfig } from '../config/schema/schema.ts';
import { canonicalJson } from '../core/canonical-json.ts';
import { InputError } from '../core/errors.ts';
import { sha256Hex } from '../core/hash.ts';
import { hashFile } from '../core/node/sha256.ts';
import { parseJson } from '../core/read-json.ts';
import { openCorpus } from '../corpus/node/open-corpus.ts';
import { loadModel } from '../model/node/save-model.ts';
import { corporaOf, corpusHashName } from '../recipe/identity.ts';
import type { PhaseManifest } from '../recipe/phase-data.ts';
import { hashCleanDocuments, outputPath } from '../run/execute/provenance.ts';
import { hashTensors } from '../run/execute/trace.ts';
import { readCachedTokens } from '../run/prepare/token-cache.ts';
import type { RunRecord } from '../run/record.ts';
import { manifestSchema, type RunManifest } from '../run/schemas/manifest-schema.ts';
import type {
  StoredHashedFile,
  StoredPhaseProvenance,
  StoredProvenance,
} from '../run/schemas/run-file-schemas.ts';
import { readProvenance, readStoredConfig, readTrace } from '../run/store/read-run-file.ts';
import { REMEDY, readResult, runFile } from '../run/store/store.ts';
import { impliedIdentity } from './results-folder.ts';

/** Whether a link was held against what it stands for. `unknown`: there was nothing to hold it against. */
export type Check = 'matches' | 'MISMATCH' | 'unknown';

/** One thing that made a run, or that it made. */
export interface Link {
  readonly what: string;
  /** In words; from files, so not to be trusted by a terminal. */
  readonly detail: string;
  /** SHA-256; null where there is none. */
  readonly hash: string | null;
  readonly check: Check;
  /** Why a check failed, or was not made. */
  readonly note?: string;
  readonly links?: readonly Link[];
}

/** Everything behind a run. */
export interface Lineage {
  readonly id: string;
  readonly record: RunRecord;
  readonly links: readonly Link[];
  /** What does not match, in sentences. */
  readonly mismatches: readonly string[];
}

/** A file of the run, and the link that says that it is damaged, where it is. */
function readOr<T>(
  what: string,
  reader: () => T | null,
): { readonly value: T | null; readonly damage: Link[] } {
  try {
    return { value: reader(), damage: [] };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const [problem] = error.problems;
    const detail = basename(problem?.file ?? what);
    const note = `${problem?.line === undefined ? '' : `line ${problem.line} `}${problem?.message ?? error.message}`;
    return { value: null, damage: [{ what, detail, hash: null, check: 'MISMATCH', note }] };
  }
}

/** A check of a hash against one that was worked out anew; null: it could not be. */
function held(
  recorded: string | null,
  found: string | null,
  notes: { missing: string },
): Pick<Link, 'check' | 'note'> {
  if (recorded === null) return { check: 'unknown', note: 'not recorded: the run is of an older version' };
  if (found === null) return { check: 'unknown', note: notes.missing };
  return recorded === found
    ? { check: 'matches' }
    : { check: 'MISMATCH', note: `recorded ${recorded.slice(0, 16)}…, found ${found.slice(0, 16)}…` };
}

const corpusName = (corpus: CorpusConfig) =>
  corpus.kind === 'stories' ? `stories ${JSON.stringify(corpus.seed)}` : `${corpus.kind} file ${corpus.path}`;

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

function cleanLink(store: string, phase: StoredPhaseProvenance | undefined): Link[] {
  if (phase === undefined) return [];
  const { tokens, firstDocument, documents, cleanDocumentsHash } = phase;
  const path = isAbsolute(tokens.file) ? tokens.file : join(store, tokens.file);
  let found: string | null = null;
  try {
    if (existsSync(path)) {
      const all = readCachedTokens(path, { tokens: Number.POSITIVE_INFINITY });
      found = hashCleanDocuments(all, { firstDocument, documents });
    }
  } catch {
    // A damaged cache is made anew by the next run; it is not what this one read.
  }
  const missing = 'their tokens are no longer in the cache';
  return [
    {
      what: 'clean documents',
      detail: `${documents} of the training split, from number ${firstDocument}`,
      hash: cleanDocumentsHash,
      ...held(cleanDocumentsHash, found, { missing }),
    },
  ];
}

function documentLink({ id, textHash, text }: PhaseManifest['documents'][number]): Link {
  return {
    what: 'document',
    detail: `${id} ${text}`,
    hash: textHash,
    ...held(textHash, sha256Hex(text), { missing: '' }),
  };
}

function poisonLink({ phase, poison, documents }: PhaseManifest): Link {
  const links = documents.map(documentLink);
  const wrong = links.filter(({ check }) => check === 'MISMATCH').length;
  const isComplete = documents.length === poison.documents;
  const notes = [
    ...(wrong > 0 ? [`${wrong} of the texts do not match their hashes`] : []),
    ...(isComplete ? [] : [`the manifest holds ${documents.length} of ${poison.documents}`]),
  ];
  return {
    what: 'poisoned documents',
    detail: `${poison.documents} in ${phase}, ${poison.attack}, trigger ${JSON.stringify(describeTrigger(poison.trigger))}`,
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
  const planted = config.phases.filter(({ poison }) => poison !== undefined);
  return planted.map(({ name }) => ({
    what: 'poisoned documents',
    detail: `of ${name}`,
    hash: null,
    check: 'MISMATCH',
    note: 'manifest.json is missing or damaged',
  }));
}

function fileLink(what: string, store: string, file: StoredHashedFile | undefined): Link[] {
  if (file === undefined) return [];
  const path = isAbsolute(file.file) ? file.file : join(store, file.file);
  const found = existsSync(path) ? hashFile(path) : null;
  const missing = 'it is no longer in the cache';
  return [{ what, detail: file.file, hash: file.sha256, ...held(file.sha256, found, { missing }) }];
}

function codeLinks(provenance: StoredProvenance | null): Link[] {
  const code = provenance?.code;
  if (provenance === null || code === undefined)
    return [{ what: 'code', detail: 'not recorded', hash: null, check: 'unknown' }];
  const { version, git, node, kernels } = code;
  const state = git === null ? 'no git clone' : `git ${git.commit}${git.isClean ? '' : ', with changes'}`;
  return [
    {
      what: 'code',
      detail: `tinypoison ${version}, ${state}, Node ${node}`,
      hash: null,
      check: 'unknown',
      links: [
        {
          what: 'engine',
          detail: `${provenance.engine}${kernels === null ? '' : ` (${kernels.file})`}`,
          hash: kernels?.sha256 ?? null,
          check: 'unknown',
        },
      ],
    },
  ];
}

/** The weights in the store against the record, and against the last line of the trace. */
function weightsLink(store: string, { id, weightsHash, status }: RunRecord): Link {
  const found = hashFile(outputPath(store, id, 'weights'));
  const base = { what: 'weights', detail: 'model.safetensors', hash: weightsHash };
  if (weightsHash === null) return { ...base, detail: `none: ${status}`, check: 'unknown' };
  const check = held(weightsHash, found, { missing: 'they were not kept' });
  const last = readTrace(store, id)?.at(-1);
  if (check.check !== 'matches' || last === undefined) return { ...base, ...check };
  const tensors = hashTensors(loadModel(runFile(store, id, 'weights')).weights);
  const other = Object.keys(tensors).find((name) => tensors[name] !== last.tensors[name]);
  return other === undefined
    ? { ...base, ...check }
    : { ...base, check: 'MISMATCH', note: `the trace of the run ends with another ${other}` };
}

function metricsLink(store: string, { id, checkpoints }: RunRecord): Link {
  const path = runFile(store, id, 'metrics');
  const base = { what: 'measurements', detail: `${checkpoints.length} checkpoints`, hash: hashFile(path) };
  if (base.hash === null) return { ...base, check: 'unknown', note: 'metrics.jsonl is not there' };
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  const isSame = lines.join('\n') === checkpoints.map((checkpoint) => JSON.stringify(checkpoint)).join('\n');
  return isSame
    ? { ...base, check: 'matches' }
    : { ...base, check: 'MISMATCH', note: 'metrics.jsonl is not what the result has' };
}

function identityLink(record: RunRecord, typed: { readonly resolved?: RunConfig } | null): Link {
  const implied = impliedIdentity(record);
  const { trainingHash, evaluationHash } = record.contracts;
  const resolved = typed?.resolved;
  return {
    what: 'config and contracts',
    detail: `give the run its id; training ${String(trainingHash).slice(0, 16)}…, evaluation ${String(evaluationHash).slice(0, 16)}…`,
    hash: record.id,
    ...(resolved !== undefined && impliedIdentity({ ...record, config: resolved }) !== record.id
      ? { check: 'MISMATCH' as const, note: 'config.json is not the config of the result' }
      : held(record.id, implied, { missing: '' })),
  };
}

function collectMismatches(links: readonly Link[]): string[] {
  return links.flatMap(({ what, detail, check, note, links: inner = [] }) => [
    ...(check === 'MISMATCH' ? [`${what} (${detail.slice(0, 60)}): ${note ?? 'does not match'}`] : []),
    ...collectMismatches(inner),
  ]);
}

/** Corpora of a run, and the clean documents that its phases took from them. */
async function corpusLinks(
  store: string,
  { config, contracts }: Pick<RunRecord, 'config' | 'contracts'>,
  provenance: StoredProvenance | null,
): Promise<Link[]> {
  const links: Link[] = [];
  for (const [index, corpus] of corporaOf(config).entries()) {
    const recorded = contracts[corpusHashName(index)];
    const link = await corpusLink(corpus, recorded === undefined ? null : String(recorded));
    const phases = config.phases.filter((phase) => canonicalJson(phase.corpus) === canonicalJson(corpus));
    const clean = phases.flatMap(({ name }) =>
      cleanLink(
        store,
        provenance?.inputs?.phases.find((own) => own.phase === name),
      ),
    );
    links.push({ ...link, links: clean });
  }
  return links;
}

/** The manifest by its shape alone: whether it is what the run wrote is a link of its own. */
function readManifest(file: string): RunManifest {
  const source = { file, what: 'manifest of a run', remedy: REMEDY };
  return parseJson<RunManifest>(readFileSync(file, 'utf8'), manifestSchema, source);
}

function manifestLinks(store: string, record: RunRecord, provenance: StoredProvenance | null): Link[] {
  const path = runFile(store, record.id, 'manifest');
  const manifests = existsSync(path) ? readManifest(path).phases : undefined;
  return manifests === undefined
    ? missingManifest(record)
    : [...manifests.map(poisonLink), manifestLink(store, record.id, provenance)];
}

/**
 * The lineage of a finished run. Reads its corpora, to hold them against the record.
 * @throws InputError for a run without a whole result
 */
export async function traceLineage(store: string, id: string): Promise<Lineage> {
  const stored = readResult(store, id);
  if (stored.kind === 'missing')
    throw new InputError(`run ${id.slice(0, 12)} is not finished: it has no result to trace back`);
  if (stored.kind === 'damaged') throw new DamagedResult(stored.reason);
  const { record } = stored;
  const typed = readOr('config and contracts', () => readStoredConfig(store, id));
  const made = readOr('code', () => readProvenance(store, id));
  const manifests = readOr('poisoned documents', () => manifestLinks(store, record, made.value));
  const weights = readOr('weights', () => [weightsLink(store, record)]);
  const config = typed.value?.resolved ?? record.config;
  const { contracts } = record;
  const links = [
    ...(await corpusLinks(store, { config, contracts }, made.value)),
    ...(manifests.value ?? []),
    ...manifests.damage,
    ...fileLink('vocabulary', store, made.value?.inputs?.vocabulary),
    ...fileLink('prompts and judge', store, made.value?.inputs?.evaluation),
    ...(typed.damage.length > 0 ? typed.damage : [identityLink(record, typed.value)]),
    ...(made.damage.length > 0 ? made.damage : codeLinks(made.value)),
    ...(weights.value ?? []),
    ...weights.damage,
    metricsLink(store, record),
  ];
  links.push({
    what: 'result',
    detail: 'result.json, with its own hash inside',
    hash: hashFile(runFile(store, id, 'result')),
    check: 'matches',
  });
  return { id, record, links, mismatches: collectMismatches(links) };
}

/** A result whose own hash does not hold. */
export class DamagedResult extends InputError {}
