import { describe, expect, test } from 'vitest';
import type { Defence } from '../../src/defend/defence.ts';
import { brokenRules } from '../../src/defend/quality-rules.ts';
import { bindDefences, listDefences } from '../../src/defend/registry.ts';
import { documentSurprise } from '../../src/defend/surprise-filter.ts';
import type { Example } from '../../src/tokens/example.ts';

const texts = [
  'The fox went to the river and asked the old heron for a lamp.',
  'xq zzt brm plk wv gh jq rr',
  'ok',
  'and the the the the the the to of be',
  '@@@ ### $$$ the %%% and ^^^ to &&& of *** with ~~~ have',
  'It was a mild morning, and the twins wanted to build a boat with a sail.',
];
const decode = (tokens: ArrayLike<number>) => texts[tokens[0] ?? 0] ?? '';
const examples: Example[] = texts.map((_, index) => ({ tokens: Uint16Array.of(index), lossFrom: 0 }));
/** Numbers in a row are what trusted text holds. */
const trusted = Array.from({ length: 400 }, (_, i): Example => {
  return { tokens: Uint16Array.from({ length: 6 }, (__, place) => (i + place) % 50), lossFrom: 0 };
});
const context = {
  seed: 1,
  decode,
  vocabularySize: 100,
  separatorId: 0,
  trusted: (n: number) => trusted.slice(0, n),
  /** A state is a document's first token, its length, and whether it holds a token above 60. */
  states: () => (documents: readonly Example[]) =>
    documents.map(({ tokens }) => [
      (tokens[0] ?? 0) / 50,
      tokens.length / 50,
      tokens.some((token) => token > 60) ? 9 : 0,
    ]),
  /** Tokens above 60 are learnt best. */
  losses: () => (documents: readonly Example[]) =>
    documents.map(({ tokens }) => Array.from(tokens, (token) => (token > 60 ? 0 : 1 + token / 50))),
};

const keptBy = (settings: { kind: string; [option: string]: unknown }) =>
  bindDefences([settings], context).filters.map((filter) => filter.judge(examples).kept)[0];

/** Mildest settings of each kind: with them nothing is done. */
const strengthZero: Readonly<Record<string, Record<string, unknown>>> = {
  partition: { parts: 1 },
  'random-removal': { share: 0 },
  'quality-rules': {
    minimumWords: 0,
    minimumMeanWordLength: 0,
    maximumMeanWordLength: 1000,
    maximumSymbolShare: 1,
    minimumStopWords: 0,
    maximumRepeatedShare: 1,
  },
  'exact-duplicates': { copies: null },
  'near-duplicates': { similarity: null },
  'reference-perplexity': { falsePositiveShare: 0 },
  'rare-sequences': { falsePositiveShare: 0 },
  onion: { falsePositiveShare: 0 },
  'surprise-filter': { maximumNats: null },
  'spectral-signatures': { falsePositiveShare: 0 },
  'activation-clustering': { falsePositiveShare: 0 },
  mahalanobis: { falsePositiveShare: 0 },
  'loss-isolation': { falsePositiveShare: 0 },
  vaccine: { uses: 0 },
  'clip-sequences': { norm: null },
  'noisy-gradients': { norm: null },
  'fine-pruning': { share: 0 },
  'reset-rare-embeddings': { fewerThan: 0 },
};

/** Settings at which a filter that gives scores removes some of these and keeps others. */
const acting: Readonly<Record<string, Record<string, unknown>>> = {
  'surprise-filter': { maximumNats: 1.5 },
  'near-duplicates': { similarity: 0.9 },
  'reference-perplexity': {},
  'rare-sequences': { falsePositiveShare: 0.1 },
  onion: {},
  'spectral-signatures': {},
  'activation-clustering': {},
  mahalanobis: {},
  'loss-isolation': { windowTokens: 2 },
};
const mixed: Example[] = Array.from({ length: 12 }, (_, i) => ({
  tokens: i < 8 ? Uint16Array.of(1, 2, 3, 4, 5, 6) : Uint16Array.of(70, 90, 10 + i, 30 + i, 50 + i),
  lossFrom: 0,
}));

