import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { corpusSchema } from '../../src/config/schema/schema.ts';
import { TOKENS_CONTRACT } from '../../src/core/contracts.ts';
import type { Corpus } from '../../src/corpus/document.ts';
import { loadStoryGrammar } from '../../src/corpus/node/load-story-grammar.ts';
import { createStoryCorpus } from '../../src/corpus/stories.ts';
import {
  cachedTokens,
  readCachedTokens,
  TokenCacheError,
  tokenCachePath,
} from '../../src/run/prepare/token-cache.ts';
import { tokenizerFromVocabulary } from '../../src/tokens/compact-tokenizer.ts';
import { documentCount, streamTokens } from '../../src/tokens/tokenized-documents.ts';
import type { Tokenizer } from '../../src/tokens/tokenizer.ts';

const root = mkdtempSync(join(tmpdir(), 'token-cache-'));
afterAll(() => rmSync(root, { recursive: true }));

const bytes = await tokenizerFromVocabulary({ contract: TOKENS_CONTRACT, encoding: 'bytes', kept: [] });
const splitConfig = corpusSchema.parse({ kind: 'stories' });
const stories = createStoryCorpus({ seed: 'stories-1', grammar: loadStoryGrammar('en') });

const lazy = (tokenizer: Tokenizer) => ({ hash: tokenizer.hash, encoder: async () => tokenizer });

/** A tokenizer that counts how many texts it encoded. */
function countingTokenizer() {
  const counter = { ...bytes, encoded: 0 };
  counter.encode = (text: string) => {
    counter.encoded += 1;
    return bytes.encode(text);
  };
  return counter;
}

describe('the token cache', () => {
  it('tokenises once, grows by what is missing, and gives the same for the same demand', async () => {
    const tokenizer = countingTokenizer();
    const options = { folder: join(root, 'a'), corpus: stories, splitConfig, tokenizer: lazy(tokenizer) };
    const small = await cachedTokens(options, { tokens: 5000 });
    const first = tokenizer.encoded;
    expect(documentCount(small.documents)).toBe(first);
    expect(streamTokens(small.documents)).toBeGreaterThanOrEqual(5000);
    const large = await cachedTokens(options, { documents: 40 });
    expect(tokenizer.encoded).toBe(40);
    expect(documentCount(large.documents)).toBe(40);
    const again = await cachedTokens(options, { tokens: 5000 });
    expect(tokenizer.encoded).toBe(40);
    expect(again.documents).toEqual(small.documents);
    expect(readCachedTokens(large.path, { tokens: 5000 })).toEqual(small.documents);
  });

  it('notices damage when it reads, and repairs it when asked for the tokens', async () => {
    const options = { folder: join(root, 'b'), corpus: stories, splitConfig, tokenizer: lazy(bytes) };
    const { path, documents } = await cachedTokens(options, { documents: 5 });
    const file = readFileSync(path);
    for (const damaged of [
      Buffer.from(file).fill(1, file.length - 1),
      file.subarray(0, 100),
      Buffer.from('x'),
    ]) {
      writeFileSync(path, damaged);
      expect(() => readCachedTokens(path, { documents: 5 })).toThrow(TokenCacheError);
      expect((await cachedTokens(options, { documents: 5 })).documents).toEqual(documents);
      expect(readCachedTokens(path, { documents: 5 })).toEqual(documents);
    }
  });

  it('gives all of a finite corpus that holds less, and does not read it again', async () => {
    let readings = 0;
    const corpus: Corpus = {
      contentHash: 'finite',
      unlimited: false,
      async *documents() {
        readings += 1;
        yield* Array.from({ length: 20 }, (_, i) => ({ id: `${i}`, text: `text ${i}`, origin: 'test' }));
      },
    };
    const options = { folder: join(root, 'c'), corpus, splitConfig, tokenizer: lazy(bytes) };
    const { documents } = await cachedTokens(options, { tokens: 1_000_000 });
    expect((await cachedTokens(options, { tokens: 2_000_000 })).documents).toEqual(documents);
    expect(readings).toBe(1);
  });

  it('has another file for another corpus, split, share, seed or vocabulary', () => {
    const options = { folder: root, corpus: stories, splitConfig, tokenizer: lazy(bytes) };
    const paths = [
      options,
      { ...options, corpus: createStoryCorpus({ seed: 'other', grammar: loadStoryGrammar('en') }) },
      { ...options, split: 'judge' as const },
      { ...options, splitConfig: { ...splitConfig, seed: 'other' } },
      { ...options, splitConfig: { ...splitConfig, splits: { ...splitConfig.splits, judge: 0.1 } } },
      { ...options, tokenizer: lazy({ ...bytes, hash: 'other' }) },
    ].map(tokenCachePath);
    expect(new Set(paths).size).toBe(paths.length);
  });
});
