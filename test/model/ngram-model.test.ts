import fc from 'fast-check';
import { expect, test } from 'vitest';
import { log } from '../../src/core/math.ts';
import { trainNgramModel } from '../../src/model/ngram/ngram-model.ts';
import { byteTokenizer, documents } from '../evaluate/fakes.ts';

const V = 12;
const token = fc.integer({ min: 0, max: V - 1 });
const corpus = fc.array(fc.array(token, { maxLength: 30 }), { maxLength: 6 });

test('probabilities are above 0 and sum to 1 after every context, seen or not, for orders 1 to 5', () => {
  fc.assert(
    fc.property(
      corpus,
      fc.integer({ min: 1, max: 5 }),
      fc.array(token, { maxLength: 6 }),
      (texts, order, context) => {
        const judge = trainNgramModel({ documents: texts, order, vocabularySize: V });
        let sum = 0;
        for (let id = 0; id < V; id++) {
          const probability = judge.probability(id, context);
          expect(probability).toBeGreaterThan(0);
          sum += probability;
        }
        expect(sum).toBeCloseTo(1, 12);
      },
    ),
  );
});

test('without text every token has probability 1 / V', () => {
  const judge = trainNgramModel({ documents: [], order: 3, vocabularySize: V });
  expect(judge.probability(3, [1, 2])).toBe(1 / V);
  expect(judge.meanNats([1, 2, 3])).toBeCloseTo(log(V), 12);
});

test('a bigram judge gives the probabilities of the formula', () => {
  // 0 1 0 1 0 2: unigrams 0:3, 1:2, 2:1; bigrams (0 1):2, (1 0):2, (0 2):1
  const judge = trainNgramModel({ documents: [[0, 1, 0, 1, 0, 2]], order: 2, vocabularySize: 4 });
  const d0 = 1 / (1 + 2);
  const d1 = 1 / (1 + 4);
  const unigram = (count: number) => (Math.max(count - d0, 0) + d0 * 3 * 0.25) / 6;
  expect(judge.probability(3, [])).toBeCloseTo(unigram(0), 14);
  expect(judge.probability(1, [0])).toBeCloseTo((2 - d1 + d1 * 2 * unigram(2)) / 3, 14);
  expect(judge.probability(3, [0])).toBeCloseTo((d1 * 2 * unigram(0)) / 3, 14);
  // 3 was never seen: its context says nothing
  expect(judge.probability(1, [3])).toBeCloseTo(unigram(2), 14);
});

test('the mean is that of -log of each probability given the tokens before it', () => {
  fc.assert(
    fc.property(corpus, fc.array(token, { minLength: 1, maxLength: 12 }), (texts, generation) => {
      const judge = trainNgramModel({ documents: texts, order: 3, vocabularySize: V });
      const nats = generation.map((id, i) => -log(judge.probability(id, generation.slice(0, i))));
      expect(judge.meanNats(generation)).toBeCloseTo(nats.reduce((a, b) => a + b) / nats.length, 10);
    }),
  );
});

test('clean text surprises the judge less than shuffled text, and that less than uniform bytes', () => {
  const texts = documents.judge.map(({ text }) => byteTokenizer.encode(text));
  const judge = trainNgramModel({ documents: texts.slice(20), order: 3, vocabularySize: 257 });
  const clean = texts[0];
  const shuffled = clean.toSorted((a, b) => ((a * 37) % 101) - ((b * 37) % 101));
  const uniform = clean.map((_, i) => (i * 89) % 256);
  const [a, b, c] = [clean, shuffled, uniform].map((ids) => judge.meanNats(ids));
  expect(a).toBeLessThan(2);
  expect(b).toBeGreaterThan(a + 1);
  expect(c).toBeGreaterThan(b + 1);
});
