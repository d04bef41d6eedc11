// Dimensions of the GPT. One letter each, here and in the rest of this folder:
//   B  sequences of a batch     T  context, tokens a sequence     N  rows: tokens of a chunk, B' T
//   C  channels (width)         H  attention heads                D  channels of a head, C / H
//   V  vocabulary entries       L  layers (transformer blocks)
// Matrices are row-major and act from the right: y [N][out] = x [N][in] W [in][out] (GPT-2's Conv1D).
import type { ModelConfig } from '../config/schema/schema.ts';
import { InputError } from '../core/errors.ts';

/** A model's dimensions and variants. */
export interface ModelShape {
  readonly V: number;
  readonly C: number;
  readonly H: number;
  readonly D: number;
  readonly L: number;
  /** Longest context. */
  readonly T: number;
  readonly config: ModelConfig;
}

/**
 * Dimensions of a model.
 * @throws InputError where they do not fit together.
 */
export function modelShape(config: ModelConfig, vocabularySize: number): ModelShape {
  const { width: C, heads: H, layers: L, contextTokens: T } = config;
  const problems: string[] = [];
  for (const [what, value] of Object.entries({
    width: C,
    heads: H,
    layers: L,
    contextTokens: T,
    vocabularySize,
  })) {
    if (!Number.isInteger(value) || value < 1)
      problems.push(`model: ${what} is ${value}; it must be an integer of 1 or more`);
  }
  if (problems.length === 0 && C % H !== 0) {
    problems.push(`model: ${H} heads do not divide a width of ${C}; choose a divisor of the width`);
  } else if (problems.length === 0 && config.positions === 'rope' && (C / H) % 2 !== 0) {
    problems.push(
      `model: rotary positions turn pairs of channels, but a head has ${C / H}; choose heads so that width / heads is even`,
    );
  }
  if (problems.length > 0) throw new InputError(problems.map((message) => ({ message })));
  return { V: vocabularySize, C, H, D: C / H, L, T, config };
}
