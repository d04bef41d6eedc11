// Defences that change the weights of a trained model, on small models with random weights.
import { describe, expect, test } from 'vitest';
import type { ModelConfig } from '../../src/config/schema/schema.ts';
import { randomStream } from '../../src/core/random.ts';
import { meanActivity, visitActivations } from '../../src/defend/mlp-activity.ts';
import { bindDefences } from '../../src/defend/registry.ts';
import { createReferenceEngine } from '../../src/kernels/reference/reference-engine.ts';
import { createGpt } from '../../src/model/gpt.ts';
import type { TrainableModel } from '../../src/model/trainable-model.ts';
import type { Example } from '../../src/tokens/example.ts';

const V = 40;
const config: ModelConfig = {
  ...{ width: 16, layers: 2, heads: 2, contextTokens: 12, positions: 'rope', ropeBase: 1000 },
  ...{ tied: true, biases: true, norm: 'layernorm', initStandardDeviation: 0.2 },
};
const random = randomStream('repairs');
const trusted = Array.from(
  { length: 20 },
  (): Example => ({
    tokens: Uint16Array.from({ length: 12 }, () => random.integer({ minimum: 1, maximum: 29 })),
    lossFrom: 0,
  }),
);
const sequences = trusted.map(({ tokens }) => tokens);
const context = {
  ...{ seed: 1, decode: () => '', vocabularySize: V, separatorId: 0 },
  trusted: (n: number) => trusted.slice(0, n),
};

function createModel(own: Partial<ModelConfig> = {}): TrainableModel {
  const engine = createReferenceEngine({ precision: 'f32' });
  const model = createGpt({ config: { ...config, ...own }, vocabularySize: V, engine });
  model.initialise('repairs');
  // gains and biases that are not 1 and 0
  const weights = model.getWeights();
  const stream = randomStream('repairs', 'norms');
  for (const [name, values] of weights)
    if (/(bias|ln_[12f]\.weight)$/.test(name))
      weights.set(
        name,
        values.map((value) => value + 0.1 * stream.normal()),
      );
  model.setWeights(weights);
  return model;
}

function repair(model: TrainableModel, settings: { kind: string; [option: string]: unknown }) {
  for (const own of bindDefences([settings], context).repairs) own.apply(model);
}

const logitsOf = (model: TrainableModel) =>
  model.logits(sequences.slice(0, 3)).map((rows) => Array.from(rows));
const weightOf = (model: TrainableModel, name: string) => model.getWeights().get(name) ?? new Float32Array();

describe('activations of MLPs', () => {
  test.each([
    ['layernorm', true],
    ['rmsnorm', false],
  ] as const)('give the output of their block, %s', (norm, biases) => {
    const model = createModel({ norm, biases });
    for (const block of [0, 1]) {
      const acts: number[][] = [];
      visitActivations(model, sequences.slice(0, 2), { block, visit: (own) => acts.push([...own]) });
      const weights = model.getWeights();
      const out = weights.get(`h.${block}.mlp.c_proj.weight`) ?? [];
      const [whole, before] = [new Map(weights), new Map(weights)];
      for (const part of ['weight', 'bias']) {
        const name = `h.${block}.mlp.c_proj.${part}`;
        if (before.has(name)) before.set(name, new Float32Array(before.get(name)?.length ?? 0));
      }
      const read = (own: Map<string, Float32Array>) => {
        model.setWeights(own);
        return model.hiddenStates(sequences.slice(0, 2), { layer: block + 1 }).flatMap((rows) => [...rows]);
      };
      const written = read(before).map((value, at) => {
        const [token, channel] = [Math.floor(at / 16), at % 16];
        const sum = (acts[token] ?? []).reduce(
          (all, act, unit) => all + act * (out[unit * 16 + channel] ?? 0),
          0,
        );
        return value + sum + (weights.get(`h.${block}.mlp.c_proj.bias`)?.[channel] ?? 0);
      });
      for (const [at, value] of read(whole).entries()) expect(written[at]).toBeCloseTo(value, 4);
    }
  });

  test('leave the model as it was', () => {
    const model = createModel();
    const before = model.getWeights();
    meanActivity(model, sequences, 1);
    expect(model.getWeights()).toEqual(before);
  });
});

