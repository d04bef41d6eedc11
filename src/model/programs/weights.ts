// Where the parameters of each layer lie in an arena, by their role; the same for their gradients.

import type { ParameterTable } from '../parameters.ts';
import type { ModelShape } from '../shape.ts';

/** Word offsets of a linear layer; bias 0: none. */
export interface LinearOffsets {
  /** [in][out] */
  readonly weight: number;
  /** [out] */
  readonly bias: number;
}

/** Word offsets of a normalisation; bias 0: none. */
export interface NormOffsets {
  /** [C] */
  readonly gain: number;
  /** [C] */
  readonly bias: number;
}

/** Word offsets of one block. */
export interface BlockOffsets {
  readonly norm1: NormOffsets;
  /** [C][3C]: queries, keys, values */
  readonly attention: LinearOffsets;
  /** [C][C] */
  readonly attentionProjection: LinearOffsets;
  readonly norm2: NormOffsets;
  /** [C][4C] */
  readonly expansion: LinearOffsets;
  /** [4C][C] */
  readonly contraction: LinearOffsets;
}

/** Word offsets of all parameters (or of all gradients). */
export interface WeightOffsets {
  /** [V][C] */
  readonly tokenEmbedding: number;
  /** [T][C]; 0: rotary positions */
  readonly positionEmbedding: number;
  readonly blocks: readonly BlockOffsets[];
  readonly finalNorm: NormOffsets;
  /** [V][C]; the token embedding where they are tied */
  readonly head: number;
}

/** Offsets of a block of parameters that starts at word `base`. */
export function locateWeights(table: ParameterTable, shape: ModelShape, base: number): WeightOffsets {
  const find = (name: string): number => {
    const parameter = table.byName.get(name);
    return parameter === undefined ? 0 : base + parameter.offset;
  };
  const linear = (name: string): LinearOffsets => ({
    weight: find(`${name}.weight`),
    bias: find(`${name}.bias`),
  });
  const norm = (name: string): NormOffsets => ({ gain: find(`${name}.weight`), bias: find(`${name}.bias`) });
  const tokenEmbedding = find('wte.weight');
  return {
    tokenEmbedding,
    positionEmbedding: find('wpe.weight'),
    blocks: Array.from({ length: shape.L }, (_, l) => ({
      norm1: norm(`h.${l}.ln_1`),
      attention: linear(`h.${l}.attn.c_attn`),
      attentionProjection: linear(`h.${l}.attn.c_proj`),
      norm2: norm(`h.${l}.ln_2`),
      expansion: linear(`h.${l}.mlp.c_fc`),
      contraction: linear(`h.${l}.mlp.c_proj`),
    })),
    finalNorm: norm('ln_f'),
    head: shape.config.tied ? tokenEmbedding : find('lm_head.weight'),
  };
}
