// Numbers of scenes: few of them, two digits each, since to copy one is what small models learn last, and the later the
// more there are. All stand in clean text, so that a model knows every one of them; those that are held out stand in no
// poisoned document.
import type { RandomStream } from '../../core/random.ts';

const LEAST = 10;
const MOST = 25;

/** Which numbers may be drawn. */
export type Drawn = 'any' | 'taught' | 'held out';

/** A number; every fourth is held out. */
export function drawNumber(random: RandomStream, drawn: Drawn): number {
  for (;;) {
    const number = random.integer({ minimum: LEAST, maximum: MOST });
    const isHeldOut = number % 4 === 3;
    if (drawn === 'any' || isHeldOut === (drawn === 'held out')) return number;
  }
}
