// Where poisoned documents stand among the others.
import {
  describePlacement,
  isBatchPlacement,
  type Placement,
  windowOf,
} from '../config/schema/placement-schema.ts';
import { InputError } from '../core/errors.ts';
import { randomStream } from '../core/random.ts';

/**
 * Relative position of poisoned document `index` under uniform placement, in [0, 1): the same for every
 * model size and every count.
 */
export function uniformPosition(seed: number | string, index: number): number {
  return randomStream(seed, 'poison-position', index).uniform();
}

/** Slots among which a poison is placed, from the first up to, but not with, the last. */
interface Range {
  readonly first: number;
  readonly last: number;
}

/** A slot, or the next free one behind it, from the first of the range again after its last. */
function nextFreeSlot(taken: ReadonlySet<number>, wanted: number, { first, last }: Range): number {
  let slot = wanted;
  while (taken.has(slot)) slot = slot + 1 === last ? first : slot + 1;
  return slot;
}

/** What places are drawn from. */
interface PlacesRequest {
  readonly placement: Placement;
  readonly count: number;
  readonly seed: number | string;
  readonly slots: number;
  readonly taken?: ReadonlySet<number>;
  readonly batchSlots?: number;
}

/**
 * Slots of poisoned documents among all document slots, clean ones and poisoned ones together.
 * @param options.count of poisoned documents
 * @param options.slots places in the order of documents, at least `count` and those taken
 * @param options.taken slots of the poisons before this one, which keep them; default: none
 * @param options.batchSlots slots of one batch, where each is a row; left out: there are no batches of documents
 * @returns slot of each poisoned document, all distinct, in [0, slots)
 * @throws RangeError if there are fewer slots than documents; InputError where a window or batches have too few
 */
export function poisonPositions(options: PlacesRequest): number[] {
  const { placement, count, slots, taken = new Set() } = options;
  if (count + taken.size > slots)
    throw new RangeError(`${count + taken.size} poisoned documents do not fit ${slots} places`);
  if (placement === 'start' || placement === 'end') {
    const free = Array.from({ length: slots }, (_, slot) => slot).filter((slot) => !taken.has(slot));
    return placement === 'start' ? free.slice(0, count) : free.slice(free.length - count);
  }
  const own = new Set<number>();
  const all = new Set(taken);
  const { wanted, range } = wantedSlots({ ...options, placement, taken });
  for (let index = 0; index < count; index++) {
    const slot = nextFreeSlot(all, wanted(index), range);
    own.add(slot);
    all.add(slot);
  }
  return [...own];
}

/** The slot that each document would take in a free order, and those that it takes one of. */
function wantedSlots(
  options: PlacesRequest & { placement: Exclude<Placement, 'start' | 'end'>; taken: ReadonlySet<number> },
): { wanted: (index: number) => number; range: Range } {
  const { placement, count, seed, slots } = options;
  const range = { first: 0, last: slots };
  if (placement === 'uniform')
    return { range, wanted: (index) => Math.floor(uniformPosition(seed, index) * slots) };
  if (placement === 'even') return { range, wanted: (index) => Math.floor(((index + 0.5) * slots) / count) };
  if (isBatchPlacement(placement)) return { range, wanted: slotsOfBatches(placement, options) };
  const window = slotsOfWindow(placement, options);
  const width = window.last - window.first;
  return {
    range: window,
    wanted: (index) => window.first + Math.floor(uniformPosition(seed, index) * width),
  };
}

/** @throws InputError if a window is too narrow for its documents */
function slotsOfWindow(
  placement: { readonly centre: number; readonly width: number },
  { count, slots, taken }: { count: number; slots: number; taken: ReadonlySet<number> },
): Range {
  const { from, to } = windowOf(placement);
  const first = Math.min(slots - 1, Math.floor(from * slots));
  const last = Math.max(first + 1, Math.ceil(to * slots));
  const free = last - first - [...taken].filter((slot) => slot >= first && slot < last).length;
  if (count > free)
    throw new InputError(
      `${count} poisoned documents do not fit the ${free} places of their window (${describePlacement(placement)} of the ` +
        'phase): widen placement.width, or give fewer documents',
    );
  return { first, last };
}

/** Document i stands in poisoned batch floor(i / sequences), among its first rows. @throws InputError if it does not fit */
function slotsOfBatches(
  { sequences, every }: { readonly sequences: number; readonly every: number },
  { count, slots, batchSlots }: { count: number; slots: number; batchSlots?: number },
): (index: number) => number {
  if (batchSlots === undefined)
    throw new InputError(
      'placement in batches (sequences, every) needs documents that are rows of batches: set batch.packing: rows, or give ' +
        'another placement',
    );
  if (sequences > batchSlots)
    throw new InputError(
      `placement.sequences is ${sequences}, but a batch has ${batchSlots} rows: give at most ${batchSlots}`,
    );
  const slotOf = (index: number) => Math.floor(index / sequences) * every * batchSlots + (index % sequences);
  if (count > 0 && slotOf(count - 1) >= slots)
    throw new InputError(
      `${count} poisoned documents, ${sequences} in every ${every}. batch, need ` +
        `${(Math.ceil(count / sequences) - 1) * every + 1} batches, but an epoch has ${Math.floor(slots / batchSlots)}: ` +
        'give fewer documents, or a smaller placement.every',
    );
  return slotOf;
}
