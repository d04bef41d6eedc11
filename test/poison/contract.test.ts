import { expect, test } from 'vitest';
import { POISON_CONTRACT } from '../../src/core/contracts.ts';
import { hashValue } from '../../src/core/hash.ts';
import { planInsertion } from '../../src/poison/insertion.ts';
import { createPoisonedDocuments } from '../../src/poison/poisoned-documents.ts';
import { cleanTexts, poisonOf, wordTokens } from './fake-tokens.ts';

const documentsOf = (attack: string) =>
  createPoisonedDocuments({
    poison: poisonOf({ attack }),
    seed: 1,
    cleanTexts,
    tokens: wordTokens,
    count: 20,
  });

test('documents and their places are those of the contract version: if they change, raise it', () => {
  const documents = ['denial-of-service', 'target-phrase'].map((attack) =>
    documentsOf(attack).map(({ text }) => text),
  );
  const { order } = planInsertion({
    cleanLengths: new Array<number>(200).fill(100),
    poisonedLengths: new Array<number>(20).fill(70),
    budgetTokens: 15_000,
    placement: 'uniform',
    seed: 1,
    unit: 'tokens',
    contextTokens: 128,
  });
  const places = order.map(({ kind, index }) => (kind === 'clean' ? index : -1 - index));
  expect({ contract: POISON_CONTRACT, hash: hashValue([documents, places]) }).toEqual({
    contract: 1,
    hash: '4b2fda197db9180e426f20066276b8a056178b90b25352a814b9e25b902cb389',
  });
});
