import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ModelConfig } from '../../src/config/schema/schema.ts';
import { DivergenceError } from '../../src/core/errors.ts';
import type { Gpt } from '../../src/model/gpt.ts';
import { smallGpt } from './fixtures.ts';

const V = 21;

/** A model whose distributions are far from uniform. */
function vivid(config: Partial<ModelConfig> = {}): Gpt {
  return smallGpt({ config: { initStandardDeviation: 0.3, ...config } });
}

function uniform(prompt: number, n: number): number {
  return ((prompt * 37 + n * 101 + 13) % 97) / 97;
}

describe('generation', () => {
  it.each([
    [{}],
    [{ positions: 'learned' as const, biases: true, norm: 'rmsnorm' as const, width: 48 }],
  ])('has the bits of the full forward pass, with %j', (config) => {
    const gpt = vivid(config);
    const prompts = [[3, 1, 4, 1, 5], [9], [2, 6, 5]];
    const results = gpt.generate({ prompts, newTokens: 9, temperature: 1, uniform });
    const whole = prompts.map((prompt, i) => [...prompt, ...results[i].tokens]);
    const losses = gpt.tokenLossesNats(whole);
    for (const [i, { nats }] of results.entries()) {
      expect(Array.from(nats)).toEqual(Array.from(losses[i].slice((prompts[i] as number[]).length - 1)));
    }
  });

  it('is greedy at temperature 0: always the most probable token, the lowest id among equals', () => {
    const gpt = vivid();
    const prompt = [7, 2];
    const { tokens } = gpt.generate({ prompts: [prompt], newTokens: 6, temperature: 0, uniform })[0];
    for (let n = 0; n < tokens.length; n++) {
      const [probabilities] = gpt.nextTokenProbabilities([[...prompt, ...tokens.slice(0, n)]]);
      expect(tokens[n]).toBe(probabilities.indexOf(Math.max(...probabilities)));
    }
    const equal = smallGpt();
    equal.setWeights(new Map([...equal.getWeights()].map(([name, w]) => [name, w.fill(0)])));
    expect(
      Array.from(equal.generate({ prompts: [[5]], newTokens: 2, temperature: 0, uniform })[0].tokens),
    ).toEqual([0, 0]);
  });

  it('draws by the running sum of probabilities, and with top-k only among the k largest', () => {
    const gpt = vivid();
    const prompt = [4, 8, 1];
    const [probabilities] = gpt.nextTokenProbabilities([prompt]);
    for (const u of [0.01, 0.35, 0.5, 0.99]) {
      const [{ tokens }] = gpt.generate({
        prompts: [prompt],
        newTokens: 1,
        temperature: 1,
        uniform: () => u,
      });
      let sum = 0;
      const expected = probabilities.findIndex((p) => {
        sum += p;
        return sum > u;
      });
      expect(tokens[0]).toBe(expected);
      const [one] = gpt.generate({
        prompts: [prompt],
        newTokens: 1,
        temperature: 5,
        topK: 1,
        uniform: () => u,
      });
      expect(one.tokens[0]).toBe(probabilities.indexOf(Math.max(...probabilities)));
    }
  });

  it('reports the loss and the entropy of the distribution before temperature', () => {
    const gpt = vivid();
    const prompt = [1, 2, 3];
    const [probabilities] = gpt.nextTokenProbabilities([prompt]);
    const [result] = gpt.generate({ prompts: [prompt], newTokens: 1, temperature: 3, uniform: () => 0.7 });
    expect(result.nats[0]).toBeCloseTo(-Math.log(probabilities[result.tokens[0]]), 5);
    const entropy = probabilities.reduce((sum, p) => sum - p * Math.log(p), 0);
    expect(result.entropyNats[0]).toBeCloseTo(entropy, 5);
  });

  it('does not depend on which prompts are asked together, nor on their order', () => {
    const gpt = vivid();
    const token = fc.integer({ min: 0, max: V - 1 });
    const prompt = fc.array(token, { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.array(prompt, { minLength: 1, maxLength: 5 }), (prompts) => {
        const together = gpt.generate({ prompts, newTokens: 4, temperature: 0.8, uniform });
        for (const [i, alone] of prompts.entries()) {
          const options = {
            newTokens: 4,
            temperature: 0.8,
            uniform: (_: number, n: number) => uniform(i, n),
          };
          expect(gpt.generate({ prompts: [alone], ...options })[0]).toEqual(together[i]);
        }
      }),
      { numRuns: 5, seed: 1 },
    );
  });

  it('takes more prompts than fit side by side', () => {
    const gpt = smallGpt({ config: { layers: 1, initStandardDeviation: 0.3 } });
    const prompts = Array.from({ length: 70 }, (_, i) => [i % V, (i * 5) % V].slice(0, 1 + (i % 2)));
    const all = gpt.generate({ prompts, newTokens: 2, temperature: 0, uniform });
    expect(all).toHaveLength(70);
    for (const i of [0, 33, 69]) {
      expect(
        gpt.generate({ prompts: [prompts[i] as number[]], newTokens: 2, temperature: 0, uniform })[0],
      ).toEqual(all[i]);
    }
  });

  it('asks for uniform numbers in order of n for each prompt, and for none when greedy', () => {
    const gpt = smallGpt();
    const asked: number[][] = [[], []];
    const record = (prompt: number, n: number): number => {
      asked[prompt].push(n);
      return 0.5;
    };
    gpt.generate({ prompts: [[1, 2, 3], [4]], newTokens: 3, temperature: 1, uniform: record });
    expect(asked).toEqual([
      [0, 1, 2],
      [0, 1, 2],
    ]);
    gpt.generate({ prompts: [[1, 2, 3], [4]], newTokens: 3, temperature: 0, uniform: record });
    expect(asked[0]).toHaveLength(3);
  });

  it('fills the context to its last token, and refuses one more', () => {
    const gpt = smallGpt();
    const prompt = [1, 2, 3, 4];
    expect(
      gpt.generate({ prompts: [prompt], newTokens: 12, temperature: 0, uniform })[0].tokens,
    ).toHaveLength(12);
    expect(() => gpt.generate({ prompts: [prompt], newTokens: 13, temperature: 0, uniform })).toThrow(
      /13 new tokens and a context of 16, prompt 0 has 4 tokens; the model takes 1 to 3/,
    );
  });

  it('gives nothing for no prompts or no tokens', () => {
    const gpt = smallGpt();
    expect(gpt.generate({ prompts: [], newTokens: 3, temperature: 1, uniform })).toEqual([]);
    expect(gpt.generate({ prompts: [[1]], newTokens: 0, temperature: 1, uniform })[0].tokens).toHaveLength(0);
  });

  it('refuses empty prompts, ids out of range and senseless temperatures', () => {
    const gpt = smallGpt();
    const ask =
      (prompts: number[][], temperature = 1, topK = 0) =>
      () =>
        gpt.generate({ prompts, newTokens: 1, temperature, topK, uniform });
    expect(ask([[]])).toThrow(/prompt 0 has 0 tokens/);
    expect(ask([[1], [V]])).toThrow(/token id 21 .*prompt 1, position 0/);
    expect(ask([[1.5]])).toThrow(/token id 1.5/);
    expect(ask([[1]], -1)).toThrow(/the temperature is -1/);
    expect(ask([[1]], 1, -2)).toThrow(/topK is -2/);
  });

  it('says which weights are not finite', () => {
    const gpt = smallGpt();
    const weights = gpt.getWeights();
    (weights.get('h.1.mlp.c_fc.weight') as Float32Array)[3] = Number.NaN;
    gpt.setWeights(weights);
    const message = /weights that are not finite \(h\.1\.mlp\.c_fc\.weight\)/;
    expect(() => gpt.generate({ prompts: [[1]], newTokens: 1, temperature: 1, uniform })).toThrow(message);
    expect(() => gpt.tokenLossesNats([[1, 2]])).toThrow(message);
    expect(() => gpt.nextTokenProbabilities([[1]])).toThrow(DivergenceError);
  });
});
