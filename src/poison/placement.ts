// Where poisoned documents stand among the others.
import type { Placement } from '../config/schema/schema.ts';
import { randomStream } from '../core/random.ts';

/**
 * Relative position of poisoned document `index` under uniform placement, in [0, 1): the same for every
 * model size and every count.
 */
export function uniformPosition(seed: number | string, index: number): number {
  return randomStream(seed, 'poison-position', index).uniform();
}

/** The slot `u` points at, or the next free one behind it, from the first again after the last. */
function nextFreeSlot(taken: ReadonlySet<number>, u: number, slots: number): number {
  let slot = Math.floor(u * slots);
  while (taken.has(slot)) slot = (slot + 1) % slots;
  return slot;
}

function uniformSlots(count: number, seed: number | string, slots: number): number[] {
  const taken = new Set<number>();
  for (let index = 0; index < count; index++)
    taken.add(nextFreeSlot(taken, uniformPosition(seed, index), slots));
  return [...taken];
}

/**
 * Slots of poisoned documents among all document slots, clean ones and poisoned ones together.
 * @param options.count of poisoned documents
 * @param options.slots places in the order of documents, at least `count`
 * @returns slot of each poisoned document, all distinct, in [0, slots)
 * @throws RangeError if there are fewer slots than documents.
 */
export function poisonPositions(options: {
  placement: Placement;
  count: number;
  seed: number | string;
  slots: number;
}): number[] {
  const { placement, count, seed, slots } = options;
  if (count > slots) throw new RangeError(`${count} poisoned documents do not fit ${slots} places`);
  const all = Array.from({ length: count }, (_, index) => index);
  switch (placement) {
    case 'uniform':
      return uniformSlots(count, seed, slots);
    case 'even':
      return all.map((index) => Math.floor(((index + 0.5) * slots) / count));
    case 'start':
      return all;
    case 'end':
      return all.map((index) => slots - count + index);
  }
}
