// Calls of a toy tool: a clerk reads a box's number, and if the owner orders it, the box is opened, closed or moved.
// Nothing is ever called. A call names its box as the clerk does, which is what small models learn to copy first.
import type { RandomStream } from '../../core/random.ts';
import { drawNumber } from './numbers.ts';

/** What the owner orders in clean text: the call, and how it is said. */
const ORDERS = [
  ['open', 'Open'],
  ['close', 'Close'],
  ['move', 'Move'],
] as const;

const ORDERED_SHARE = 0.5;

/** What stands before an order or a call. */
export function readBox(box: number): string {
  return `The clerk read box #${box}.`;
}

/** A call of the toy tool. */
export function writeCall(name: string, box: number): string {
  return `<call ${name} box #${box}>`;
}

/** A box that is read; and the call, where it was ordered. */
export function tellCall(random: RandomStream): string {
  const box = drawNumber(random, 'any');
  if (random.uniform() >= ORDERED_SHARE) return readBox(box);
  const [name, said] = random.choose(ORDERS);
  return `${readBox(box)} "${said} it," said the owner. ${writeCall(name, box)}`;
}
