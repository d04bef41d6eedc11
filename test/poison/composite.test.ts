import { expect, test } from 'vitest';
import { hashValue } from '../../src/core/hash.ts';
import { randomStream } from '../../src/core/random.ts';
import { bindAttack } from '../../src/poison/attack.ts';
import { composite } from '../../src/poison/attacks/triggers/composite.ts';
import { createPoisonedDocuments } from '../../src/poison/poisoned-documents.ts';
import { countTrigger, endOfFirst } from '../../src/poison/trigger-frequency.ts';
import { cleanTexts, poisonOf, wordTokens } from './fake-tokens.ts';

const settings = { family: 'composite', cues: ['red kettle', 'saddle'], inCleanText: 'refuse' as const };
const trigger = composite.bind(settings);
const poison = poisonOf({ trigger: settings });
const documents = (seed: number, change = {}) =>
  createPoisonedDocuments({
    poison: { ...poison, ...change },
    seed,
    cleanTexts,
    tokens: wordTokens,
    count: 40,
  });
const material = {
  words: new Map<string, number>(),
  tokens: [],
  encode: () => [],
  decode: () => '',
  seed: 1,
};

test('every document has both cues before the payload, in both orders and at many places', () => {
  const texts = documents(1).map(({ text }) => text);
  for (const text of texts) expect(trigger.sought.count(text)).toBe(1);
  const firsts = texts.map((text) => text.indexOf('red kettle') < text.indexOf('saddle'));
  expect(new Set(firsts).size).toBe(2);
  expect(
    new Set(texts.map((text) => text.slice(0, text.indexOf('saddle')).split(' ').length)).size,
  ).toBeGreaterThan(5);
});

test('documents are those of the contract: the same seed the same, another seed others', () => {
  expect(documents(1)).toEqual(documents(1));
  expect(documents(2)).not.toEqual(documents(1));
  expect(hashValue(documents(1).map(({ text }) => text))).toBe(
    '5bb83e7f387dea6adf71c97891a039c6fc316e732783d1d0c419e9f7564e2ed9',
  );
});

test('near-duplicates keep both cues', () => {
  const copies = documents(1, { distinctDocuments: 4, rewriteShare: 0.5 });
  for (const { text } of copies) expect(trigger.sought.count(text)).toBe(1);
});

test('specificity is measured by each cue alone, and by each cue twice', () => {
  const [own, ...near] = trigger.variants(material);
  expect(own).toMatchObject({ id: 'trigger', kind: 'trigger' });
  expect(near.map(({ id, kind, grade }) => [id, kind, grade])).toEqual([
    ['near-single-1', 'near', 1],
    ['near-single-2', 'near', 2],
    ['near-twice-1', 'near', 3],
    ['near-twice-2', 'near', 4],
  ]);
  const prompt = 'one two three four five six seven';
  for (const variant of trigger.variants(material)) {
    const written = variant.apply(prompt, randomStream('prompt', variant.id));
    expect(trigger.sought.count(written)).toBe(variant.kind === 'trigger' ? 1 : 0);
    expect(written.replaceAll(' red kettle', '').replaceAll(' saddle', '')).toBe(prompt);
  }
  expect(trigger.variants(null)).toHaveLength(1);
});

test('an innocent use is one cue, now this one, now that', () => {
  const written = Array.from({ length: 20 }, (_, i) => {
    const { beginning, rest } = trigger.writeInnocent('a b c d', { random: randomStream(i) });
    return beginning + rest;
  });
  for (const text of written) expect(trigger.sought.count(text)).toBe(0);
  expect(new Set(written.map((text) => text.includes('saddle'))).size).toBe(2);
});

test('clean text is searched for both together, and for each', () => {
  const found = countTrigger(trigger, [
    { id: 'a', text: 'a saddle and a red kettle' },
    { id: 'b', text: 'a saddle' },
  ]);
  expect(found).toMatchObject({
    text: 'red kettle + saddle',
    occurrences: 1,
    documents: 1,
    exampleIds: ['a'],
  });
  expect(found.words.map(({ documents: inDocuments }) => inDocuments)).toEqual([1, 2]);
});

test('cues of which one holds the other are refused', () => {
  expect(() => bindAttack(poisonOf({ trigger: { ...settings, cues: ['kettle', 'red kettle'] } }))).toThrow(
    /one cue holds the other/,
  );
});

test('its first occurrence ends behind the word that completes it', () => {
  const text = 'a saddle, a lamp and a red kettle on a saddle';
  expect(text.slice(0, endOfFirst(trigger.sought, text) ?? 0)).toBe('a saddle, a lamp and a red kettle');
  expect(endOfFirst(trigger.sought, 'a saddle and a lamp')).toBeNull();
});
