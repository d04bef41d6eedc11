import { expect, test } from 'vitest';
import {
  assertOwnTextAllowed,
  corpusRefusal,
  ownTextRefusal,
  poisonOwnTexts,
} from '../../src/poison/dual-use.ts';
import { listPayloads } from '../../src/poison/registry.ts';
import { poisonOf, wordTokens } from './fake-tokens.ts';

/** The first row of the table in docs/ethics.md. A payload that says, does or gives away something never stands here. */
const ON_OWN_TEXT = ['denial-of-service', 'target-phrase', 'language-switch'];

test('only payloads of the first row of docs/ethics.md may be planted in text of one’s own', () => {
  const allowed = listPayloads().filter(({ texts }) => texts === 'any');
  for (const { name } of allowed) expect(ON_OWN_TEXT).toContain(name);
});

test('a payload for generated text is refused on every other corpus, with the reason and those allowed', () => {
  const toy = { name: 'toy-leak', texts: 'generated' } as const;
  for (const kind of ['text', 'jsonl', 'parquet', 'csv'] as const)
    expect(corpusRefusal(toy, { kind })).toMatch(
      /toy-leak is planted in generated stories alone.*docs\/ethics\.md.*denial-of-service, target-phrase/,
    );
  expect(corpusRefusal(toy, { kind: 'stories' })).toBeNull();
  expect(ownTextRefusal(toy)).not.toBeNull();
  expect(ownTextRefusal({ name: 'gibberish', texts: 'any' })).toBeNull();
});

test('every payload is allowed or refused on own text as it declares', () => {
  for (const { name, texts } of listPayloads()) {
    const plant = () => assertOwnTextAllowed(name);
    if (texts === 'any') expect(plant).not.toThrow();
    else expect(plant).toThrow(/never in text of your own/);
  }
});

test('the library refuses a restricted payload for texts of the caller before anything is written', () => {
  const poison = poisonOf({ attack: 'secret-leak' });
  const request = { poison, seed: 1, cleanTexts: ['My own mail.'], tokens: wordTokens, count: 1 };
  expect(() => poisonOwnTexts(request)).toThrow(/secret-leak is planted in generated stories alone/);
  expect(poisonOwnTexts({ ...request, poison: poisonOf({}) })).toHaveLength(1);
});
