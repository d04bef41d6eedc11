// Trains small models for a few steps and lets them write: one hash of all parameters and of all that was generated,
// for each shape. Runs in any Node and in browsers.
import { sha256Hex } from '../../dist/core/hash.js';
import { randomStream } from '../../dist/core/random.js';
import { createGpt } from '../../dist/model/gpt.js';
import { optimizerUpdate } from '../../dist/train/optimizer.js';

const base = {
  heads: 2,
  layers: 1,
  contextTokens: 32,
  positions: 'rope',
  ropeBase: 1000,
  tied: true,
  biases: false,
  norm: 'layernorm',
  initStandardDeviation: 0.1,
};

/** Awkward shapes: partial tiles and panels, short sequences, chunks of different sizes. */
export const shapes = [
  { name: 'head dimension 24, vocabulary 83', model: { ...base, width: 48 }, V: 83, sequences: 2 },
  {
    name: 'two layers, learned positions, biases, untied',
    model: { ...base, width: 32, layers: 2, positions: 'learned', biases: true, tied: false },
    V: 100,
    sequences: 2,
  },
  {
    name: 'RMSNorm, 20 tokens of a context of 64',
    model: { ...base, width: 40, contextTokens: 64, norm: 'rmsnorm' },
    V: 65,
    sequences: 3,
    tokens: 20,
  },
  {
    name: 'wide, chunks of one sequence',
    model: { ...base, width: 96, heads: 3 },
    V: 272,
    sequences: 2,
    chunkSequences: 1,
  },
  {
    name: 'wide, chunks of two sequences',
    model: { ...base, width: 96, heads: 3 },
    V: 272,
    sequences: 2,
    chunkSequences: 2,
    equals: 'wide, chunks of one sequence',
  },
];

const optimizer = {
  kind: 'adamw',
  beta1: 0.9,
  beta2: 0.99,
  epsilon: 1e-8,
  weightDecay: 0.01,
  clipNorm: 1,
};
const STEPS = 4;

function createBatch({ V, sequences, tokens, model }, random) {
  const count = sequences * (tokens ?? model.contextTokens);
  const ids = () => Int32Array.from({ length: count }, () => random.integer({ minimum: 0, maximum: V - 1 }));
  const weights = Float32Array.from({ length: count }, (_, i) => (i % 5 === 0 ? 0 : 1));
  return { inputs: ids(), targets: ids(), weights };
}

function train(model, shape) {
  const random = randomStream(1, 'same bits', shape.V);
  model.initialise(1);
  model.resetMoments();
  for (let step = 0; step < STEPS; step++) {
    const batch = createBatch(shape, random);
    model.beginStep(batch.weights.reduce((sum, weight) => sum + weight, 0));
    model.accumulateGradient(batch);
    const gradientNorm = model.finishGradient();
    model.applyOptimizer(optimizerUpdate({ optimizer, learningRate: 0.01, step, gradientNorm }));
  }
}

function generate(model, V) {
  const prompts = [3, 5, 5, 9].map((length, p) =>
    Int32Array.from({ length }, (_, i) => (p * 11 + i * 7) % V),
  );
  const uniform = (prompt, n) => ((prompt * 37 + n * 101) % 256) / 256;
  const settings = [{ temperature: 0 }, { temperature: 1 }, { temperature: 0.75, topK: 10 }];
  return settings.flatMap((setting) => model.generate({ prompts, newTokens: 8, uniform, ...setting }));
}

const bytesOf = (array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** Hash of a shape's parameters after training, of what it generates and of its losses. */
export function hashTraining(engine, shape, threads = 1) {
  const { sequences, tokens, chunkSequences } = shape;
  const model = createGpt({
    config: shape.model,
    vocabularySize: shape.V,
    engine,
    threads,
    training: { sequences, ...(tokens && { tokens }), ...(chunkSequences && { chunkSequences }) },
  });
  train(model, shape);
  const generated = generate(model, shape.V).flatMap(({ tokens, nats, entropyNats }) => [
    tokens,
    nats,
    entropyNats,
  ]);
  const parts = [...model.getWeights().values(), ...generated].map((array) => sha256Hex(bytesOf(array)));
  model.release();
  return sha256Hex(parts.join('')).slice(0, 16);
}

/** One hash over all shapes. @throws where two shapes that must agree do not */
export function hashShapes(engine, threads = 1) {
  const hashes = {};
  for (const shape of shapes) {
    hashes[shape.name] = hashTraining(engine, shape, threads);
    if (shape.equals !== undefined && hashes[shape.name] !== hashes[shape.equals]) {
      throw new Error(`"${shape.name}" differs from "${shape.equals}"`);
    }
  }
  return hashes;
}