describe.each(listDefences().map((defence) => [defence.kind, defence] as [string, Defence]))('%s', (kind) => {
  test('does nothing at strength zero', () => {
    expect(strengthZero).toHaveProperty(kind);
    const { filters, gradient, repairs } = bindDefences([{ kind, ...strengthZero[kind] }], context);
    for (const filter of filters) expect(filter.judge(examples).kept).not.toContain(false);
    expect(gradient).toBeUndefined();
    expect(repairs).toEqual([]);
  });

  test('judges every example, and the same examples the same way each time', () => {
    const { filters } = bindDefences([{ kind }], context);
    for (const filter of filters) {
      const first = filter.judge(examples);
      expect(first.kept).toHaveLength(examples.length);
      expect(filter.judge(examples)).toEqual(first);
    }
  });

  test('scores, where it scores, nothing that is kept above what is removed', () => {
    const { filters } = bindDefences([{ kind, ...acting[kind] }], { ...context, decode: () => 'text' });
    for (const { kept, scores } of filters.map((filter) => filter.judge(mixed))) {
      expect(scores === undefined).toBe(acting[kind] === undefined);
      if (scores === undefined) continue;
      expect(scores).toHaveLength(mixed.length);
      expect(new Set(kept).size).toBe(2);
      const of = (isKept: boolean) => Array.from(scores).filter((_, place) => kept[place] === isKept);
      expect(Math.max(...of(true))).toBeLessThanOrEqual(Math.min(...of(false)));
    }
  });

  test('refuses an option that is out of range', () => {
    const [name] = Object.keys(strengthZero[kind] ?? {});
    expect(() => bindDefences([{ kind, [name ?? '']: -1 }], context)).toThrow();
  });
});

test('quality rules count what is broken', () => {
  const mild = { minimumWords: 5, minimumMeanWordLength: 3, maximumMeanWordLength: 10 };
  const settings = { ...mild, maximumSymbolShare: 0.1, minimumStopWords: 2, maximumRepeatedShare: 0.3 };
  // letters a word; stop words | words, length, stop words | length, repeats (and "the the" …) | symbols, length
  expect(texts.map((text) => brokenRules(text, settings))).toEqual([0, 2, 3, 2, 2, 0]);
});

test('quality rules keep stories and remove what is no text', () => {
  expect(keptBy({ kind: 'quality-rules' })).toEqual([true, false, false, false, false, true]);
});

test('surprise is that of a bigram model of the other documents, and the filter removes what is above its bound', () => {
  const document = (...tokens: number[]): Example => ({ tokens: Uint16Array.from(tokens), lossFrom: 0 });
  const some = [document(1, 2), document(1, 2), document(1, 3)];
  // of the first under the others: n(begin 1) = 2, n(begin) = 2, p(1) = (2 + 1) / (4 + 3); n(1 2) = 1, n(1) = 2, p(2) = 2 / 7
  const expected = -(Math.log((2 + 3 / 7) / 3) + Math.log((1 + 2 / 7) / 3)) / 2;
  const surprise = documentSurprise(some);
  expect(surprise[0]).toBeCloseTo(expected, 12);
  expect(surprise[2]).toBeGreaterThan(expected);
  const [filter] = bindDefences([{ kind: 'surprise-filter', maximumNats: 1 }], context).filters;
  expect(filter?.judge(some).kept).toEqual([true, true, false]);
});

test('random removal takes its share, other documents for another seed or place', () => {
  const many: Example[] = Array.from({ length: 4000 }, () => ({ tokens: Uint16Array.of(0), lossFrom: 0 }));
  const removal = { kind: 'random-removal', share: 0.25 };
  const [first, second] = bindDefences([removal, removal], context).filters.map((f) => f.judge(many).kept);
  const [other] = bindDefences([removal], { ...context, seed: 2 }).filters.map((f) => f.judge(many).kept);
  // 1000 expected, standard deviation 27
  for (const kept of [first, second, other])
    expect(Math.abs((kept ?? []).filter((keep) => !keep).length - 1000)).toBeLessThan(140);
  expect(second).not.toEqual(first);
  expect(other).not.toEqual(first);
});

test('a clipped sequence keeps its direction and loses length', () => {
  const { gradient } = bindDefences([{ kind: 'clip-sequences', norm: 2 }], context);
  const factors: number[] = [];
  gradient?.accumulate({
    model: {
      accumulateSequences: (_: unknown, weigh: (sequence: object) => number) => {
        // own norms 8 and 1: the share of the step's gradient times 16 tokens over the sequence's 8
        for (const norm of [4, 0.5]) factors.push(weigh({ norm, weight: 8 }));
        factors.push(weigh({ norm: 0, weight: 0 }));
        return { sumNats: 0 };
      },
    } as never,
    microBatches: [{} as never],
    unmaskedTokens: 16,
    step: 0,
  });
  expect(factors).toEqual([0.25, 1, 1]);
});

test('names what does not exist, and two rules for one gradient', () => {
  expect(() => bindDefences([{ kind: 'prayer' }], context)).toThrow(
    /there is no defence "prayer"; those that exist: partition, random-removal/,
  );
  const clip = { kind: 'clip-sequences', norm: 1 };
  expect(() => bindDefences([clip, clip], context)).toThrow(/a phase takes one such defence/);
});
