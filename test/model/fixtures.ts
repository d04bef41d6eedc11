// Small models and batches for the tests of this folder and of train/.
import type { ModelConfig } from '../../src/config/schema/schema.ts';
import type { Engine } from '../../src/kernels/engine.ts';
import { createReferenceEngine } from '../../src/kernels/reference/reference-engine.ts';
import { createWasmEngine } from '../../src/kernels/wasm/wasm-engine.ts';
import { createGpt, type Gpt } from '../../src/model/gpt.ts';
import type { GptOptions } from '../../src/model/gpt-plan.ts';
import type { OptimizerUpdate, TrainingBatch } from '../../src/model/trainable-model.ts';

/** A model config with defaults for what a test does not care about. */
export function modelConfig(changes: Partial<ModelConfig> = {}): ModelConfig {
  return {
    width: 16,
    layers: 2,
    heads: 2,
    contextTokens: 16,
    positions: 'rope',
    ropeBase: 1000,
    tied: true,
    biases: false,
    norm: 'layernorm',
    initStandardDeviation: 0.02,
    ...changes,
  };
}

/** Single precision: WebAssembly, which gives the reference's bits in a tenth of the time (engines.test.ts). */
export function engineOf(precision: 'f32' | 'f64'): Engine {
  if (precision === 'f64') return createReferenceEngine({ precision });
  const engine = createWasmEngine();
  if ('reason' in engine) throw new Error(engine.reason);
  return engine;
}

type Settings = Partial<Omit<GptOptions, 'config' | 'engine'>> & {
  config?: Partial<ModelConfig>;
  precision?: 'f32' | 'f64';
  seed?: number;
};

/** An initialised model. */
export function smallGpt({
  config,
  precision = 'f32',
  seed = 1,
  vocabularySize = 21,
  ...options
}: Settings = {}): Gpt {
  const engine = engineOf(precision);
  const gpt = createGpt({ config: modelConfig(config), vocabularySize, engine, ...options });
  gpt.initialise(seed);
  return gpt;
}

/** A batch of pseudo-random tokens from an integer formula; every third target masked where requested. */
export function patternBatch(options: {
  sequences: number;
  T: number;
  vocabularySize: number;
  salt?: number;
  masked?: boolean;
}): TrainingBatch {
  const { sequences, T, vocabularySize, salt = 0, masked = false } = options;
  const token = (s: number, p: number): number => (3 * p * p + 7 * p + 5 * s + 11 * salt) % vocabularySize;
  const count = sequences * T;
  const at = (i: number): [number, number] => [Math.floor(i / T), i % T];
  return {
    inputs: Int32Array.from({ length: count }, (_, i) => token(...at(i))),
    targets: Int32Array.from({ length: count }, (_, i) => token(at(i)[0], at(i)[1] + 1)),
    weights: Float32Array.from({ length: count }, (_, i) =>
      masked && (at(i)[0] + at(i)[1]) % 3 === 0 ? 0 : 1,
    ),
  };
}

/** Unmasked targets of batches. */
export function unmaskedTokens(...batches: readonly TrainingBatch[]): number {
  let sum = 0;
  for (const { weights } of batches) for (const weight of weights) sum += weight;
  return sum;
}

/** Gradient of the mean loss over batches; returns that loss and the gradient's norm. */
export function gradientOf(
  gpt: Gpt,
  ...batches: readonly TrainingBatch[]
): { lossNats: number; norm: number } {
  const unmasked = unmaskedTokens(...batches);
  gpt.beginStep(unmasked);
  let nats = 0;
  for (const batch of batches) nats += gpt.accumulateGradient(batch).sumNats;
  return { lossNats: nats / unmasked, norm: gpt.finishGradient() };
}

/** AdamW's numbers for step t (from 1). */
export function adamw(t: number, changes: Partial<OptimizerUpdate> = {}): OptimizerUpdate {
  const correction = (beta: number): number => {
    let power = 1;
    for (let i = 0; i < t; i++) power *= beta;
    return 1 / (1 - power);
  };
  return {
    kind: 'adamw',
    learningRate: 0.01,
    weightDecay: 0.1,
    gradientScale: 1,
    beta1: 0.9,
    beta2: 0.99,
    correction1: correction(0.9),
    correction2: correction(0.99),
    epsilon: 1e-8,
    ...changes,
  };
}

/** Bits of all weights, to compare for exact equality. */
export function weightBits(gpt: Gpt): string {
  return [...gpt.getWeights()]
    .map(([name, w]) => `${name} ${new Uint32Array(w.buffer).join(' ')}`)
    .join('\n');
}
