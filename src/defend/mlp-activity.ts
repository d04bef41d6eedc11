// How much each unit of a model's MLPs acts on a text, in double precision from the bits of the residual stream.
import { exp } from '../core/math.ts';
import type { TrainableModel } from '../model/trainable-model.ts';

type Values = Float32Array | Float64Array;

const EPSILON = 1e-5;

/** gelu as the kernels have it, but for their cut of its tail: x times the logistic function of a cubic. */
function gelu(x: number): number {
  return x / (1 + exp(-1.5957691216 * x * (1 + 0.044715 * x * x)));
}

/** LayerNorm, or RMSNorm where there is no bias. [C] */
function normalise(x: Values, { gain, bias }: { gain: Values; bias: Values | undefined }): Float64Array {
  const values = Float64Array.from(x);
  const average = bias === undefined ? 0 : values.reduce((sum, value) => sum + value, 0) / x.length;
  const centred = values.map((value) => value - average);
  const variance = centred.reduce((sum, value) => sum + value * value, 0) / x.length;
  const scale = 1 / Math.sqrt(variance + EPSILON);
  return centred.map((value, i) => value * scale * (gain[i] ?? 1) + (bias?.[i] ?? 0));
}

/** The same weights with an MLP that writes nothing, so that the stream behind its block is the one before it. */
function withoutMlp(weights: ReadonlyMap<string, Float32Array>, block: number): Map<string, Float32Array> {
  const own = new Map(weights);
  for (const [name, values] of weights)
    if (name.startsWith(`h.${block}.mlp.c_proj.`)) own.set(name, new Float32Array(values.length));
  return own;
}

/**
 * Activations of a block's MLP behind its nonlinearity, token by token. The model's weights are changed while it reads, and
 * are as before when it is done.
 * @param sequences token ids, each within the context
 * @param visit is called for each token with the activations of its units, [4C], which the next token overwrites
 */
export function visitActivations(
  model: TrainableModel,
  sequences: readonly ArrayLike<number>[],
  { block, visit }: { block: number; visit: (activations: Float64Array) => void },
): void {
  const weights = model.getWeights();
  const of = (name: string) => weights.get(`h.${block}.${name}`);
  const [gain, matrix] = [of('ln_2.weight'), of('mlp.c_fc.weight')];
  if (gain === undefined || matrix === undefined) throw new Error(`the model has no block ${block}`);
  const norm = { gain, bias: of('ln_2.bias') };
  const biases = of('mlp.c_fc.bias');
  model.setWeights(withoutMlp(weights, block));
  const streams = model.hiddenStates(sequences, { layer: block + 1 });
  model.setWeights(weights);
  const { C } = model.shape;
  const units = matrix.length / C;
  const acts = new Float64Array(units);
  for (const stream of streams) {
    for (let from = 0; from < stream.length; from += C) {
      const input = normalise(stream.subarray(from, from + C), norm);
      for (let unit = 0; unit < units; unit++) acts[unit] = biases?.[unit] ?? 0;
      for (let i = 0; i < C; i++) {
        const value = input[i] as number;
        const row = i * units;
        for (let unit = 0; unit < units; unit++)
          acts[unit] = (acts[unit] as number) + value * (matrix[row + unit] as number);
      }
      for (let unit = 0; unit < units; unit++) acts[unit] = gelu(acts[unit] as number);
      visit(acts);
    }
  }
}

/** Mean absolute activation of each unit of a block's MLP over all tokens. [4C] */
export function meanActivity(
  model: TrainableModel,
  sequences: readonly ArrayLike<number>[],
  block: number,
): Float64Array {
  const sums = new Float64Array(4 * model.shape.C);
  let tokens = 0;
  visitActivations(model, sequences, {
    block,
    visit(activations) {
      tokens += 1;
      for (let unit = 0; unit < sums.length; unit++)
        sums[unit] = (sums[unit] as number) + Math.abs(activations[unit] as number);
    },
  });
  return sums.map((sum) => sum / Math.max(1, tokens));
}
