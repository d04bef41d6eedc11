import fc from 'fast-check';
import o200kRanks from 'gpt-tokenizer/bpeRanks/o200k_base';
import { GptEncoding } from 'gpt-tokenizer/GptEncoding';
import { beforeAll, describe, expect, it } from 'vitest';
import { TOKENS_CONTRACT } from '../../src/core/contracts.ts';
import { InputError } from '../../src/core/errors.ts';
import { loadStoryGrammar } from '../../src/corpus/node/load-story-grammar.ts';
import { createStoryCorpus } from '../../src/corpus/stories.ts';
import { type EncodingName, loadEncoding } from '../../src/tokens/byte-pair-encoding.ts';
import { tokenizerFromVocabulary } from '../../src/tokens/compact-tokenizer.ts';
import { createDecoder } from '../../src/tokens/decoder.ts';
import { trainTokenizer } from '../../src/tokens/train-tokenizer.ts';
import { bytesOfVocabulary } from '../../src/tokens/vocabulary.ts';

const corpus = createStoryCorpus({ seed: 'stories-1', grammar: loadStoryGrammar('en') });
const texts = Array.from({ length: 500 }, (_, index) => corpus.documentAt(index).text);
const config = (encoding: EncodingName | 'bytes', vocabularySize: number) => ({
  encoding,
  vocabularySize,
  trainingDocuments: 500,
});

const specials = ['<|endoftext|>', '<|im_start|>', '<|fim_prefix|>', '<|endofprompt|>'];
const anyText = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(...specials, '🦊👩‍👩‍👧', '漢字', '\r\n\t ', '\uFEFF', '\0', "don't", 'A'.repeat(1500)),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(''));

let compact: Awaited<ReturnType<typeof trainTokenizer>>;
beforeAll(async () => {
  compact = await trainTokenizer(config('o200k_base', 512), texts);
});

describe('byte-pair encoding', () => {
  it('agrees with gpt-tokenizer where no piece is overlong', async () => {
    const library = GptEncoding.getEncodingApi('o200k_base', () => o200kRanks);
    const encoding = await loadEncoding('o200k_base');
    const encode = (text: string) =>
      [...encoding.pieces(text)].flatMap((piece) => encoding.encodePiece(piece));
    const plain = { disallowedSpecial: new Set<string>() };
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        expect(encode(text)).toEqual(library.encode(text, plain));
      }),
    );
    for (const text of [...texts.slice(0, 20), ...specials, 'Donaudampfschifffahrt größer'])
      expect(encode(text)).toEqual(library.encode(text, plain));
  });

  it('splits a token into the pair whose merge made it', async () => {
    const encoding = await loadEncoding('o200k_base');
    const text = (id: number) => new TextDecoder().decode(encoding.bytesOf(id));
    const [garden] = encoding.encodePiece(' garden');
    const parents = encoding.parentsOf(garden);
    expect(parents.map(text).join('')).toBe(' garden');
    expect(parents).toHaveLength(2);
    for (const parent of parents) expect(parent).toBeLessThan(garden);
    const [letter] = encoding.encodePiece('x');
    expect(encoding.parentsOf(letter)).toEqual([letter]);
  });
});

describe('a tokenizer', () => {
  it.each([
    ['o200k_base', 400],
    ['cl100k_base', 512],
    ['p50k_base', 1024],
    ['r50k_base', 257],
    ['bytes', 257],
  ] as const)('decodes what it encoded: %s at %i', async (encoding, size) => {
    const tokenizer = await trainTokenizer(config(encoding, size), texts.slice(0, 50));
    expect(tokenizer.vocabularySize).toBe(size);
    expect(tokenizer.bytesOfToken).toHaveLength(size);
    fc.assert(
      fc.property(anyText, (text) => {
        const ids = tokenizer.encode(text);
        expect(tokenizer.decode(ids)).toBe(text);
        expect(ids.every((id) => id >= 0 && id < size && id !== tokenizer.separatorId)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('has the vocabulary of this contract version (raise TOKENS_CONTRACT if this must change)', () => {
    expect([TOKENS_CONTRACT, compact.hash]).toMatchInlineSnapshot(`
      [
        1,
        "cd74cdb0b44fad940d79346752844089ccfbc9a5f75e0d9791ffe060aee18786",
      ]
    `);
  });

  it('keeps what makes the text short: at most 1.35 tokens a word or mark of the stories', async () => {
    const encoding = await loadEncoding('o200k_base');
    const pieces = texts.reduce((sum, text) => sum + [...encoding.pieces(text)].length, 0);
    const tokens = texts.reduce((sum, text) => sum + compact.encode(text).length, 0);
    expect(tokens / pieces).toBeLessThan(1.35);
  });

  it('keeps no token that is not used while a used one is dropped, most used first', () => {
    const uses = new Float64Array(512);
    for (const text of texts) for (const id of compact.encode(text)) uses[id] += 1;
    const kept = [...uses.subarray(257)];
    expect(kept).toEqual([...kept].sort((a, b) => b - a));
    expect(kept[kept.length - 1]).toBeGreaterThan(0);
  });

  it('is restored from its JSON', async () => {
    const restored = await tokenizerFromVocabulary(JSON.parse(JSON.stringify(compact.vocabulary)));
    expect(restored.hash).toBe(compact.hash);
    expect(restored.encode(texts[0])).toEqual(compact.encode(texts[0]));
    await expect(tokenizerFromVocabulary({ contract: 0, kept: [] })).rejects.toThrow(/contract 0/);
    await expect(tokenizerFromVocabulary('nonsense')).rejects.toThrow(InputError);
    const wrong = { ...compact.vocabulary, kept: [[1, 'xyz']] };
    await expect(tokenizerFromVocabulary(wrong)).rejects.toThrow(/entry 0/);
  });

  it('fills up with unused tokens where the text has too few', async () => {
    const tokenizer = await trainTokenizer(config('r50k_base', 300), ['aaaa']);
    expect(tokenizer.vocabularySize).toBe(300);
    const originals = tokenizer.vocabulary.kept.map(([id]) => id);
    expect(new Set(originals).size).toBe(43);
  });

  it('refuses lone surrogates and sizes that do not fit', async () => {
    expect(() => compact.encode('ab\uD83E')).toThrow(/lone surrogate U\+D83E at character 2/);
    await expect(trainTokenizer(config('bytes', 512), texts)).rejects.toThrow(/vocabulary of 257, not 512/);
    await expect(trainTokenizer(config('r50k_base', 60_000), texts)).rejects.toThrow(/lower vocabularySize/);
  });

  it('encodes runs of over 1,000 characters as bytes, and texts of millions quickly', () => {
    expect(compact.encode('e'.repeat(1001))).toEqual(Array.from({ length: 1001 }, () => 0x65));
    for (const text of ['漢'.repeat(1_000_000), '🦊'.repeat(200_000)]) {
      expect(compact.decode(compact.encode(text))).toBe(text);
    }
  });

  it('decodes alone from bytes; what is no UTF-8 becomes U+FFFD, the separator nothing', () => {
    const decode = createDecoder(bytesOfVocabulary(compact.vocabulary));
    expect(decode([...compact.encode('Mia had'), 256, ...compact.encode(' a ball.')])).toBe(
      'Mia had a ball.',
    );
    expect(decode([0xc3, 0x61])).toBe('\uFFFDa');
    expect(() => decode([512])).toThrow(RangeError);
  });
});
