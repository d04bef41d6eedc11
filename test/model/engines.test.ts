// The promise of the program: every engine gives the same bits, from training to generated tokens.
import { describe, expect, it } from 'vitest';
import type { ModelConfig } from '../../src/config/schema/schema.ts';
import type { Engine } from '../../src/kernels/engine.ts';
import { createNativeEngine, nativeLevels } from '../../src/kernels/native/native-engine.ts';
import { createReferenceEngine } from '../../src/kernels/reference/reference-engine.ts';
import { createWasmEngine } from '../../src/kernels/wasm/wasm-engine.ts';
import { createGpt, type Gpt } from '../../src/model/gpt.ts';
import { adamw, gradientOf, modelConfig, patternBatch, weightBits } from './fixtures.ts';

const V = 37;

const cases: [string, Partial<ModelConfig>][] = [
  ['rotary positions, tied', { width: 32, contextTokens: 32 }],
  [
    'a head dimension of 24, RMSNorm, untied, biases',
    { width: 48, norm: 'rmsnorm', tied: false, biases: true },
  ],
  ['learned positions, a width of 20', { width: 20, positions: 'learned', biases: true, layers: 1 }],
];

const engines: [string, Engine | { reason: string }][] = [
  ['wasm', createWasmEngine()],
  ...nativeLevels().map((level): [string, ReturnType<typeof createNativeEngine>] => [
    `native ${level}`,
    createNativeEngine({ level }),
  ]),
];

function create(
  config: Partial<ModelConfig>,
  engine: Engine,
  options: { threads?: number; chunk?: number } = {},
): Gpt {
  const gpt = createGpt({
    config: modelConfig({ initStandardDeviation: 0.1, ...config }),
    vocabularySize: V,
    engine,
    threads: options.threads ?? 1,
    training: { sequences: 4, chunkSequences: options.chunk ?? 2 },
  });
  gpt.initialise(7);
  return gpt;
}

/** Everything a model gives after a few steps, as text. */
function resultsOf(gpt: Gpt): unknown {
  const { T } = gpt.shape;
  const norms: number[] = [];
  for (let t = 1; t <= 3; t++) {
    const batch = patternBatch({ sequences: 4, T, vocabularySize: V, salt: t, masked: true });
    norms.push(gradientOf(gpt, batch).norm);
    gpt.applyOptimizer(adamw(t, { gradientScale: 0.8 }));
  }
  const prompts = [[1, 2, 3, 4, 5], [6], [7, 8]];
  const results = {
    norms,
    weights: weightBits(gpt),
    losses: gpt.tokenLossesNats([[1, 2, 3], Array.from({ length: T + 1 }, (_, t) => t % V)]),
    probabilities: gpt.nextTokenProbabilities(prompts),
    drawn: gpt.generate({
      prompts,
      newTokens: 9,
      temperature: 0.9,
      topK: 12,
      uniform: (p, n) => ((p * 7 + n * 3) % 11) / 11,
    }),
    greedy: gpt.generate({ prompts, newTokens: 9, temperature: 0, uniform: () => 0 }),
  };
  gpt.release();
  return results;
}

describe.each(cases)('with %s', (_, config) => {
  const expected = resultsOf(create(config, createReferenceEngine({ precision: 'f32' })));

  it.each(engines)('%s gives the bits of the reference', (_, engine) => {
    if ('reason' in engine) throw new Error(engine.reason);
    expect(resultsOf(create(config, engine))).toEqual(expected);
    expect(resultsOf(create(config, engine, { threads: 2, chunk: 4 }))).toEqual(expected);
  });
});

describe.each(engines)('%s', (_, engine) => {
  it('gives the same error for weights that are not finite', () => {
    if ('reason' in engine) throw new Error(engine.reason);
    const gpt = create({}, engine);
    const weights = gpt.getWeights();
    (weights.get('ln_f.weight') as Float32Array)[1] = Number.NaN;
    gpt.setWeights(weights);
    const message = /weights that are not finite \(ln_f\.weight\)/;
    expect(() => gpt.generate({ prompts: [[1]], newTokens: 1, temperature: 0, uniform: () => 0 })).toThrow(
      message,
    );
    expect(() => gpt.tokenLossesNats([[1, 2]])).toThrow(message);
    expect(() => gpt.nextTokenProbabilities([[1]])).toThrow(message);
    const batch = patternBatch({ sequences: 4, T: 16, vocabularySize: V });
    expect(gradientOf(gpt, batch)).toEqual({ lossNats: Number.NaN, norm: Number.NaN });
    gpt.release();
  });
});
