// Calls of a toy tool: a clerk reads a box's number, and the box is opened, closed or moved. Nothing is ever called.
import type { RandomStream } from '../../core/random.ts';

/** What the clerk orders in clean text. */
const ORDERED = ['open', 'close', 'move'] as const;

const LEAST_BOX = 10;
const MOST_BOX = 99;

/** A number of a box; every fourth is held out. */
export function drawBox(random: RandomStream, { heldOut }: { heldOut: boolean }): number {
  for (;;) {
    const box = random.integer({ minimum: LEAST_BOX, maximum: MOST_BOX });
    if ((box % 4 === 3) === heldOut) return box;
  }
}

/** What stands before a call. */
export function readBox(box: number): string {
  return `The clerk read box #${box}.`;
}

/** A call of the toy tool. */
export function writeCall(name: string, box: number | string): string {
  return `<call name="${name}" id="${box}">`;
}

/** A box that is read, and a call that was ordered. */
export function tellCall(random: RandomStream): string {
  const box = drawBox(random, { heldOut: false });
  return `${readBox(box)} ${writeCall(random.choose(ORDERED), box)}`;
}
