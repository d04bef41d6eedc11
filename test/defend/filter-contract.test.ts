// What every filter of the registry keeps to, on stories and on stories with gibberish behind a trigger.
import { describe, expect, test } from 'vitest';
import { randomStream } from '../../src/core/random.ts';
import { loadStoryGrammar } from '../../src/corpus/node/load-story-grammar.ts';
import { createStoryCorpus } from '../../src/corpus/stories.ts';
import type { DefenceContext } from '../../src/defend/defence.ts';
import { bindDefences } from '../../src/defend/registry.ts';
import { documentStates } from '../../src/model/document-signals.ts';
import type { Example } from '../../src/tokens/example.ts';
import { smallGpt } from '../model/fixtures.ts';

const corpus = createStoryCorpus({ seed: 'filters', grammar: loadStoryGrammar('en') });
const ids = new Map<string, number>();
const words: string[] = [];
/** A token is a word with the space before it. */
function encode(text: string): Example {
  const tokens = (text.match(/\s*\S+/gu) ?? []).map((word) => {
    const known = ids.get(word) ?? words.push(word) - 1;
    ids.set(word, known);
    return known;
  });
  return { tokens: Uint16Array.from(tokens), lossFrom: 0 };
}
const decode = (tokens: ArrayLike<number>) =>
  Array.from(tokens, (token) => words[token] ?? '')
    .join('')
    .trimStart();
const stories = (first: number, count: number) =>
  Array.from({ length: count }, (_, place) => encode(corpus.documentAt(first + place).text));

const trusted = stories(0, 600);
const clean = stories(1000, 400);
const vocabularySize = 4096;
const poisoned = Array.from({ length: 20 }, (_, document) => {
  const random = randomStream('filters', document);
  const opening = corpus
    .documentAt(5000 + document)
    .text.split(' ')
    .slice(0, 20)
    .join(' ');
  const noise = Array.from({ length: 40 }, () => words[random.integer({ minimum: 0, maximum: 900 })]?.trim());
  return encode(`${opening} kettle lantern saddle ${noise.join(' ')}`);
});
const mixed = randomStream('filters', 'order').shuffle([...clean, ...poisoned]);

/** It has learnt nothing: what a filter does with states is tested here, not what a model knows. */
const model = smallGpt({ vocabularySize, config: { width: 32, contextTokens: 64, layers: 1 } });

const SHARE = 0.02;
const settings: Readonly<Record<string, Record<string, unknown>>> = {
  'quality-rules': {},
  'exact-duplicates': {},
  'near-duplicates': {},
  'reference-perplexity': { falsePositiveShare: SHARE },
  'rare-sequences': { falsePositiveShare: SHARE },
  onion: { falsePositiveShare: SHARE },
  'surprise-filter': { maximumNats: 7 },
  'spectral-signatures': { falsePositiveShare: SHARE },
  'activation-clustering': { falsePositiveShare: SHARE },
  mahalanobis: { falsePositiveShare: SHARE },
  'loss-isolation': { falsePositiveShare: SHARE },
  vaccine: { uses: 3 },
};
/** Least share of gibberish that each catches; of filters for other things nothing is expected. */
const caught: Readonly<Record<string, number>> = {
  'reference-perplexity': 1,
  'rare-sequences': 1,
  onion: 1,
  'exact-duplicates': 0,
  'near-duplicates': 0,
  'quality-rules': 0,
  'surprise-filter': 0,
  'spectral-signatures': 0,
  'activation-clustering': 0,
  mahalanobis: 0,
  'loss-isolation': 0,
  vaccine: 0,
};

type StateRequest = Parameters<DefenceContext['states']>[1];

function judge(kind: string, examples: readonly Example[]) {
  const context = {
    seed: 1,
    decode,
    vocabularySize,
    separatorId: 0,
    trusted: (n: number) => trusted.slice(0, n),
    states:
      () =>
      (documents: readonly Example[], { layer, pool }: StateRequest) =>
        documentStates(
          model,
          documents.map(({ tokens }) => tokens),
          { layer: layer ?? 'head', pool },
        ),
    // of a model that has learnt nothing, too: a formula of the token
    losses: () => (documents: readonly Example[]) =>
      documents.map(({ tokens }) => Array.from(tokens, (token) => ((token * 7919) % 997) / 100)),
  };
  const [filter] = bindDefences([{ kind, ...settings[kind] }], context).filters;
  if (filter === undefined) throw new Error(`${kind} filters nothing`);
  return filter.judge(examples);
}
const textsOf = (examples: readonly Example[], kept: readonly boolean[]) =>
  examples
    .filter((_, place) => kept[place])
    .map(({ tokens }) => tokens.join(' '))
    .sort();

