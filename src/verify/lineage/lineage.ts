// From a run back to its data: what made these weights and these results, each link checked where it can be.
import { InputError } from '../../core/errors.ts';
import { hashFile } from '../../core/node/sha256.ts';
import type { RunRecord } from '../../run/record.ts';
import { readProvenance, readStoredConfig } from '../../run/store/read-run-file.ts';
import { readResult, runFile } from '../../run/store/store.ts';
import { corpusLinks, fileLink, manifestLinks, poisonFileLinks } from './lineage-inputs.ts';
import { collectMismatches, type Link, readOr } from './lineage-link.ts';
import { codeLinks, identityLink, metricsLink, weightsLink } from './lineage-outputs.ts';

/** Everything behind a run. */
export interface Lineage {
  readonly id: string;
  readonly record: RunRecord;
  readonly links: readonly Link[];
  /** What does not match, in sentences. */
  readonly mismatches: readonly string[];
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
    ...poisonFileLinks(store, made.value),
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
