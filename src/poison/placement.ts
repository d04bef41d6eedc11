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

/** A slot, or the next free one behind it, from the first again after the last. */
function nextFreeSlot(taken: ReadonlySet<number>, wanted: number, slots: number): number {
  let slot = wanted;
  while (taken.has(slot)) slot = (slot + 1) % slots;
  return slot;
}

/**
 * Slots of poisoned documents among all document slots, clean ones and poisoned ones together.
 * @param options.count of poisoned documents
 * @param options.slots places in the order of documents, at least `count` and those taken
 * @param options.taken slots of the poisons before this one, which keep them; default: none
 * @returns slot of each poisoned document, all distinct, in [0, slots)
 * @throws RangeError if there are fewer slots than documents.
 */
export function poisonPositions(options: {
  placement: Placement;
  count: number;
  seed: number | string;
  slots: number;
  taken?: ReadonlySet<number>;
}): number[] {
  const { placement, count, seed, slots, taken = new Set() } = options;
  if (count + taken.size > slots)
    throw new RangeError(`${count + taken.size} poisoned documents do not fit ${slots} places`);
  if (placement === 'start' || placement === 'end') {
    const free = Array.from({ length: slots }, (_, slot) => slot).filter((slot) => !taken.has(slot));
    return placement === 'start' ? free.slice(0, count) : free.slice(free.length - count);
  }
  const own = new Set<number>();
  const all = new Set(taken);
  for (let index = 0; index < count; index++) {
    const wanted =
      placement === 'uniform' ? uniformPosition(seed, index) * slots : ((index + 0.5) * slots) / count;
    const slot = nextFreeSlot(all, Math.floor(wanted), slots);
    own.add(slot);
    all.add(slot);
  }
  return [...own];
}
