// The order of training documents once exactly N poisoned ones stand among them. The budget of tokens is
// fixed, so that poison displaces the tail of the clean stream; every poisoned document is trained whole.

import { SEPARATOR_TOKENS } from '../config/budget.ts';
import type { Placement } from '../config/schema/schema.ts';
import { InputError } from '../core/errors.ts';
import { poisonPositions } from './placement.ts';

/** Where one poisoned document stands. Positions count from 0. */
export interface PlacedDocument {
  /** Place in the order of documents. */
  readonly documentPosition: number;
  /** Its first token in the epoch's tokens (rows: the first token of its row). */
  readonly tokenPosition: number;
  /** Its tokens, with the separator. */
  readonly tokens: number;
}

/** A document by its place among its kind. */
export interface OrderedDocument {
  readonly kind: 'clean' | 'poisoned';
  readonly index: number;
  /** Of a poisoned document: which poison it is of, from 0. */
  readonly poison?: number;
}

/** What an order of documents is, whatever was planted. */
interface OrderPlan {
  /** Documents in training order. */
  readonly order: readonly OrderedDocument[];
  /** Clean documents in the order; the last of them may be cut by the budget. */
  readonly cleanDocuments: number;
  /** Clean documents that would have been trained on without poison (wholly or in part) and are not. */
  readonly displacedDocuments: number;
}

/** Where the documents of one poison stand, and what they take. */
export interface PoisonPlan {
  /** By index of the poisoned document. */
  readonly placed: readonly PlacedDocument[];
  readonly poisonedTokens: number;
  /** poisonedTokens / budgetTokens, 0-1. */
  readonly poisonTokenShare: number;
  /** Poisoned documents / all documents in the order, 0-1. */
  readonly poisonDocumentShare: number;
}

/** An order of documents with one poison. */
export type InsertionPlan = OrderPlan & PoisonPlan;

/** An order of documents with any number of poisons. */
export interface InsertionsPlan extends OrderPlan {
  /** In the order in which they were given. */
  readonly poisons: readonly PoisonPlan[];
}

/** What there is beside poison. */
interface Surroundings {
  /** Tokens of each clean document, separator included, in the order of the run. */
  readonly cleanLengths: ArrayLike<number>;
  /** Tokens trained on in one epoch. */
  readonly budgetTokens: number;
  /** `tokens`: documents joined end to end; `rows`: each takes a row of contextTokens, cut there. */
  readonly unit: 'tokens' | 'rows';
  readonly contextTokens: number;
  /** Rows of one optimizer step, where documents are rows; left out: poison cannot be placed by batches. */
  readonly batchRows?: number;
}

/** One poison of a phase. */
export interface PoisonToPlace {
  /** Tokens of each of its documents, separator included. */
  readonly lengths: readonly number[];
  readonly placement: Placement;
  /** Of its places. */
  readonly seed: number | string;
}

/** What an insertion of one poison is planned from. */
export interface InsertionRequest extends Surroundings {
  /** Tokens of each poisoned document, separator included. */
  readonly poisonedLengths: ArrayLike<number>;
  readonly placement: Placement;
  /** Seed of the run. */
  readonly seed: number | string;
}

/** What the insertion of several poisons is planned from. */
export interface InsertionsRequest extends Surroundings {
  readonly poisons: readonly PoisonToPlace[];
}

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i] as number;
  return total;
}

/** Number of leading documents whose tokens together are at most `limit`. */
function countFitting(lengthOf: (index: number) => number, documents: number, limit: number): number {
  let used = 0;
  for (let index = 0; index < documents; index++) {
    used += lengthOf(index);
    if (used > limit) return index;
  }
  return documents;
}

/** Number of leading documents that start before `limit` tokens. */
function countStarting(lengthOf: (index: number) => number, documents: number, limit: number): number {
  let used = 0;
  for (let index = 0; index < documents; index++) {
    if (used >= limit) return index;
    used += lengthOf(index);
  }
  return documents;
}

/** What has to fit into an epoch. */
export interface PoisonToFit extends Pick<Surroundings, 'budgetTokens' | 'unit' | 'contextTokens'> {
  readonly poisonedLengths: ArrayLike<number>;
}

/** Tokens that poisoned documents take: in rows, a whole row each. */
function poisonedSpaceOf({ poisonedLengths, unit, contextTokens }: PoisonToFit): number {
  return unit === 'rows' ? poisonedLengths.length * contextTokens : sum(poisonedLengths);
}

