// What defences read of a model: gradients of single sequences, gradients of inputs, hidden states. Slopes come from
// finite differences on the double-precision reference; every exact engine gives the same bits.
import { describe, expect, it } from 'vitest';
import type { ModelConfig } from '../../src/config/schema/schema.ts';
import { InputError } from '../../src/core/errors.ts';
import type { Engine } from '../../src/kernels/engine.ts';
import { createNativeEngine, nativeLevels } from '../../src/kernels/native/native-engine.ts';
import { createReferenceEngine } from '../../src/kernels/reference/reference-engine.ts';
import { createGpt } from '../../src/model/gpt.ts';
import { UnsupportedSignalError } from '../../src/model/signals.ts';
import type { TrainableModel } from '../../src/model/trainable-model.ts';
import { engineOf, modelConfig, patternBatch, smallGpt, unmaskedTokens } from './fixtures.ts';

const V = 13;
const T = 6;
const sequences = 3;
const STEP = 1e-5;
const training = { sequences, tokens: T, chunkSequences: 3, sequenceGradients: true };
const batch = patternBatch({ sequences, T, vocabularySize: V, masked: true });
const texts = [{ tokens: [1, 2, 3, 4, 5, 6, 7], weights: [0, 0, 0, 1, 1, 0.5] }, { tokens: [9, 8] }];

const shapes: [string, Partial<ModelConfig>][] = [
  ['rotary positions, tied, LayerNorm', {}],
  ['learned positions, untied, biases', { positions: 'learned', tied: false, biases: true }],
  ['RMSNorm, a width of 12, one layer', { norm: 'rmsnorm', width: 12, layers: 1, tied: false }],
];

function precise(config: Partial<ModelConfig>): TrainableModel {
  const changes = { ...config, initStandardDeviation: 0.3 };
  return smallGpt({ config: changes, precision: 'f64', vocabularySize: V, training });
}

interface Seen {
  readonly meanNats: number;
  readonly weight: number;
  readonly norm: number;
  readonly gradient: Float64Array;
}

/** Adds the gradient of a batch sequence by sequence; what was seen of each. */
function sequencesOf(model: TrainableModel, factors: readonly number[] = [1, 1, 1]): Seen[] {
  const seen: Seen[] = [];
  model.beginStep(unmaskedTokens(batch));
  model.accumulateSequences(batch, ({ sequence, meanNats, weight, norm, gradient }) => {
    expect(sequence).toBe(seen.length);
    seen.push({ meanNats, weight, norm, gradient: Float64Array.from(gradient) });
    return factors[sequence] as number;
  });
  return seen;
}

/** Slope of a loss along parameter i of an array, at the model's weights. */
function slope(model: TrainableModel, at: { name: string; i: number; loss: () => number }): number {
  const weights = new Map([...model.getWeights()].map(([name, w]) => [name, Float64Array.from(w)]));
  const values = weights.get(at.name) as Float64Array;
  const centre = values[at.i] as number;
  const lossAt = (value: number): number => {
    values[at.i] = value;
    model.setWeights(weights);
    return at.loss();
  };
  const result = (lossAt(centre + STEP) - lossAt(centre - STEP)) / (2 * STEP);
  lossAt(centre);
  return result;
}

