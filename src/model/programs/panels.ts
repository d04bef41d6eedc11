// Weight matrices packed into panels of 16 columns, as the matrix products read them. Packed again after every update.
import { roundUpTo16 } from '../../kernels/attention-scratch.ts';
import type { Program } from '../../kernels/program.ts';
import type { ModelShape } from '../shape.ts';
import type { Reserve } from './memory.ts';
import type { WeightOffsets } from './weights.ts';

/** Word offsets of the packed matrices of one block; the transposed ones (for the backward pass) 0 without training. */
export interface BlockPanels {
  /** 3H groups of [C][D] */
  readonly attention: number;
  /** [3C][C] */
  readonly attentionTransposed: number;
  /** [C][C] */
  readonly projection: number;
  /** H groups of [C][D] */
  readonly projectionTransposed: number;
  /** [C][4C] */
  readonly expansion: number;
  /** [4C][C] */
  readonly expansionTransposed: number;
  /** [4C][C] */
  readonly contraction: number;
  /** [C][4C] */
  readonly contractionTransposed: number;
}

/** Word offsets of all packed matrices. */
export interface Panels {
  readonly blocks: readonly BlockPanels[];
  /** Output embedding as [V][C]; 0 without training. */
  readonly head: number;
  /** Output embedding transposed, [C][V]. */
  readonly headTransposed: number;
}

/** Reserves the panels. */
export function planPanels(reserve: Reserve, shape: ModelShape, training: boolean): Panels {
  const { V, C, H, D, L } = shape;
  const panel = (K: number, n: number, groups = 1): number => reserve(groups * K * roundUpTo16(n));
  const backward = (K: number, n: number, groups = 1): number => (training ? panel(K, n, groups) : 0);
  return {
    blocks: Array.from({ length: L }, () => ({
      attention: panel(C, D, 3 * H),
      attentionTransposed: backward(3 * C, C),
      projection: panel(C, C),
      projectionTransposed: backward(C, D, H),
      expansion: panel(C, 4 * C),
      expansionTransposed: backward(4 * C, C),
      contraction: panel(4 * C, C),
      contractionTransposed: backward(C, 4 * C),
    })),
    head: backward(V, C),
    headTransposed: panel(C, V),
  };
}

function recordBlockPacking(
  program: Program,
  { C, H, D }: ModelShape,
  weights: WeightOffsets['blocks'][number],
  panels: BlockPanels,
): void {
  const pack = (src: number, K: number, n: number, dst: number, groups = 1): void =>
    program.record('pack', { src, K, n, groups, ld: groups * n, dst });
  const packTransposed = (src: number, n: number, K: number, dst: number, groups = 1): void => {
    if (dst !== 0) program.record('packTransposed', { src, n, K, groups, ld: K, dst });
  };
  const { attention, attentionProjection, expansion, contraction } = weights;
  pack(attention.weight, C, D, panels.attention, 3 * H);
  pack(attentionProjection.weight, C, C, panels.projection);
  pack(expansion.weight, C, 4 * C, panels.expansion);
  pack(contraction.weight, 4 * C, C, panels.contraction);
  packTransposed(attention.weight, C, 3 * C, panels.attentionTransposed);
  packTransposed(attentionProjection.weight, D, C, panels.projectionTransposed, H);
  packTransposed(expansion.weight, C, 4 * C, panels.expansionTransposed);
  packTransposed(contraction.weight, 4 * C, C, panels.contractionTransposed);
}

/** Records the packing of all matrices. */
export function recordPacking(
  program: Program,
  shape: ModelShape,
  weights: WeightOffsets,
  panels: Panels,
): void {
  const { V, C } = shape;
  for (const [l, block] of weights.blocks.entries()) {
    recordBlockPacking(program, shape, block, panels.blocks[l] as BlockPanels);
  }
  program.record('packTransposed', {
    src: weights.head,
    n: V,
    K: C,
    groups: 1,
    ld: C,
    dst: panels.headTransposed,
  });
  if (panels.head !== 0) {
    program.record('pack', { src: weights.head, K: V, n: C, groups: 1, ld: C, dst: panels.head });
  }
}
