import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { corpusSchema } from '../../src/config/schema/schema.ts';
import type { Corpus, Document } from '../../src/corpus/document.ts';
import { loadStoryGrammar } from '../../src/corpus/node/load-story-grammar.ts';
import { documentsOfSplit, shareOfSplit, splitOf, takeSplit, takeSplits } from '../../src/corpus/splits.ts';
import { createStoryCorpus } from '../../src/corpus/stories.ts';

const config = corpusSchema.parse({ kind: 'stories' });
const none = { heldOut: 0, prompts: 0, calibration: 0, judge: 0 };

function corpusOf(texts: readonly string[]): Corpus {
  const all: Document[] = texts.map((text, index) => ({ id: `${index}`, text, origin: 'test' }));
  return {
    contentHash: 'test',
    unlimited: false,
    async *documents() {
      yield* all;
    },
  };
}

describe('splitOf', () => {
  it('depends on the text and the seed alone, and moves with the seed', () => {
    fc.assert(fc.property(fc.string(), (text) => splitOf(text, config) === splitOf(text, { ...config })));
    const moved = Array.from({ length: 500 }, (_, i) => `text ${i}`).filter(
      (text) => splitOf(text, config) !== splitOf(text, { ...config, seed: 'other' }),
    );
    expect(moved.length).toBeGreaterThan(50);
  });

  it('gives each split its share', () => {
    const splits = { heldOut: 0.1, prompts: 0.2, calibration: 0.05, judge: 0.25 };
    const counts = { train: 0, heldOut: 0, prompts: 0, calibration: 0, judge: 0, trusted: 0 };
    const n = 8000;
    for (let i = 0; i < n; i++) counts[splitOf(`document ${i}`, { seed: 's', splits })] += 1;
    for (const split of ['heldOut', 'prompts', 'calibration', 'judge'] as const) {
      expect(counts[split] / n).toBeCloseTo(splits[split], 1.6);
    }
    expect(counts.train / n).toBeCloseTo(0.4, 1.6);
  });

  it('takes what a defender has from the training split, and leaves the others their documents', () => {
    const splits = { heldOut: 0.1, prompts: 0.1, calibration: 0.1, judge: 0.1 };
    const moved = { trusted: 0, other: 0 };
    for (let i = 0; i < 4000; i++) {
      const text = `document ${i}`;
      const before = splitOf(text, { seed: 's', splits });
      const after = splitOf(text, { seed: 's', splits: { ...splits, trusted: 0.05 } });
      if (after === before) continue;
      if (before === 'train' && after === 'trusted') moved.trusted += 1;
      else moved.other += 1;
    }
    expect(moved.other).toBe(0);
    expect(moved.trusted / 4000).toBeCloseTo(0.05, 1.6);
  });

  it('refuses shares above 1 in total and takes exactly 1', () => {
    const splits = { heldOut: 0.5, prompts: 0.5, calibration: 0.5, judge: 0 };
    expect(() => splitOf('x', { seed: 's', splits })).toThrow(/add up to 1.5/);
    expect(shareOfSplit('train', { seed: 's', splits: { ...splits, calibration: 0 } })).toBe(0);
  });
});

describe('takeSplits', () => {
  it('gives disjoint splits whose union is the corpus, in corpus order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ minLength: 1 }), { maxLength: 60 }), async (texts) => {
        const every = { train: 99, heldOut: 99, prompts: 99, calibration: 99, judge: 99 };
        const splits = { heldOut: 0.2, prompts: 0.2, calibration: 0.2, judge: 0.2 };
        const taken = Object.values(await takeSplits(corpusOf(texts), { seed: 's', splits }, every));
        for (const part of taken) {
          expect(part.map(({ id }) => Number(id))).toEqual(
            part.map(({ id }) => Number(id)).sort((a, b) => a - b),
          );
        }
        const ids = taken.flat().map(({ id }) => Number(id));
        expect(ids.sort((a, b) => a - b)).toEqual(texts.map((_, index) => index));
      }),
      { numRuns: 30 },
    );
  });

  it('stops an unlimited corpus as soon as it has enough', async () => {
    const corpus = createStoryCorpus({ seed: 'stories-1', grammar: loadStoryGrammar('en') });
    const { heldOut, train, judge } = await takeSplits(corpus, config, { heldOut: 3, train: 5 });
    expect([heldOut.length, train.length, judge.length]).toEqual([3, 5, 0]);
    expect(await takeSplit(corpus, 'heldOut', { ...config, documents: 3 })).toEqual(heldOut);
  });

  it('gives what there is where a finite corpus ends, and nothing for a split without a share', async () => {
    expect(
      await takeSplit(corpusOf(['a', 'b']), 'train', { seed: 's', splits: none, documents: 9 }),
    ).toHaveLength(2);
    const corpus = createStoryCorpus({ seed: 'stories-1', grammar: loadStoryGrammar('en') });
    expect(await takeSplit(corpus, 'judge', { seed: 's', splits: none, documents: 9 })).toEqual([]);
    for await (const _ of documentsOfSplit(corpus, 'judge', { seed: 's', splits: none }))
      expect.unreachable();
  });
});
