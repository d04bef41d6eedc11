// Rotary positions (Su et al. 2021), half-split: pair i of a head's channels turns by position x base^(-2 i / D).
import { cos, pow, sin } from '../core/math.ts';
import type { ModelShape } from './shape.ts';

/** Calls back for every pair of channels i < D / 2 and every position of the context. */
export function eachRotaryAngle(
  { T, D, config }: ModelShape,
  use: (angle: { position: number; i: number; cosine: number; sine: number }) => void,
): void {
  for (let i = 0; i < D / 2; i++) {
    const frequency = pow(config.ropeBase, (-2 * i) / D);
    for (let position = 0; position < T; position++) {
      const angle = position * frequency;
      use({ position, i, cosine: cos(angle), sine: sin(angle) });
    }
  }
}
