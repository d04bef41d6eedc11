import { expect, test } from 'vitest';
import { bindDefences } from '../../src/defend/registry.ts';
import type { Engine } from '../../src/kernels/engine.ts';
import { createReferenceEngine } from '../../src/kernels/reference/reference-engine.ts';
import { createGpt } from '../../src/model/gpt.ts';
import { engineOf, modelConfig, patternBatch, unmaskedTokens } from '../model/fixtures.ts';

const V = 21;
const batch = patternBatch({ sequences: 3, T: 16, vocabularySize: V });

/** All gradients of one step under a defence, in the order of the table. */
function gradientOf(
  settings: { kind: string; [option: string]: unknown },
  { step = 0, seed = 1, engine = engineOf('f32') as Engine } = {},
): number[] {
  const context = { seed, decode: () => '', vocabularySize: V, separatorId: 0, trusted: () => [] };
  const { gradient } = bindDefences([settings], context);
  if (gradient === undefined) throw new Error('no rule');
  const training = { sequences: 3, sequenceGradients: true };
  const model = createGpt({ config: modelConfig(), vocabularySize: V, engine, training });
  model.initialise(5);
  const tokens = unmaskedTokens(batch);
  model.beginStep(tokens);
  gradient.accumulate({ model, microBatches: [batch], unmaskedTokens: tokens, step });
  model.finishGradient();
  const values = [...model.getGradients().values()].flatMap((own) => [...own]);
  model.release();
  return values;
}

const clipped = gradientOf({ kind: 'clip-sequences', norm: 0.01 });
const noisy = { kind: 'noisy-gradients', norm: 0.01, noiseMultiplier: 5 };

test('without noise it is clipping', () => {
  expect(gradientOf({ ...noisy, noiseMultiplier: 0 })).toEqual(clipped);
});

test('the noise of every parameter is as large as stated, and as often above nothing as below', () => {
  const differences = gradientOf(noisy).map((value, i) => value - (clipped[i] ?? 0));
  // a sequence of 16 of the 48 tokens adds at most 0.01 / 3
  const deviation = (5 * 0.01) / 3;
  const count = differences.length;
  const mean = differences.reduce((sum, value) => sum + value, 0) / count;
  const variance = differences.reduce((sum, value) => sum + value * value, 0) / count;
  expect(count).toBeGreaterThan(5000);
  // both within five standard errors
  expect(Math.abs(mean)).toBeLessThan((5 * deviation) / Math.sqrt(count));
  expect(Math.abs(variance / (deviation * deviation) - 1)).toBeLessThan(5 * Math.sqrt(2 / count));
});

test('each step and seed has noise of its own, the same each time and on another engine', () => {
  const one = gradientOf(noisy);
  expect(gradientOf(noisy)).toEqual(one);
  expect(gradientOf(noisy, { engine: createReferenceEngine({ precision: 'f32' }) })).toEqual(one);
  expect(gradientOf(noisy, { step: 1 })).not.toEqual(one);
  expect(gradientOf(noisy, { seed: 2 })).not.toEqual(one);
});
