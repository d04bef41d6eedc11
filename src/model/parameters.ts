// Every trained array of the GPT: name, shape, place, initial value. Names and layouts are GPT-2's (Radford et al. 2019).

import { randomStream } from '../core/random.ts';
import { roundUpTo16 } from '../kernels/attention-scratch.ts';
import type { ModelShape } from './shape.ts';

/** One trained array. */
export interface Parameter {
  /** As GPT-2 calls it, e.g. `h.0.attn.c_attn.weight`. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Scalars. */
  readonly count: number;
  /** Word at which it starts in a block that holds all parameters (or gradients, or moments). */
  readonly offset: number;
  /** Weight decay applies: matrices only. */
  readonly decay: boolean;
  readonly initial: 'normal' | 'residual' | 'one' | 'zero';
}

/** All parameters of a model. Those that decay stand first; each starts at a multiple of 16 words, zeros between. */
export interface ParameterTable {
  readonly list: readonly Parameter[];
  readonly byName: ReadonlyMap<string, Parameter>;
  /** Words of the part that decays. */
  readonly decayedWords: number;
  /** Words of the whole block. */
  readonly words: number;
  /** Trained scalars, tied ones once. */
  readonly parameters: number;
}

type Declaration = Pick<Parameter, 'name' | 'shape' | 'initial'>;

function norm(name: string, { C, config }: ModelShape): Declaration[] {
  const gain: Declaration = { name: `${name}.weight`, shape: [C], initial: 'one' };
  return config.norm === 'rmsnorm' ? [gain] : [gain, { name: `${name}.bias`, shape: [C], initial: 'zero' }];
}

function linear(
  name: string,
  shape: readonly [number, number],
  { biases, initial }: { biases: boolean; initial: Parameter['initial'] },
): Declaration[] {
  const weight: Declaration = { name: `${name}.weight`, shape, initial };
  return biases ? [weight, { name: `${name}.bias`, shape: [shape[1]], initial: 'zero' }] : [weight];
}

function declareBlock(l: number, shape: ModelShape): Declaration[] {
  const { C } = shape;
  const { biases } = shape.config;
  return [
    ...norm(`h.${l}.ln_1`, shape),
    ...linear(`h.${l}.attn.c_attn`, [C, 3 * C], { biases, initial: 'normal' }),
    ...linear(`h.${l}.attn.c_proj`, [C, C], { biases, initial: 'residual' }),
    ...norm(`h.${l}.ln_2`, shape),
    ...linear(`h.${l}.mlp.c_fc`, [C, 4 * C], { biases, initial: 'normal' }),
    ...linear(`h.${l}.mlp.c_proj`, [4 * C, C], { biases, initial: 'residual' }),
  ];
}

function declare(shape: ModelShape): Declaration[] {
  const { V, C, T, L, config } = shape;
  const positions: Declaration[] = [{ name: 'wpe.weight', shape: [T, C], initial: 'normal' }];
  const head: Declaration[] = [{ name: 'lm_head.weight', shape: [V, C], initial: 'normal' }];
  return [
    { name: 'wte.weight', shape: [V, C], initial: 'normal' },
    ...(config.positions === 'learned' ? positions : []),
    ...Array.from({ length: L }, (_, l) => declareBlock(l, shape)).flat(),
    ...norm('ln_f', shape),
    ...(config.tied ? [] : head),
  ];
}

/** The parameters of a model of this shape. */
export function parameterTable(shape: ModelShape): ParameterTable {
  const declarations = declare(shape);
  const list: Parameter[] = [];
  let words = 0;
  const place = (declaration: Declaration, decay: boolean): void => {
    const count = declaration.shape.reduce((product, size) => product * size, 1);
    list.push({ ...declaration, count, offset: words, decay });
    words += roundUpTo16(count);
  };
  for (const declaration of declarations) if (declaration.shape.length > 1) place(declaration, true);
  const decayedWords = words;
  for (const declaration of declarations) if (declaration.shape.length === 1) place(declaration, false);
  return {
    list,
    byName: new Map(list.map((parameter) => [parameter.name, parameter])),
    decayedWords,
    words,
    parameters: list.reduce((sum, { count }) => sum + count, 0),
  };
}

/**
 * Initial values: normal with the configured standard deviation; the two projections into the residual stream
 * divided by sqrt(2 L); gains 1; biases 0.
 * @param options.seed of the run; each array draws from its own stream
 * @param options.into receives them, at `base` plus the parameter's offset
 */
export function initialiseParameters(
  table: ParameterTable,
  shape: ModelShape,
  options: { seed: string | number; into: Float32Array | Float64Array; base: number },
): void {
  const deviation = shape.config.initStandardDeviation;
  for (const { name, offset, count, initial } of table.list) {
    const start = options.base + offset;
    if (initial === 'one' || initial === 'zero') {
      options.into.fill(initial === 'one' ? 1 : 0, start, start + count);
      continue;
    }
    const scale = initial === 'residual' ? deviation / Math.sqrt(2 * shape.L) : deviation;
    const stream = randomStream(options.seed, 'weights', name);
    for (let i = 0; i < count; i++) options.into[start + i] = Math.fround(scale * stream.normal());
  }
}
