import { expect, test } from 'vitest';
import { EVALUATION_CONTRACT } from '../../src/core/contracts.ts';
import { hashValue } from '../../src/core/hash.ts';
import { evaluateCheckpoint } from '../../src/evaluate/evaluate-checkpoint.ts';
import { prepareEvaluation } from '../../src/evaluate/evaluation-set.ts';
import { byteTokenizer, cleanTexts, documents, evaluationConfig, fakeModel, poison } from './fakes.ts';

test('measurements are those of the contract version: if they change, raise it', () => {
  const set = prepareEvaluation({
    config: evaluationConfig,
    poisons: [{ name: 'pretrain', poison }],
    seed: 's',
    contextTokens: 128,
    packing: 'stream',
    tokenizer: byteTokenizer,
    documents,
    cleanTexts,
  });
  const model = fakeModel({
    isBackdoor: (prompt) => prompt.endsWith('lamp'),
    answer: (_, uniform) => 97 + Math.floor(uniform * 26),
  });
  const result = evaluateCheckpoint(model, set, { full: true, seed: 1, decode: byteTokenizer.decode });
  expect({ contract: EVALUATION_CONTRACT, hash: hashValue([set, result]) }).toEqual({
    contract: 1,
    hash: '1c175c12cb5d8af427ff70cfa12694db87cfd49394cbc8046f9cd2f746c3289f',
  });
});
