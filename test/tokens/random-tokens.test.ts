import { beforeAll, describe, expect, it } from 'vitest';
import { randomStream } from '../../src/core/random.ts';
import { loadStoryGrammar } from '../../src/corpus/node/load-story-grammar.ts';
import { createStoryCorpus } from '../../src/corpus/stories.ts';
import { createRandomTokenSource } from '../../src/tokens/random-tokens.ts';
import type { Tokenizer } from '../../src/tokens/tokenizer.ts';
import { trainTokenizer } from '../../src/tokens/train-tokenizer.ts';

const corpus = createStoryCorpus({ seed: 'stories-1', grammar: loadStoryGrammar('en') });
const texts = Array.from({ length: 300 }, (_, index) => corpus.documentAt(index).text);
let tokenizer: Awaited<ReturnType<typeof trainTokenizer>>;
beforeAll(async () => {
  tokenizer = await trainTokenizer(
    { encoding: 'o200k_base', vocabularySize: 512, trainingDocuments: 300 },
    texts,
  );
});

describe('random text', () => {
  it('has exactly the tokens asked, none of bytes and none of the avoided text', () => {
    const avoid = 'the garden was';
    const avoided = new Set(tokenizer.encode(avoid));
    const source = createRandomTokenSource(tokenizer);
    for (let i = 0; i < 50; i++) {
      const ids = tokenizer.encode(source.randomText({ tokens: 40 + i, random: randomStream(1, i), avoid }));
      expect(ids).toHaveLength(40 + i);
      for (const id of ids) {
        expect(id).toBeGreaterThan(256);
        expect(avoided.has(id)).toBe(false);
      }
    }
  });

  it('uses most of the vocabulary, and depends on its stream alone', () => {
    const source = createRandomTokenSource(tokenizer);
    const draw = (i: number) => source.randomText({ tokens: 100, random: randomStream('s', i), avoid: 'x' });
    const used = new Set(Array.from({ length: 40 }, (_, i) => tokenizer.encode(draw(i))).flat());
    expect(used.size).toBeGreaterThan(200);
    expect(draw(3)).toBe(draw(3));
  });

  it('gives up an end that nothing can follow', () => {
    // letters a and b are tokens 257 and 258, but a text of nine letters keeps its encoding only if it begins with a
    const letters = 'ab';
    const fussy: Tokenizer = {
      vocabularySize: 259,
      separatorId: 256,
      hash: 'fussy',
      bytesOfToken: [],
      encode: (text) =>
        text.length === 9 && text.startsWith('b')
          ? [98]
          : [...text].map((letter) => 257 + letters.indexOf(letter)),
      decode: (ids) => Array.from(ids, (id) => letters[id - 257]).join(''),
    };
    const draw = () =>
      createRandomTokenSource(fussy).randomText({ tokens: 20, random: randomStream(1), avoid: '' });
    expect(draw()).toMatch(/^a{12}[ab]{8}$/);
    expect(draw()).toBe(draw());
  });

  it('is printable ASCII with plain bytes', async () => {
    const bytes = await trainTokenizer({ encoding: 'bytes', vocabularySize: 257, trainingDocuments: 1 }, []);
    const text = createRandomTokenSource(bytes).randomText({
      tokens: 500,
      random: randomStream(1),
      avoid: '<SUDO>',
    });
    expect(text).toMatch(/^[ -~]{500}$/);
    expect(text).not.toMatch(/[<SUDO>]/);
  });

  it('says so where nothing is left to draw', async () => {
    const tiny = await trainTokenizer({ encoding: 'r50k_base', vocabularySize: 258, trainingDocuments: 1 }, [
      ' the the',
    ]);
    const source = createRandomTokenSource(tiny);
    expect(() => source.randomText({ tokens: 3, random: randomStream(1), avoid: ' the' })).toThrow(
      /no random tokens/,
    );
  });
});
