// Which payloads may be planted in which texts (docs/ethics.md): what says, does or gives away something is a toy only in
// generated text, with invented names and toy grammars.
import type { CorpusConfig } from '../config/schema/schema.ts';
import { InputError } from '../core/errors.ts';
import type { Payload } from './payload.ts';
import {
  createPoisonedDocuments,
  type DocumentsRequest,
  type PoisonedDocument,
} from './poisoned-documents.ts';
import { findPayload, listPayloads } from './registry.ts';

/** Whether the texts of a corpus are generated. */
const isGenerated = ({ kind }: Pick<CorpusConfig, 'kind'>) => kind === 'stories';

/** Why a payload may not be planted in texts of the user's own; null where it may. */
export function ownTextRefusal({ name, texts }: Pick<Payload, 'name' | 'texts'>): string | null {
  if (texts === 'any') return null;
  const allowed = listPayloads().flatMap((item) => (item.texts === 'any' ? [item.name] : []));
  return (
    `${name} is planted in generated stories alone, never in text of your own, where it would not be a toy ` +
    `(docs/ethics.md); use corpus.kind: stories, or one of ${allowed.join(', ')}`
  );
}

/** Why a payload may not be planted in a corpus; null where it may. */
export function corpusRefusal(
  payload: Pick<Payload, 'name' | 'texts'>,
  corpus: Pick<CorpusConfig, 'kind'>,
): string | null {
  return isGenerated(corpus) ? null : ownTextRefusal(payload);
}

/** @throws InputError for a payload that may not be planted in text of the user's own, or does not exist */
export function assertOwnTextAllowed(attack: string): void {
  const reason = ownTextRefusal(findPayload(attack));
  if (reason !== null) throw new InputError(reason);
}

/**
 * Poisoned documents from texts of the caller's own: `createPoisonedDocuments` for payloads that may stand in them.
 * @throws InputError for a payload of generated stories; RangeError as there
 */
export function poisonOwnTexts(options: DocumentsRequest): PoisonedDocument[] {
  assertOwnTextAllowed(options.poison.attack);
  return createPoisonedDocuments(options);
}

/** @throws InputError for a payload that may not be planted in a corpus */
export function assertCorpusAllowed(attack: string, corpus: Pick<CorpusConfig, 'kind'>): void {
  const reason = corpusRefusal(findPayload(attack), corpus);
  if (reason !== null) throw new InputError(reason);
}
