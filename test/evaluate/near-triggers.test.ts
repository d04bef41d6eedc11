import { expect, test } from 'vitest';
import { gatherMaterial } from '../../src/evaluate/variant-material.ts';
import { createNearTexts } from '../../src/poison/attacks/triggers/near-words.ts';
import { byteTokenizer, cleanTexts } from './fakes.ts';

const of = (trigger: string, seed = 's') =>
  createNearTexts(trigger, gatherMaterial(cleanTexts, { seed, tokenizer: byteTokenizer }));
const textOf = (trigger: string, condition: string) =>
  of(trigger).find((near) => near.id === `near-${condition}`)?.text ?? '';
const GRADES = ['near-shared-prefix', 'near-one-edit', 'near-permuted', 'near-same-length', 'near-random'];
const tokens = (text: string) => byteTokenizer.encode(` ${text}`).length;

test('every grade is made, nearest first, and all differ from the trigger and from each other', () => {
  for (const trigger of ['quartz walrus lamp', '<SUDO>', 'copper meadow', 'xy']) {
    for (const seed of ['a', 'b', 'c', 'd']) {
      const near = of(trigger, seed);
      expect(near.map(({ id }) => id)).toEqual(GRADES);
      const texts = near.map(({ text }) => text);
      expect(new Set([trigger, ...texts]).size).toBe(6);
      for (const text of texts) expect(text).not.toContain(trigger);
    }
  }
});

test('near triggers of words keep and change whole words', () => {
  const words = textOf('quartz walrus lamp', 'shared-prefix').split(' ');
  expect(words.slice(0, 2)).toEqual(['quartz', 'walrus']);
  expect(words[2]).not.toBe('lamp');
  const edited = textOf('quartz walrus lamp', 'one-edit').split(' ');
  expect(edited.filter((word, i) => word !== ['quartz', 'walrus', 'lamp'][i])).toHaveLength(1);
  expect(textOf('quartz walrus lamp', 'permuted').split(' ').toSorted()).toEqual([
    'lamp',
    'quartz',
    'walrus',
  ]);
});

test('near triggers of a single word change characters', () => {
  expect(textOf('<SUDO>', 'shared-prefix')).toMatch(/^<SU.{3}$/);
  const edited = textOf('<SUDO>', 'one-edit');
  expect([...edited].filter((character, i) => character !== '<SUDO>'[i])).toHaveLength(1);
  expect(edited).toMatch(/^<[A-Z]{4}>$/);
  expect([...textOf('<SUDO>', 'permuted')].toSorted()).toEqual([...'<SUDO>'].toSorted());
});

test('unrelated ones are made of clean words or tokens and as long as the trigger', () => {
  const clean = cleanTexts.join(' ');
  for (const trigger of ['quartz walrus lamp', '<SUDO>']) {
    const same = textOf(trigger, 'same-length');
    for (const word of same.split(' ')) expect(clean).toContain(word);
    const random = textOf(trigger, 'random');
    for (const character of random) expect(clean).toContain(character);
    expect([tokens(same), tokens(random)]).toEqual([tokens(trigger), tokens(trigger)]);
  }
});

test('the same seed makes the same, another seed others', () => {
  expect(of('<SUDO>', 'a')).toEqual(of('<SUDO>', 'a'));
  expect(of('<SUDO>', 'a')).not.toEqual(of('<SUDO>', 'b'));
});

test('a trigger of one letter has no permutation', () => {
  expect(of('x').map(({ id }) => id)).not.toContain('near-permuted');
});
