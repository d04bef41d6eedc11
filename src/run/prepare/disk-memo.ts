// Prepared values in the store's cache: files named by what they depend on, shared by all processes on the store.
import { join } from 'node:path';
import type { z } from 'zod';
import { hashValue } from '../../core/hash.ts';
import type { Memo, MemoPart, MemoValues } from '../../recipe/memo.ts';
import {
  encodedPoisonSchema,
  evaluationSetSchema,
  promptTokensSchema,
  triggeredDocumentsSchema,
  triggerFrequencySchema,
  vocabularySchema,
} from '../schemas/cached-schemas.ts';
import { hasCachedJson, readCachedJson, writeCachedJson } from './cached-json.ts';
import { cachedTokens, tokenCachePath } from './token-cache.ts';

const schemas: { readonly [P in MemoPart]: z.ZodType<MemoValues[P]> } = {
  vocabularies: vocabularySchema,
  poison: encodedPoisonSchema,
  prompts: promptTokensSchema,
  triggers: triggerFrequencySchema,
  'clean-triggers': triggeredDocumentsSchema,
  evaluation: evaluationSetSchema,
};

/** A kept value by its path. @throws TinypoisonError if it is not there or damaged */
export function readKept<P extends MemoPart>(part: P, path: string): MemoValues[P] {
  return readCachedJson<MemoValues[P]>(path, schemas[part]);
}

/** A memo in a folder. Its names are paths. */
export function createDiskMemo(folder: string): Memo {
  const tokens = join(folder, 'tokens');
  return {
    async keep(part, key, make) {
      const path = join(folder, part, `${hashValue(key)}.json`);
      if (!hasCachedJson(path)) writeCachedJson(path, await make());
      return { ref: path, value: () => readKept(part, path) };
    },
    refOf: (request) => tokenCachePath({ ...request, folder: tokens }),
    encode: async (request, demand) => (await cachedTokens({ ...request, folder: tokens }, demand)).documents,
  };
}
