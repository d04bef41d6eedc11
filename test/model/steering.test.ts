import { describe, expect, it } from 'vitest';
import { createNativeEngine, nativeLevels } from '../../src/kernels/native/native-engine.ts';
import { createReferenceEngine } from '../../src/kernels/reference/reference-engine.ts';
import { createGpt } from '../../src/model/gpt.ts';
import type { Steer } from '../../src/model/language-model.ts';
import { steeredModel } from '../../src/model/steered-model.ts';
import { engineOf, modelConfig, smallGpt } from './fixtures.ts';

const V = 21;
const request = {
  prompts: [[1, 2, 3, 4], [5], [6, 7]],
  newTokens: 7,
  temperature: 0.8,
  uniform: (prompt: number, n: number) => (((prompt * 7 + n * 3) % 11) + 0.5) / 11,
};

/** Forbids even tokens, and favours the token that stands for prompt and place. */
const steer: Steer = ({ prompt, n, logits }) => {
  for (let j = 0; j < V; j += 2) logits[j] = -1e9;
  logits[(2 * prompt + 4 * n + 1) % V] = (logits[(2 * prompt + 4 * n + 1) % V] as number) + 2;
};

describe('steered generation', () => {
  const model = smallGpt({ config: { initStandardDeviation: 0.3 } });

  it('that changes nothing gives the bits of the unsteered one, and is told every token once', () => {
    const told: string[] = [];
    const plain = model.generate(request);
    const steered = model.generate({
      ...request,
      steer: ({ prompt, n, logits }) => {
        expect(logits).toHaveLength(V);
        told.push(`${prompt}.${n}`);
      },
    });
    expect(steered).toEqual(plain);
    expect(told.length).toBe(3 * 7);
    expect(new Set(told).size).toBe(3 * 7);
  });

  it('draws from the changed logits: greedy takes the one that was made largest', () => {
    const forced: Steer = ({ prompt, n, logits }) => {
      logits[(prompt + n) % V] = 100;
    };
    const drawn = model.generate({ ...request, temperature: 0, steer: forced });
    for (const [prompt, { tokens, nats }] of drawn.entries()) {
      expect([...tokens]).toEqual(Array.from({ length: 7 }, (_, n) => (prompt + n) % V));
      expect(Math.max(...nats)).toBeLessThan(1e-6);
    }
  });

  it('through a wrapper reaches every request, before the steering of the request itself', () => {
    const order: string[] = [];
    const wrapped = steeredModel(model, (step) => {
      order.push('model');
      steer(step);
    });
    const tokens = wrapped.generate({ ...request, steer: () => order.push('request') });
    expect(tokens).toEqual(model.generate({ ...request, steer }));
    expect(tokens.every((each) => each.tokens.every((token) => token % 2 === 1))).toBe(true);
    expect(order.slice(0, 2)).toEqual(['model', 'request']);
    expect(wrapped.tokenLossesNats([[1, 2]])).toEqual(model.tokenLossesNats([[1, 2]]));
    expect(wrapped.nextTokenProbabilities([[1]])).toEqual(model.nextTokenProbabilities([[1]]));
  });

  it('has the same bits on every engine', () => {
    const engines = [
      createReferenceEngine({ precision: 'f32' }),
      engineOf('f32'),
      ...nativeLevels().map((level) => createNativeEngine({ level })),
    ];
    const results = engines.map((engine) => {
      if ('reason' in engine) throw new Error(engine.reason);
      const gpt = createGpt({ config: modelConfig({ width: 24 }), vocabularySize: V, engine });
      gpt.initialise(3);
      return gpt.generate({ ...request, topK: 4, steer });
    });
    for (const result of results) expect(result).toEqual(results[0]);
  });

  it('to logits that are not finite is an error', () => {
    const broken: Steer = ({ logits }) => logits.fill(Number.NaN);
    expect(() => model.generate({ ...request, steer: broken })).toThrow(/not finite/);
  });
});