/** @throws InputError if the poison does not fit the budget, or a poisoned document not its row. */
export function checkFit(request: PoisonToFit): void {
  const { poisonedLengths, budgetTokens, unit, contextTokens } = request;
  const poisonedSpace = poisonedSpaceOf(request);
  if (poisonedSpace > budgetTokens)
    throw new InputError(
      `${poisonedLengths.length} poisoned documents take ${poisonedSpace} tokens, but the phase trains on ` +
        `${budgetTokens} an epoch: fewer documents, or a larger budget`,
    );
  if (unit === 'tokens') return;
  for (let i = 0; i < poisonedLengths.length; i++) {
    const tokens = (poisonedLengths[i] as number) - SEPARATOR_TOKENS;
    if (tokens > contextTokens)
      throw new InputError(
        `poisoned document ${i} has ${tokens} tokens and would be cut at its row of ${contextTokens}: ` +
          "shorten the attack's lengths, or set batch.packing: stream",
      );
  }
}

/** Slots of all poisons, in their order: each takes what it wants of those that the ones before it left. */
function slotsOf(
  poisons: readonly PoisonToPlace[],
  { slots, batchSlots }: { slots: number; batchSlots: number | undefined },
): number[][] {
  const taken = new Set<number>();
  return poisons.map(({ lengths, placement, seed }) => {
    const own = poisonPositions({
      ...{ placement, count: lengths.length, seed, slots, taken },
      ...(batchSlots === undefined ? {} : { batchSlots }),
    });
    for (const slot of own) taken.add(slot);
    return own;
  });
}

/**
 * Plans an order of documents with all the poisoned ones among the clean, whose own order is kept.
 * Poisoned documents take places among the clean documents that fit wholly beside all the poison; so the
 * last token of each lies inside the budget. Poisons take their places one after the other, in their order: where a
 * place is taken, the next free one behind it.
 * @throws InputError if the poison does not fit the budget, or a poisoned document not its row.
 */
export function planInsertions(request: InsertionsRequest): InsertionsPlan {
  const { cleanLengths, poisons, budgetTokens, unit, contextTokens } = request;
  const spaceOf = (tokens: number) => (unit === 'rows' ? contextTokens : tokens);
  const cleanSpace = (index: number) => spaceOf(cleanLengths[index] as number);
  const poisonedLengths = poisons.flatMap(({ lengths }) => lengths);
  const count = poisonedLengths.length;
  const toFit = { poisonedLengths, budgetTokens, unit, contextTokens };
  const poisonedSpace = poisonedSpaceOf(toFit);
  checkFit(toFit);

  const available = cleanLengths.length;
  const whole = countFitting(cleanSpace, available, budgetTokens - poisonedSpace);
  const cleanDocuments = countStarting(cleanSpace, available, budgetTokens - poisonedSpace);
  const poisonedAt = new Map(
    slotsOf(poisons, { slots: whole + count, batchSlots: request.batchRows }).flatMap((slots, poison) =>
      slots.map((slot, index) => [slot, { poison, index }] as const),
    ),
  );

  const order: OrderedDocument[] = [];
  const placed = poisons.map(({ lengths }) => new Array<PlacedDocument>(lengths.length));
  let nextClean = 0;
  let tokenPosition = 0;
  for (let documentPosition = 0; documentPosition < cleanDocuments + count; documentPosition++) {
    const found = poisonedAt.get(documentPosition);
    if (found !== undefined) {
      const { poison, index } = found;
      order.push({ kind: 'poisoned', index, poison });
      const tokens = poisons[poison]?.lengths[index] as number;
      (placed[poison] as PlacedDocument[])[index] = { documentPosition, tokenPosition, tokens };
      tokenPosition += spaceOf(tokens);
    } else {
      order.push({ kind: 'clean', index: nextClean });
      tokenPosition += cleanSpace(nextClean);
      nextClean += 1;
    }
  }
  return {
    order,
    cleanDocuments,
    displacedDocuments: countStarting(cleanSpace, available, budgetTokens) - cleanDocuments,
    poisons: poisons.map(({ lengths }, poison): PoisonPlan => {
      const poisonedTokens = sum(lengths);
      return {
        placed: placed[poison] as PlacedDocument[],
        poisonedTokens,
        poisonTokenShare: poisonedTokens / budgetTokens,
        poisonDocumentShare: order.length === 0 ? 0 : lengths.length / order.length,
      };
    }),
  };
}

/** The same with one poison. */
export function planInsertion({
  poisonedLengths,
  placement,
  seed,
  ...surroundings
}: InsertionRequest): InsertionPlan {
  const poison = { lengths: Array.from(poisonedLengths), placement, seed };
  const { poisons, ...order } = planInsertions({ ...surroundings, poisons: [poison] });
  return { ...order, ...(poisons[0] as PoisonPlan) };
}
