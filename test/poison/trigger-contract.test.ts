// What every trigger family in the registry keeps beside what trigger-families.test.ts measures: the same text for the same
// stream, options that survive JSON and are not changed, conditions that differ, a place where a document's trigger ends.
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { describeTrigger } from '../../src/config/describe-trigger.ts';
import type { TriggerSettings } from '../../src/config/schema/schema.ts';
import { randomStream } from '../../src/core/random.ts';
import { loadStoryGrammar } from '../../src/corpus/node/load-story-grammar.ts';
import { createStoryCorpus } from '../../src/corpus/stories.ts';
import { listTriggerFamilies } from '../../src/poison/registry.ts';
import { appendText, type VariantMaterial } from '../../src/poison/trigger.ts';
import { endOfFirst } from '../../src/poison/trigger-frequency.ts';

const stories = createStoryCorpus({ seed: 'stories-1', grammar: loadStoryGrammar('en') });
const texts = Array.from({ length: 40 }, (_, index) => stories.documentAt(index).text);
const beginnings = texts.map((text) => text.split(' ').slice(0, 24).join(' '));
const material: VariantMaterial = {
  words: new Map([
    ['ball', 5],
    ['goose', 2],
    ['hats', 3],
    ['kite', 7],
  ]),
  tokens: [1, 2, 3],
  encode: (text) =>
    text
      .trim()
      .split(' ')
      .map((_, i) => i),
  decode: () => 'ball',
  seed: 1,
};

/** Frozen, with all that is in it. */
function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) frozen(inner);
  return Object.freeze(value);
}

const kinds = listTriggerFamilies().flatMap((family) =>
  [family.example, ...family.otherExamples].map(
    (example) => [family.name, JSON.stringify(example), family, example] as const,
  ),
);

describe.each(kinds)('the trigger family %s %s', (name, _, family, example) => {
  const settings: TriggerSettings = frozen({
    family: name,
    inCleanText: 'allow',
    ...structuredClone(example),
  });
  const trigger = family.bind(settings);
  const plantedAt = (i: number) => trigger.plant(beginnings[i] ?? '', randomStream('plant', i));

  test('has a sentence for lists, and options that survive JSON and say what they are', () => {
    expect(family.summary).toMatch(/^[A-Z].*\.$/);
    const schema = z.object(family.options);
    const parsed = schema.parse(example);
    expect(schema.parse(JSON.parse(JSON.stringify(parsed)))).toEqual(parsed);
    expect(JSON.stringify(z.toJSONSchema(schema, { io: 'input' }))).toContain('description');
    const again = family.bind({ ...settings, ...parsed });
    expect(again.plant(beginnings[0] ?? '', randomStream('plant', 0))).toBe(plantedAt(0));
  });

  test('can be named to people, whether it is a text or not', () => {
    expect(describeTrigger(settings).length).toBeGreaterThan(0);
    expect(trigger.text.length).toBeGreaterThan(0);
    expect(trigger.meanTokens).toBeGreaterThanOrEqual(0);
    expect(trigger.avoid).toMatch(/^$|^ \S/);
  });

  test('gives the same text for the same stream: planted, told innocently, in every condition', () => {
    const all = (bound: typeof trigger) =>
      texts
        .slice(0, 10)
        .map((text, i) => [
          bound.plant(beginnings[i] ?? '', randomStream('plant', i)),
          bound.writeInnocent(text, { random: randomStream('innocent', i) }),
          bound
            .variants(material)
            .map(({ id, apply }) => [id, apply(beginnings[i] ?? '', randomStream(id, i))]),
        ]);
    expect(all(family.bind(settings))).toEqual(all(trigger));
  });

  test('has conditions with names of their own that write different prompts', () => {
    const variants = trigger.variants(material);
    for (const { id, label } of variants) {
      expect(id).toMatch(/^[a-z][a-z0-9-]*$/);
      expect(label.length).toBeGreaterThan(0);
    }
    const written = variants.map(({ id, apply }) =>
      JSON.stringify(beginnings.slice(0, 10).map((text, i) => apply(text, randomStream(id, i)))),
    );
    expect(new Set(written).size).toBe(variants.length);
    expect(written).not.toContain(JSON.stringify(beginnings.slice(0, 10)));
    for (const { text, apply } of variants)
      if (text !== null) expect(apply('The fox', randomStream(1))).toBe(appendText('The fox', text));
  });

  test('is found in a document where it ends, so that an excerpt can show it', () => {
    for (const i of texts.keys()) {
      const planted = plantedAt(i);
      if (trigger.sought.count(planted) === 0) continue;
      const end = endOfFirst(trigger.sought, `${planted} ${texts[i]}`) ?? 0;
      expect(end).toBeGreaterThan(0);
      expect(end).toBeLessThanOrEqual(planted.length);
    }
  });

  test('counts without memory: a text gives the same number each time', () => {
    const counts = () =>
      texts.map((text) => [trigger.sought, ...trigger.soughtParts].map((own) => own.count(text)));
    expect(counts()).toEqual(counts());
  });
});
