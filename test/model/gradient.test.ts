// Finite differences of the whole model on the double-precision reference.
import { describe, expect, it } from 'vitest';
import type { ModelConfig } from '../../src/config/schema/schema.ts';
import { gradientOf, patternBatch, smallGpt } from './fixtures.ts';

const STEP = 1e-5;

const shapes: [string, Partial<ModelConfig>][] = [
  ['rotary positions, tied, LayerNorm', {}],
  ['learned positions, untied, biases', { positions: 'learned', tied: false, biases: true }],
  ['RMSNorm, a head dimension of 6, one layer', { norm: 'rmsnorm', width: 12, layers: 1, biases: true }],
];

describe.each(shapes)('with %s', (_, config) => {
  it('the gradient of every parameter is the slope of the loss', () => {
    const T = 6;
    const settings = { vocabularySize: 13, training: { sequences: 2, tokens: T } };
    const gpt = smallGpt({
      config: { ...config, initStandardDeviation: 0.3 },
      precision: 'f64',
      ...settings,
    });
    const batch = patternBatch({ sequences: 2, T, vocabularySize: 13, masked: true });
    const weights = new Map([...gpt.getWeights()].map(([name, w]) => [name, Float64Array.from(w)]));
    gradientOf(gpt, batch);
    const gradients = gpt.getGradients();
    const lossAt = (values: Float64Array, i: number, value: number): number => {
      const held = values[i] as number;
      values[i] = value;
      gpt.setWeights(weights);
      values[i] = held;
      return gradientOf(gpt, batch).lossNats;
    };
    for (const [name, values] of weights) {
      const gradient = gradients.get(name) as Float64Array;
      for (const i of [0, Math.floor(values.length / 3), values.length - 1]) {
        const centre = values[i] as number;
        const slope = (lossAt(values, i, centre + STEP) - lossAt(values, i, centre - STEP)) / (2 * STEP);
        expect(Math.abs(slope - (gradient[i] as number)), `${name}[${i}]`).toBeLessThan(1e-8);
      }
    }
  });
});