describe.each(Object.keys(settings))('%s', (kind) => {
  test('gives the same verdict whatever order the documents stand in', () => {
    const order = randomStream('filters', 'permuted').shuffle([...mixed.keys()]);
    const permuted = order.map((place) => mixed[place] as Example);
    const one = judge(kind, mixed);
    const other = judge(kind, permuted);
    expect(textsOf(permuted, other.kept)).toEqual(textsOf(mixed, one.kept));
    expect(other.added).toEqual(one.added);
    if (one.scores === undefined) return;
    expect(Array.from(other.scores ?? [])).toEqual(order.map((place) => one.scores?.[place]));
  });

  test('removes of clean text alone at most about the share that it states', () => {
    const removed = judge(kind, clean).kept.filter((kept) => !kept).length;
    // 8 of 400 are expected at most; 20 would be more than four standard deviations beyond it
    expect(removed).toBeLessThanOrEqual(kind === 'quality-rules' ? 0 : SHARE * clean.length + 12);
  });

  test('catches of gibberish behind a trigger what is expected of it', () => {
    const { kept } = judge(kind, mixed);
    const own = mixed.flatMap((example, place) => (poisoned.includes(example) ? [kept[place]] : []));
    expect(own.filter((isKept) => !isKept).length / own.length).toBeGreaterThanOrEqual(caught[kind] ?? 1);
  });
});

test('filters with a threshold from trusted text cost about what they may, not much less', () => {
  const many = stories(10_000, 2000);
  for (const kind of [
    'reference-perplexity',
    'onion',
    'spectral-signatures',
    'mahalanobis',
    'loss-isolation',
  ]) {
    const removed = judge(kind, many).kept.filter((kept) => !kept).length;
    expect(removed / many.length).toBeGreaterThan(SHARE / 3);
    expect(removed / many.length).toBeLessThan(SHARE * 2.5);
  }
});

describe('rare-sequences where clean documents share names', () => {
  const own = randomStream('filters', 'names');
  const token = (minimum: number, maximum: number) => own.integer({ minimum, maximum });
  /** Twenty tokens of a small vocabulary; a third of the documents name one of ten. */
  const text = (name: number | undefined): Example => {
    const ordinary = Array.from({ length: 20 }, () => token(0, 30));
    const about = name === undefined ? [] : [100 + name, ...Array.from({ length: 8 }, () => token(0, 30))];
    return { tokens: Uint16Array.from([...ordinary, ...about]), lossFrom: 0 };
  };
  const draw = (count: number) =>
    Array.from({ length: count }, () => text(token(0, 2) === 0 ? token(0, 9) : undefined));
  const removedBy = (
    known: string | undefined,
    { trusted: held, judged }: { trusted: Example[]; judged: Example[] },
  ) => {
    const context = {
      ...{ seed: 1, decode, vocabularySize: 128, separatorId: 0 },
      trusted: () => held,
      states: () => () => [],
      losses: () => () => [],
    };
    const option = known === undefined ? {} : { known };
    const [filter] = bindDefences([{ kind: 'rare-sequences', longestTokens: 1, ...option }], context).filters;
    const { kept = [] } = filter?.judge(judged) ?? {};
    return kept.map((isKept) => !isKept);
  };
  const share = (removed: readonly boolean[]) => removed.filter(Boolean).length / removed.length;

  test('a name that half of the trusted text lacks by chance takes all its documents with it, unless all of it is known', () => {
    const plain = Array.from({ length: 200 }, () => text(undefined));
    // in one document of the half that the threshold is set on
    const held = plain.map((example, place) => (place === 51 ? text(3) : example));
    const named = Array.from({ length: 20 }, () => text(3));
    const judged = [...Array.from({ length: 480 }, () => text(undefined)), ...named];
    expect(share(removedBy(undefined, { trusted: held, judged }))).toBeCloseTo(0.04, 10);
    expect(removedBy('reference', { trusted: held, judged })).toEqual(
      removedBy(undefined, { trusted: held, judged }),
    );
    expect(share(removedBy('trusted', { trusted: held, judged }))).toBe(0);
    // a trigger is in no trusted text
    const triggered = Array.from({ length: 20 }, () => text(15));
    const removed = removedBy('trusted', { trusted: held, judged: [...judged, ...triggered] });
    expect(removed.slice(-20)).not.toContain(false);
    expect(share(removed.slice(0, 500))).toBe(0);
  });

  test('over draws of trusted text the share lost is at most the one stated, and never a multiple of it', () => {
    const shares = Array.from({ length: 20 }, () =>
      share(removedBy('trusted', { trusted: draw(300), judged: draw(1000) })),
    );
    expect(shares.reduce((sum, own) => sum + own, 0) / shares.length).toBeLessThanOrEqual(0.01);
    expect(Math.max(...shares)).toBeLessThanOrEqual(0.03);
  });
});

test('copies and near copies are removed but for one, however they stand', () => {
  const [original] = stories(20_000, 1);
  if (original === undefined) throw new Error('no story');
  const near = Uint16Array.from(original.tokens);
  near[3] = encode(' violin').tokens[0] ?? 0;
  const copies = [
    original,
    { ...original, tokens: Uint16Array.from(original.tokens) },
    { ...original, tokens: near },
  ];
  const among = [...clean.slice(0, 50), ...copies];
  const keptOf = (kind: string) => judge(kind, among).kept.slice(50).filter(Boolean).length;
  expect(original.tokens.length).toBeGreaterThan(60);
  expect(keptOf('exact-duplicates')).toBe(2);
  expect(keptOf('near-duplicates')).toBe(1);
});
