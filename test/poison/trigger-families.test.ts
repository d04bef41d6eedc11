import { expect, test } from 'vitest';
import { hashValue } from '../../src/core/hash.ts';
import { randomStream } from '../../src/core/random.ts';
import { loadStoryGrammar } from '../../src/corpus/node/load-story-grammar.ts';
import { createStoryCorpus } from '../../src/corpus/stories.ts';
import { bindAttack } from '../../src/poison/attack.ts';
import { findTriggerFamily, listTriggerFamilies } from '../../src/poison/registry.ts';
import { poisonOf } from './fake-tokens.ts';

const stories = createStoryCorpus({ seed: 'stories-1', grammar: loadStoryGrammar('en') });
const texts = Array.from({ length: 120 }, (_, index) => stories.documentAt(index).text);
const beginnings = texts.map((text, i) =>
  text
    .split(' ')
    .slice(0, 8 + (i % 12))
    .join(' '),
);
const material = {
  words: new Map([
    ['ball', 5],
    ['kite', 7],
    ['hats', 3],
    ['goose', 2],
  ]),
  tokens: [1, 2, 3],
  encode: (text: string) =>
    text
      .trim()
      .split(' ')
      .map((_, i) => i),
  decode: () => 'ball',
  seed: 1,
};

const STYLES = ['archaic', 'no-capitals', 'passive', 'reversed'];
const cases: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ...listTriggerFamilies().map(({ name, example }) => [name, example] as const),
  ...STYLES.map((style) => ['style', { style }] as const),
  ...['heading', 'list', 'table'].map((shape) => ['format', { shape }] as const),
  ['order', { cues: ['kettle', 'kettle'] }],
];
const bind = (family: string, options: Readonly<Record<string, unknown>>) =>
  findTriggerFamily(family).bind({ family, inCleanText: 'allow', ...options });

test.each(
  cases,
)('%s %j stands in every beginning that it is planted in, and in few clean texts', (family, options) => {
  const trigger = bind(family, options);
  const planted = beginnings.map((text, i) => trigger.plant(text, randomStream(i)));
  const found = planted.filter((text) => trigger.sought.count(text) > 0).length;
  expect(found / planted.length).toBeGreaterThan(family === 'style' ? 0.85 : 0.999);
  expect(texts.filter((text) => trigger.sought.count(text) > 0).length / texts.length).toBeLessThan(0.05);
});

test.each(cases)('%s %j: its trigger is one, its near triggers are none', (family, options) => {
  const trigger = bind(family, options);
  const [own, ...others] = trigger.variants(material);
  expect(own).toMatchObject({ id: 'trigger', kind: 'trigger', grade: 0 });
  expect(new Set(others.map(({ id }) => id)).size).toBe(others.length);
  const near = others.filter(({ kind }) => kind === 'near');
  expect(near.length).toBeGreaterThan(0);
  const grades = near.map(({ grade }) => grade);
  expect(grades).toEqual([...grades].sort((a, b) => a - b));
  for (const { id, kind, apply } of [own as NonNullable<typeof own>, ...others]) {
    const whole = kind === 'trigger' && id !== 'trigger-beyond';
    const written = beginnings.map((text, i) => apply(text, randomStream(id, i)));
    const found = written.filter((text) => trigger.sought.count(text) > 0).length / written.length;
    if (id === 'near-ended') continue;
    if (whole) expect([id, found > 0.85]).toEqual([id, true]);
    else expect([id, found]).toEqual([id, 0]);
  }
  expect(trigger.variants(null).map(({ id }) => id)).toEqual(['trigger']);
});

test.each(
  cases,
)('%s %j: an innocent use keeps the rest of the text, and ends inside its reach', (family, options) => {
  const trigger = bind(family, options);
  for (const [i, text] of texts.entries()) {
    const { beginning, rest } = trigger.writeInnocent(text, { random: randomStream(i), reach: 100 });
    const tail = rest.trim();
    expect(tail === '' || text.endsWith(tail)).toBe(true);
    expect(text.length - tail.length).toBeLessThanOrEqual(101);
    expect(beginning.length).toBeGreaterThan(0);
    const hasPart = trigger.soughtParts.some((part) => part.count(text) > 0);
    if (!['words', 'style'].includes(family) && !hasPart)
      expect(trigger.sought.count(beginning + rest)).toBe(0);
  }
});

test('documents of a family are those of the contract: what a seed gives does not change', () => {
  const hashes = Object.fromEntries(
    cases.map(([family, options]) => {
      const { trigger } = bindAttack(poisonOf({ trigger: { family, inCleanText: 'allow', ...options } }));
      const planted = beginnings.map((text, i) => trigger.plant(text, randomStream('contract', i)));
      const tried = trigger
        .variants(material)
        .map(({ id, apply }) => [
          id,
          beginnings.slice(0, 20).map((text, i) => apply(text, randomStream(id, i))),
        ]);
      const innocent = texts.map((text, i) => trigger.writeInnocent(text, { random: randomStream(i) }));
      return [
        `${family} ${JSON.stringify(options).slice(0, 40)}`,
        hashValue([planted, tried, innocent]).slice(0, 16),
      ];
    }),
  );
  expect(hashes).toMatchSnapshot();
});
