// Tokenised training documents on disk: tokenised once, shared by all runs of a sweep, and read in milliseconds by
// processes that never load the tokenizer. A file is named by the hash of everything it depends on.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ArtefactError } from '../../core/errors.ts';
import { writeFileAtomic } from '../../core/node/atomic-file.ts';
import { readBytes } from '../../core/node/read-file.ts';
import {
  type EncodedCorpus,
  type EncodeRequest,
  encodeCorpus,
  encodedCorpusHash,
} from '../../recipe/encode-corpus.ts';
import {
  type DocumentDemand,
  documentCount,
  firstDocuments,
  type TokenizedDocuments,
} from '../../tokens/tokenized-documents.ts';

// Layout, little-endian: magic (8 bytes), documents, tokens, whether the split ends here, 0 (4 x u32), SHA-256 of
// what follows (32 bytes), offsets (u32 each), ids (u16 each).
const MAGIC = 'tptokens';
const HEADER_BYTES = 56;

/** A file of the cache is damaged. Ask `cachedTokens` for it, which replaces it. */
export class TokenCacheError extends ArtefactError {
  override readonly name = 'TokenCacheError';
}

function serialize({ documents, complete }: EncodedCorpus): Uint8Array {
  const { ids, offsets } = documents;
  const body = Buffer.alloc(offsets.byteLength + ids.byteLength);
  body.set(new Uint8Array(offsets.buffer, offsets.byteOffset, offsets.byteLength), 0);
  body.set(new Uint8Array(ids.buffer, ids.byteOffset, ids.byteLength), offsets.byteLength);
  const header = Buffer.alloc(HEADER_BYTES);
  header.write(MAGIC, 'latin1');
  header.writeUInt32LE(documentCount(documents), 8);
  header.writeUInt32LE(ids.length, 12);
  header.writeUInt32LE(complete ? 1 : 0, 16);
  createHash('sha256').update(header.subarray(8, 24)).update(body).digest().copy(header, 24);
  return Buffer.concat([header, body]);
}

function parse(path: string): EncodedCorpus {
  const file = readBytes(path);
  const damaged = (why: string): TokenCacheError =>
    new TokenCacheError(`${path} is damaged (${why}): delete it`);
  if (file.length < HEADER_BYTES || file.toString('latin1', 0, 8) !== MAGIC)
    throw damaged('not a token file');
  const body = file.subarray(HEADER_BYTES);
  const hash = createHash('sha256').update(file.subarray(8, 24)).update(body).digest();
  if (!hash.equals(file.subarray(24, HEADER_BYTES))) throw damaged('its content does not match its hash');
  const offsetCount = file.readUInt32LE(8) + 1;
  // a copy, since the buffer of a file need not be aligned
  const bytes = Uint8Array.from(body);
  return {
    documents: {
      offsets: new Uint32Array(bytes.buffer, 0, offsetCount),
      ids: new Uint16Array(bytes.buffer, 4 * offsetCount, file.readUInt32LE(12)),
    },
    complete: file.readUInt32LE(16) === 1,
  };
}

/** The content of a cache file, or nothing if there is none or it is damaged. */
function tryParse(path: string): EncodedCorpus | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return parse(path);
  } catch (error) {
    if (error instanceof TokenCacheError) return undefined;
    throw error;
  }
}

/** What a cache file depends on, and its folder, which is made if need be. */
export interface TokenCacheOptions extends EncodeRequest {
  readonly folder: string;
}

/** Path of the cache file. */
export function tokenCachePath(options: TokenCacheOptions): string {
  return join(options.folder, `${encodedCorpusHash(options)}.tokens`);
}

/**
 * The first documents of a split that meet a demand, tokenised: from the cache, which grows if it holds too few.
 * The result does not depend on what was requested before. A finite corpus may hold less than is requested: then all of
 * it is returned, and the caller decides.
 * @returns the documents, and the path from which `readCachedTokens` gives the same documents in another process
 */
export async function cachedTokens(
  options: TokenCacheOptions,
  demand: DocumentDemand,
): Promise<{ path: string; documents: TokenizedDocuments }> {
  const path = tokenCachePath(options);
  const known = tryParse(path);
  if (known !== undefined) {
    const enough = firstDocuments(known.documents, demand);
    if (enough !== null) return { path, documents: enough };
    if (known.complete) return { path, documents: known.documents };
  }
  const content = await encodeCorpus(options, demand, known);
  writeFileAtomic(path, serialize(content));
  return { path, documents: content.documents };
}

/**
 * Reads a cache file that `cachedTokens` wrote: the same documents for the same demand.
 * @throws TokenCacheError if the file is damaged
 */
export function readCachedTokens(path: string, demand: DocumentDemand): TokenizedDocuments {
  const { documents } = parse(path);
  return firstDocuments(documents, demand) ?? documents;
}
