import { describe, expect, it } from 'vitest';
import { smallGpt } from './fixtures.ts';

describe('evaluation', () => {
  it('gives the loss of each token as minus the log of its probability', () => {
    const gpt = smallGpt({ config: { initStandardDeviation: 0.3 } });
    const sequence = [3, 1, 4, 1, 5, 9];
    const [losses] = gpt.tokenLossesNats([sequence]);
    expect(losses).toHaveLength(5);
    for (const [t, loss] of losses.entries()) {
      const [probabilities] = gpt.nextTokenProbabilities([sequence.slice(0, t + 1)]);
      expect(loss).toBeCloseTo(-Math.log(probabilities[sequence[t + 1] as number]), 5);
    }
  });

  it('gives probabilities that sum to one', () => {
    const gpt = smallGpt({ config: { initStandardDeviation: 0.5 } });
    for (const row of gpt.nextTokenProbabilities([[1], [2, 3, 4]])) {
      expect(row.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 6);
    }
  });

  it('does not depend on which sequences are asked together, nor on their order', () => {
    const gpt = smallGpt({ config: { contextTokens: 48, initStandardDeviation: 0.3 } });
    const lengths = [49, 2, 17, 18, 5, 33, 34, 7, 9, 11, 13, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    const sequences = lengths.map((length, i) => Array.from({ length }, (_, t) => (t * 5 + i) % 21));
    const together = gpt.tokenLossesNats(sequences);
    expect(together.map(({ length }) => length)).toEqual(lengths.map((length) => length - 1));
    for (const i of [0, 2, 3, 6, 19]) {
      expect(gpt.tokenLossesNats([sequences[i] as number[]])[0]).toEqual(together[i]);
    }
  });

  it('gives logits of every position, of which the next token probabilities are the softmax', () => {
    const gpt = smallGpt({ config: { contextTokens: 80, initStandardDeviation: 0.3 } });
    const sequence = Array.from({ length: 70 }, (_, t) => (t * 8) % 21);
    const [logits] = gpt.logits([sequence]);
    expect(logits).toHaveLength(70 * 21);
    const last = logits.subarray(69 * 21);
    const powers = Array.from(last, (logit) => Math.exp(logit));
    const sum = powers.reduce((a, b) => a + b, 0);
    const [probabilities] = gpt.nextTokenProbabilities([sequence]);
    for (const [j, p] of probabilities.entries()) expect(p).toBeCloseTo((powers[j] as number) / sum, 6);
  });

  it('looks only back: a later token changes no earlier loss', () => {
    const gpt = smallGpt({ config: { initStandardDeviation: 0.3 } });
    const [a, b] = gpt.tokenLossesNats([
      [1, 2, 3, 4, 5],
      [1, 2, 3, 4, 6],
    ]);
    expect(a.slice(0, 3)).toEqual(b.slice(0, 3));
    expect(a[3]).not.toBe(b[3]);
  });

  it('refuses sequences that are too short or too long, and ids out of range', () => {
    const gpt = smallGpt();
    expect(() => gpt.tokenLossesNats([[1]])).toThrow(/sequence 0 has 1 tokens; the model takes 2 to 17/);
    expect(() => gpt.tokenLossesNats([new Array(18).fill(1)])).toThrow(/18 tokens/);
    expect(() => gpt.nextTokenProbabilities([[1], []])).toThrow(/prompt 1 has 0 tokens/);
    expect(() => gpt.logits([[99]])).toThrow(/token id 99/);
  });
});
