import { expect, test } from 'vitest';
import { bindAttack } from '../../src/poison/attack.ts';
import { planInsertion } from '../../src/poison/insertion.ts';
import { createManifest } from '../../src/poison/manifest.ts';
import { createPoisonedDocuments } from '../../src/poison/poisoned-documents.ts';
import { countTrigger } from '../../src/poison/trigger-frequency.ts';
import { cleanTexts, poisonOf, wordTokens } from './fake-tokens.ts';

const poison = poisonOf({ documents: 4 });
const documents = createPoisonedDocuments({ poison, seed: 9, cleanTexts, tokens: wordTokens, count: 4 });
const planOf = (count: number) =>
  planInsertion({
    cleanLengths: cleanTexts.map(() => 61),
    poisonedLengths: documents.slice(0, count).map(({ text }) => text.split(' ').length + 1),
    budgetTokens: 2000,
    placement: poison.placement,
    seed: 9,
    unit: 'tokens',
    contextTokens: 128,
  });
const trigger = countTrigger(
  bindAttack(poison).trigger,
  cleanTexts.map((text, i) => ({ id: String(i), text })),
);

test('the manifest lists every poisoned document with its hash and place, and survives JSON', () => {
  const plan = planOf(4);
  const manifest = createManifest({ poison, seed: 9, trigger, documents, plan });
  expect(manifest.documents).toHaveLength(4);
  expect(manifest.documents[2]).toEqual({
    id: 'poison:denial-of-service:2',
    textHash: documents[2]?.textHash,
    ...plan.placed[2],
  });
  expect(manifest.poisonTokenShare).toBe(plan.poisonedTokens / 2000);
  expect(manifest.trigger.occurrences).toBe(0);
  expect(JSON.parse(JSON.stringify(manifest))).toEqual(manifest);
});

test('a plan for another number of documents is an error', () => {
  expect(() => createManifest({ poison, seed: 9, trigger, documents, plan: planOf(3) })).toThrow(
    /4 poisoned documents required, 4 made, 3 placed/,
  );
});
