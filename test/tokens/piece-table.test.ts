import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { loadStoryGrammar } from '../../src/corpus/node/load-story-grammar.ts';
import { createStoryCorpus } from '../../src/corpus/stories.ts';
import { tokenizerFromVocabulary } from '../../src/tokens/compact-tokenizer.ts';
import { recordPieces, tokenizerFromPieces, UnknownPieceError } from '../../src/tokens/piece-table.ts';
import { parseVocabulary } from '../../src/tokens/vocabulary.ts';

const prepared = JSON.parse(
  readFileSync(new URL('../../src/lab/data/prepared.json', import.meta.url), 'utf8'),
);
const vocabulary = parseVocabulary(prepared.vocabulary.value);

test('the table of the lab encodes 20,000 stories as the full tokenizer does', async () => {
  const full = await tokenizerFromVocabulary(vocabulary);
  const table = tokenizerFromPieces(vocabulary, prepared.pieces);
  const corpus = createStoryCorpus({ seed: 'stories-1', grammar: loadStoryGrammar('en') });
  for (let index = 0; index < 20_000; index++) {
    const { text } = corpus.documentAt(index);
    if (table.encode(text).join() !== full.encode(text).join())
      expect(table.encode(text)).toEqual(full.encode(text));
  }
  expect(table.hash).toBe(full.hash);
}, 60_000);

test('a piece that the table does not hold is an error that names it; it is never encoded otherwise', () => {
  const table = tokenizerFromPieces(vocabulary, prepared.pieces);
  expect(() => table.encode('The zebra')).toThrow(UnknownPieceError);
  expect(() => table.encode('The zebra')).toThrow('" zebra"');
});

test('recorded pieces encode what they were recorded from', async () => {
  const pieces = new Map<string, readonly number[]>();
  const recorder = await recordPieces(vocabulary, pieces);
  const text = 'A zebra, two  zebras\nand "3 more".';
  const ids = recorder.encode(text);
  expect(tokenizerFromPieces(vocabulary, Object.fromEntries(pieces)).encode(text)).toEqual(ids);
  expect(recorder.decode(ids)).toBe(text);
});
