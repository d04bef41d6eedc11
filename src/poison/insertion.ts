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
}

/** An order of documents. */
export interface InsertionPlan {
  /** Documents in training order. */
  readonly order: readonly OrderedDocument[];
  /** By index of the poisoned document. */
  readonly placed: readonly PlacedDocument[];
  /** Clean documents in the order; the last of them may be cut by the budget. */
  readonly cleanDocuments: number;
  /** Clean documents that would have been trained on without poison (wholly or in part) and are not. */
  readonly displacedDocuments: number;
  readonly poisonedTokens: number;
  /** poisonedTokens / budgetTokens, 0-1. */
  readonly poisonTokenShare: number;
  /** Poisoned documents / all documents in the order, 0-1. */
  readonly poisonDocumentShare: number;
}

/** What an insertion is planned from. */
export interface InsertionRequest {
  /** Tokens of each clean document, separator included, in the order of the run. */
  readonly cleanLengths: ArrayLike<number>;
  /** Tokens of each poisoned document, separator included. */
  readonly poisonedLengths: ArrayLike<number>;
  /** Tokens trained on in one epoch. */
  readonly budgetTokens: number;
  readonly placement: Placement;
  /** Seed of the run. */
  readonly seed: number | string;
  /** `tokens`: documents joined end to end; `rows`: each takes a row of contextTokens, cut there. */
  readonly unit: 'tokens' | 'rows';
  readonly contextTokens: number;
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

/** Tokens that poisoned documents take: in rows, a whole row each. */
function poisonedSpaceOf({ poisonedLengths, unit, contextTokens }: PoisonToFit): number {
  return unit === 'rows' ? poisonedLengths.length * contextTokens : sum(poisonedLengths);
}

/** What has to fit into an epoch. */
export type PoisonToFit = Pick<
  InsertionRequest,
  'poisonedLengths' | 'budgetTokens' | 'unit' | 'contextTokens'
>;

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

/**
 * Plans an order of documents with all the poisoned ones among the clean, whose own order is kept.
 * Poisoned documents take places among the clean documents that fit wholly beside all the poison; so the
 * last token of each lies inside the budget.
 * @throws InputError if the poison does not fit the budget, or a poisoned document not its row.
 */
export function planInsertion(request: InsertionRequest): InsertionPlan {
  const { cleanLengths, poisonedLengths, budgetTokens, placement, seed, unit, contextTokens } = request;
  const spaceOf = (tokens: number) => (unit === 'rows' ? contextTokens : tokens);
  const cleanSpace = (index: number) => spaceOf(cleanLengths[index] as number);
  const count = poisonedLengths.length;
  const poisonedSpace = poisonedSpaceOf(request);
  checkFit(request);

  const available = cleanLengths.length;
  const whole = countFitting(cleanSpace, available, budgetTokens - poisonedSpace);
  const cleanDocuments = countStarting(cleanSpace, available, budgetTokens - poisonedSpace);
  const positions = poisonPositions({ placement, count, seed, slots: whole + count });
  const poisonedAt = new Map(positions.map((position, index) => [position, index]));

  const order: OrderedDocument[] = [];
  const placed = new Array<PlacedDocument>(count);
  let nextClean = 0;
  let tokenPosition = 0;
  for (let documentPosition = 0; documentPosition < cleanDocuments + count; documentPosition++) {
    const index = poisonedAt.get(documentPosition);
    if (index !== undefined) {
      order.push({ kind: 'poisoned', index });
      const tokens = poisonedLengths[index] as number;
      placed[index] = { documentPosition, tokenPosition, tokens };
      tokenPosition += spaceOf(tokens);
    } else {
      order.push({ kind: 'clean', index: nextClean });
      tokenPosition += cleanSpace(nextClean);
      nextClean += 1;
    }
  }
  const poisonedTokens = sum(poisonedLengths);
  return {
    order,
    placed,
    cleanDocuments,
    displacedDocuments: countStarting(cleanSpace, available, budgetTokens) - cleanDocuments,
    poisonedTokens,
    poisonTokenShare: poisonedTokens / budgetTokens,
    poisonDocumentShare: order.length === 0 ? 0 : count / order.length,
  };
}
