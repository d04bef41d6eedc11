import { describe, expect, it } from 'vitest';
import { countParameters } from '../../src/config/count-parameters.ts';
import type { ModelConfig } from '../../src/config/schema/schema.ts';
import { createReferenceEngine } from '../../src/kernels/reference/reference-engine.ts';
import { createGpt } from '../../src/model/gpt.ts';
import { gptMemoryBytes } from '../../src/model/gpt-plan.ts';
import { parameterTable } from '../../src/model/parameters.ts';
import { modelShape } from '../../src/model/shape.ts';
import { modelConfig, smallGpt } from './fixtures.ts';

const variants: Partial<ModelConfig>[] = [];
for (const positions of ['rope', 'learned'] as const) {
  for (const tied of [true, false]) {
    for (const biases of [true, false]) {
      for (const norm of ['layernorm', 'rmsnorm'] as const) variants.push({ positions, tied, biases, norm });
    }
  }
}

describe('the parameter table', () => {
  it.each(variants)('counts what a plan counts, with %j', (variant) => {
    const config = modelConfig({ width: 48, layers: 3, ...variant });
    const table = parameterTable(modelShape(config, 37));
    expect(table.parameters).toBe(countParameters(config, 37));
  });

  it('has GPT-2 names, decays matrices only, and gives each parameter its own words', () => {
    const config = modelConfig({ positions: 'learned', biases: true, tied: false });
    const { list, decayedWords, words } = parameterTable(modelShape(config, 37));
    expect(list.map(({ name }) => name)).toContain('h.1.attn.c_attn.weight');
    expect(list.find(({ name }) => name === 'h.0.mlp.c_fc.weight')?.shape).toEqual([16, 64]);
    let end = 0;
    for (const { offset, count, decay, shape } of list) {
      expect(offset).toBeGreaterThanOrEqual(end);
      expect(decay).toBe(shape.length === 2);
      expect(offset < decayedWords).toBe(decay);
      end = offset + count;
    }
    expect(words).toBeGreaterThanOrEqual(end);
  });

  it('draws initial values with the configured deviation, smaller into the residual stream', () => {
    const config = { width: 64, layers: 2, initStandardDeviation: 0.05, biases: true };
    const weights = smallGpt({ config, vocabularySize: 300 }).getWeights();
    const deviation = (name: string): number => {
      const values = weights.get(name) as Float32Array;
      return Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length);
    };
    expect(deviation('wte.weight')).toBeCloseTo(0.05, 3);
    expect(deviation('h.0.mlp.c_fc.weight')).toBeCloseTo(0.05, 3);
    expect(deviation('h.0.mlp.c_proj.weight')).toBeCloseTo(0.025, 3);
    expect(new Set(weights.get('h.1.ln_2.weight'))).toEqual(new Set([1]));
    expect(new Set(weights.get('h.1.mlp.c_fc.bias'))).toEqual(new Set([0]));
  });

  it('draws each matrix from its own stream: another depth leaves the first layer as it was', () => {
    const [shallow, deep] = [1, 1].map((_, i) => smallGpt({ config: { layers: 1 + 2 * i } }).getWeights());
    expect(deep.get('h.0.attn.c_attn.weight')).toEqual(shallow.get('h.0.attn.c_attn.weight'));
  });
});

describe('weights and memory', () => {
  it('come back as they were set', () => {
    const source = smallGpt({ seed: 3 });
    const target = smallGpt({ seed: 4 });
    target.setWeights(source.getWeights());
    expect(target.getWeights()).toEqual(source.getWeights());
    expect(target.logits([[1, 2, 3]])).toEqual(source.logits([[1, 2, 3]]));
  });

  it('refuse what belongs to another model, naming every difference', () => {
    const weights = smallGpt({ vocabularySize: 20 }).getWeights();
    weights.set('h.7.ln_1.weight', new Float32Array(16));
    weights.delete('ln_f.weight');
    expect(() => smallGpt().setWeights(weights)).toThrow(
      /wte\.weight has 320 values; this model needs 21 x 16 = 336[\s\S]*ln_f\.weight is missing[\s\S]*h\.7\.ln_1\.weight is not a parameter/,
    );
  });

  it('are known before training: ten million parameters train in under 1 GiB', () => {
    const config = modelConfig({ width: 320, layers: 8, heads: 10, contextTokens: 256 });
    const engine = createReferenceEngine({ precision: 'f32' });
    const options = { config, vocabularySize: 2048, engine, training: { sequences: 16 } };
    expect(countParameters(config, 2048)).toBeGreaterThan(10e6);
    expect(gptMemoryBytes(options)).toBeLessThan(1024 ** 3);
    const small = { ...options, config: modelConfig() };
    expect(createGpt(small).memoryBytes).toBe(gptMemoryBytes(small));
  });

  it('grow with threads by no more than the scratch of attention: threads share the rows of the head', () => {
    const engine = createReferenceEngine({ precision: 'f32' });
    const config = modelConfig();
    const bytes = (threads: number): number =>
      gptMemoryBytes({
        config,
        vocabularySize: 4096,
        engine,
        threads,
        training: { sequences: 4, chunkSequences: 4 },
      });
    const scratch = (threads: number): number => engine.attentionScratchWords({ T: 16, D: 8, threads });
    expect(bytes(8) - bytes(1)).toBeLessThanOrEqual(4 * (scratch(8) - scratch(1)));
  });
});