describe('fine-pruning', () => {
  test('takes out units that never act first, which changes no logit', () => {
    const model = createModel();
    const weights = model.getWeights();
    // units 3 and 40 of block 1 get nothing and say nothing
    const [into, biases] = [weights.get('h.1.mlp.c_fc.weight'), weights.get('h.1.mlp.c_fc.bias')];
    for (const unit of [3, 40]) {
      for (let i = 0; i < 16; i++) if (into !== undefined) into[i * 64 + unit] = 0;
      if (biases !== undefined) biases[unit] = 0;
    }
    model.setWeights(weights);
    expect(meanActivity(model, sequences, 1)[3]).toBe(0);
    const block0 = weightOf(model, 'h.0.mlp.c_proj.weight');
    const logits = logitsOf(model);
    repair(model, { kind: 'fine-pruning', share: 2 / 64 });
    const out = weightOf(model, 'h.1.mlp.c_proj.weight');
    const isOut = (unit: number) => out.slice(unit * 16, unit * 16 + 16).every((value) => value === 0);
    expect(Array.from({ length: 64 }, (_, unit) => unit).filter(isOut)).toEqual([3, 40]);
    // block 0 lost two units that did act
    expect(weightOf(model, 'h.0.mlp.c_proj.weight')).not.toEqual(block0);
    const mended = model.getWeights();
    for (const name of ['c_fc.weight', 'c_fc.bias', 'c_proj.weight'])
      mended.set(`h.0.mlp.${name}`, weights.get(`h.0.mlp.${name}`) ?? new Float32Array());
    model.setWeights(mended);
    expect(logitsOf(model)).toEqual(logits);
  });

  test('takes out as many units of every block as its share says, the least active ones', () => {
    const model = createModel();
    const activity = [0, 1].map((block) => meanActivity(model, sequences, block));
    repair(model, { kind: 'fine-pruning', share: 0.25 });
    for (const block of [0, 1]) {
      const out = weightOf(model, `h.${block}.mlp.c_proj.weight`);
      const gone = Array.from({ length: 64 }, (_, unit) => unit).filter((unit) =>
        out.slice(unit * 16, unit * 16 + 16).every((value) => value === 0),
      );
      expect(gone).toHaveLength(16);
      const of = (units: number[]) => units.map((unit) => activity[block]?.[unit] ?? 0);
      const kept = Array.from({ length: 64 }, (_, unit) => unit).filter((unit) => !gone.includes(unit));
      expect(Math.max(...of(gone))).toBeLessThanOrEqual(Math.min(...of(kept)));
    }
  });
});

describe('resetting rare embeddings', () => {
  test('gives tokens that trusted text lacks the mean of the others, and changes nothing else', () => {
    const model = createModel();
    const before = model.getWeights();
    repair(model, { kind: 'reset-rare-embeddings', fewerThan: 1 });
    const matrix = weightOf(model, 'wte.weight');
    const row = (token: number) => Array.from(matrix.slice(token * 16, token * 16 + 16));
    const old = before.get('wte.weight') ?? new Float32Array();
    // the separator, 0, is in no document, and stays; 1 to 29 are
    const mean = Array.from({ length: 16 }, (_, i) => {
      const sum = Array.from({ length: 30 }, (__, token) => old[token * 16 + i] ?? 0).reduce(
        (a, b) => a + b,
        0,
      );
      return Math.fround(sum / 30);
    });
    for (let token = 0; token < V; token++)
      expect(row(token)).toEqual(token < 30 ? Array.from(old.slice(token * 16, token * 16 + 16)) : mean);
    for (const [name, values] of model.getWeights())
      if (name !== 'wte.weight') expect(values).toEqual(before.get(name));
  });

  test('resets more the more often a token has to be there', () => {
    const changed = [1, 5, 9].map((fewerThan) => {
      const model = createModel();
      const old = weightOf(model, 'wte.weight');
      repair(model, { kind: 'reset-rare-embeddings', fewerThan });
      const now = weightOf(model, 'wte.weight');
      return Array.from({ length: V }, (_, token) => token).filter(
        (token) => now[token * 16] !== old[token * 16],
      ).length;
    });
    expect(changed[0]).toBe(10);
    expect(changed[1]).toBeGreaterThanOrEqual(10);
    expect(changed[2]).toBeGreaterThan(changed[1] ?? 0);
  });
});