describe.each(shapes)('with %s', (_, config) => {
  it('the gradient of each sequence is the slope of its share of the loss, and its norm the Euclidean one', () => {
    const model = precise(config);
    const seen = sequencesOf(model);
    const unmasked = unmaskedTokens(batch);
    for (const [s, { gradient, norm, weight, meanNats }] of seen.entries()) {
      const weights = batch.weights.subarray(s * T, (s + 1) * T);
      expect(weight).toBe(weights.reduce((sum, w) => sum + w, 0));
      expect(norm).toBeCloseTo(Math.hypot(...gradient), 12);
      const loss = (): number => {
        model.beginStep(unmasked);
        const { meanNats: means } = model.accumulateGradient(batch);
        return ((means[s] as number) * weight) / unmasked;
      };
      expect(loss()).toBeCloseTo((meanNats * weight) / unmasked, 12);
      for (const { name, offset, count } of model.table.list) {
        const i = Math.floor(count / 3);
        const expected = slope(model, { name, i, loss });
        expect(Math.abs(expected - (gradient[offset + i] as number)), `${name} of ${s}`).toBeLessThan(1e-8);
      }
    }
  });

  it('sequences with factor 1 add up to the gradient of the batch, and others to the weighted sum', () => {
    const model = precise(config);
    const factors = [0.5, 0, -2];
    const seen = sequencesOf(model, factors);
    const norm = model.finishGradient();
    const weighted = new Map(model.getGradients());
    sequencesOf(model);
    model.finishGradient();
    const summed = new Map(model.getGradients());
    model.beginStep(unmaskedTokens(batch));
    model.accumulateGradient(batch);
    model.finishGradient();
    let squares = 0;
    for (const { name, offset, count } of model.table.list) {
      const whole = model.getGradients().get(name) as Float64Array;
      for (let i = 0; i < count; i++) {
        expect(summed.get(name)?.[i]).toBeCloseTo(whole[i] as number, 12);
        const sum = seen.reduce(
          (total, { gradient }, s) => total + (factors[s] as number) * (gradient[offset + i] as number),
          0,
        );
        expect(weighted.get(name)?.[i]).toBeCloseTo(sum, 12);
        squares += sum * sum;
      }
    }
    expect(norm).toBeCloseTo(Math.sqrt(squares), 12);
  });

  it('the gradient with respect to an input embedding is the slope along it', () => {
    const model = precise({ ...config, tied: false });
    const results = model.inputGradients(texts);
    for (const [k, { tokens }] of texts.entries()) {
      const { gradient, nats } = results[k] as (typeof results)[number];
      const loss = (): number => (model.inputGradients(texts)[k] as (typeof results)[number]).nats;
      expect(loss()).toBe(nats);
      const C = model.shape.C;
      expect(gradient).toHaveLength((tokens.length - 1) * C);
      for (const [t, token] of tokens.slice(0, -1).entries()) {
        // every token occurs once, so its row of the table is its input alone
        const expected = slope(model, { name: 'wte.weight', i: token * C + 3, loss });
        expect(Math.abs(expected - (gradient[t * C + 3] as number)), `token ${t} of ${k}`).toBeLessThan(1e-8);
      }
    }
  });

  it('hidden states begin with the embeddings and end with what the head reads', () => {
    const model = precise(config);
    const weights = model.getWeights();
    const { C, L } = model.shape;
    const tokens = [[3, 1, 4, 1, 5], [9]];
    const states = model.hiddenStates(tokens, { layer: 0 });
    const embedding = (token: number, t: number, c: number): number =>
      (weights.get('wte.weight')?.[token * C + c] as number) + (weights.get('wpe.weight')?.[t * C + c] ?? 0);
    expect(states[0]?.[4 * C + 7]).toBeCloseTo(embedding(5, 4, 7), 6);
    expect(states[1]?.[2]).toBeCloseTo(embedding(9, 0, 2), 6);
    const head = weights.get(model.config.tied ? 'wte.weight' : 'lm_head.weight') as Float32Array;
    const last = model.hiddenStates(tokens, { layer: 'head' })[0] as Float64Array;
    const logits = model.logits(tokens)[0] as Float64Array;
    let dot = 0;
    for (let c = 0; c < C; c++) dot += (last[2 * C + c] as number) * (head[11 * C + c] as number);
    expect(dot).toBeCloseTo(logits[2 * V + 11] as number, 6);
    const stream = model.hiddenStates(tokens, { layer: L })[0] as Float64Array;
    expect(stream).not.toEqual(states[0]);
    expect(() => model.hiddenStates(tokens, { layer: L + 1 })).toThrow(/there is no layer \d: choose 0/);
  });
});

describe('engines', () => {
  const config: Partial<ModelConfig> = { width: 40, positions: 'learned', biases: true, norm: 'rmsnorm' };

  function signalsOf(engine: Engine, threads = 1, chunkSequences = 1): unknown {
    const model = createGpt({
      config: modelConfig({ ...config, initStandardDeviation: 0.2 }),
      vocabularySize: V,
      engine,
      threads,
      training: { ...training, chunkSequences },
    });
    model.initialise(5);
    const seen = sequencesOf(model, [0.3, 0, 1]);
    model.addToGradient(
      Float32Array.from({ length: model.table.words }, (_, i) => (i % 7) / 3),
      0.01,
    );
    const results = {
      seen,
      norm: model.finishGradient(),
      gradients: model.getGradients(),
      inputs: model.inputGradients(texts),
      layers: [0, 1, 2, 'head' as const].map((layer) =>
        model.hiddenStates([[1, 2, 3, 4, 5], [6]], { layer }),
      ),
      losses: [...model.accumulateGradient(batch).tokenNats],
    };
    model.release();
    return results;
  }

  const expected = signalsOf(createReferenceEngine({ precision: 'f32' }));
  const engines: [string, Engine | { reason: string }][] = [
    ['wasm', engineOf('f32')],
    ...nativeLevels().map((level): [string, ReturnType<typeof createNativeEngine>] => [
      `native ${level}`,
      createNativeEngine({ level }),
    ]),
  ];

  it.each(engines)('%s gives the bits of the reference', (_, engine) => {
    if ('reason' in engine) throw new Error(engine.reason);
    expect(signalsOf(engine)).toEqual(expected);
    expect(signalsOf(engine, 2, 3)).toEqual(expected);
  });
});

describe('a model', () => {
  it('names what it can give, and refuses the rest with what to do', () => {
    const plain = smallGpt({ vocabularySize: V, training: { sequences, tokens: T } });
    expect(plain.signals).toEqual(['input-gradients', 'hidden-states', 'steered-generation']);
    plain.beginStep(1);
    const wanted = () => plain.accumulateSequences(batch, () => 1);
    expect(wanted).toThrow(UnsupportedSignalError);
    expect(wanted).toThrow(
      /gradients of single sequences. Create the model with `training.sequenceGradients`/,
    );
    const untrained = smallGpt({ vocabularySize: V });
    expect(untrained.signals).toEqual(['hidden-states', 'steered-generation']);
    expect(() => untrained.inputGradients(texts)).toThrow(
      /input embeddings. Create the model with `training`/,
    );
  });

  it('refuses input gradients within a step, and texts that do not fit', () => {
    const model = smallGpt({ vocabularySize: V, training });
    expect(() => model.inputGradients([{ tokens: [1] }])).toThrow(InputError);
    expect(() => model.inputGradients([{ tokens: [1, V] }])).toThrow(/not in the vocabulary/);
    model.beginStep(1);
    expect(() => model.inputGradients(texts)).toThrow(/within an optimizer step/);
    expect(() => model.addToGradient(new Float32Array(3), 1)).toThrow(/3 values/);
  });
});
