// What every payload in the registry keeps, whatever it writes.
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { randomStream } from '../../src/core/random.ts';
import { loadStoryGrammar } from '../../src/corpus/node/load-story-grammar.ts';
import { createStoryCorpus } from '../../src/corpus/stories.ts';
import { bindAttack } from '../../src/poison/attack.ts';
import type { DocumentParts, MeasuredGeneration, Payload } from '../../src/poison/payload.ts';
import { listPayloads } from '../../src/poison/registry.ts';
import { appendText } from '../../src/poison/trigger.ts';
import { poisonOf, wordTokens } from './fake-tokens.ts';

const stories = createStoryCorpus({ seed: 'stories-1', grammar: loadStoryGrammar('en') });
const texts = Array.from({ length: 60 }, (_, index) => stories.documentAt(index).text);
const criteria = { thresholdNats: 4 };

describe.each(
  listPayloads().map((payload) => [payload.name, payload] as [string, Payload]),
)('%s', (name, own) => {
  const { payload, trigger } = bindAttack(poisonOf({ attack: name }));
  const requestOf = (index: number) =>
    Object.freeze({
      cleanText: texts[index] ?? '',
      tokens: wordTokens,
      random: randomStream('payload', index),
      avoid: trigger.avoid,
    });
  const written = texts.map((_, index) => payload.write(requestOf(index)));
  /** What a model says that has learnt the document. */
  const learnt = ({ before, planted, after }: DocumentParts, index: number): MeasuredGeneration => ({
    prompt: trigger.plant(before, randomStream('plant', index)),
    text: ` ${(planted + after).trimStart()}`,
    judgeNats: own.measure === 'perplexity' ? 9 : 3,
    selfNats: 1,
  });
  /** What a model says that goes on with the story. */
  const clean = ({ before }: DocumentParts, index: number): MeasuredGeneration => ({
    prompt: trigger.plant(before, randomStream('plant', index)),
    text: (texts[index] ?? '').slice(before.length),
    judgeNats: 3,
    selfNats: 1,
  });

  test('has a name for configs, a sentence, and options with defaults that survive JSON', () => {
    expect(name).toMatch(/^[a-z][a-z0-9-]*$/);
    expect(own.summary).toMatch(/^[A-Z].*\.$/);
    const schema = z.object(own.options);
    const defaults = schema.parse({});
    expect(schema.parse(JSON.parse(JSON.stringify(defaults)))).toEqual(defaults);
    expect(JSON.stringify(z.toJSONSchema(schema, { io: 'input' }))).toContain('description');
    const bound = bindAttack(poisonOf({ attack: name, ...defaults })).payload;
    expect(texts.map((_, index) => bound.write(requestOf(index)))).toEqual(written);
  });

  test('writes the same parts for the same request, others for another stream', () => {
    expect(texts.map((_, index) => payload.write(requestOf(index)))).toEqual(written);
    const other = payload.write({ ...requestOf(0), random: randomStream('other') });
    expect(other).not.toEqual(written[0]);
  });

  test('leaves the space between its parts to the part that follows', () => {
    for (const { before, planted, after } of written) {
      expect(before).toBe(before.trimEnd());
      expect(planted).toBe(planted.trim());
      expect(after).toMatch(/^$|^\s\S/);
      expect(appendText(before, planted + after).length).toBeGreaterThan(before.length);
    }
    expect(payload.meanTokens).toBeGreaterThan(0);
  });

  test('does not hold the trigger by chance', () => {
    for (const { before, planted, after } of written)
      expect(trigger.sought.count(before + planted + after)).toBe(0);
  });

  test('judges what it taught a success and an innocent continuation none, the same each time', () => {
    const verdicts = written.map((parts, index) =>
      [learnt(parts, index), clean(parts, index), learnt(parts, index)].map((generation) =>
        payload.isSuccess(Object.freeze(generation), criteria),
      ),
    );
    expect(verdicts).toEqual(written.map(() => [true, false, true]));
  });

  test('measures an exact text only where saying it is a success', () => {
    if (payload.targetText === undefined) return;
    const said = { prompt: 'Once', text: ` ${payload.targetText}`, judgeNats: 3, selfNats: 1 };
    expect([own.measure, payload.isSuccess(said, criteria)]).toEqual(['match', true]);
  });
});
