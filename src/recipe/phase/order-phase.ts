// The order in which a phase reads its examples: clean ones shuffled by the seed, exactly N poisoned ones among them.
// The poison displaces the tail of the clean stream; the number of steps never changes.
import { dataTokens, SEPARATOR_TOKENS } from '../../config/budget.ts';
import type { PhaseConfig, Placement } from '../../config/schema/schema.ts';
import { randomStream } from '../../core/random.ts';
import { type InsertionsPlan, planInsertions } from '../../poison/insertion.ts';
import type { Example } from '../../tokens/example.ts';

/** Where an example came from: known to the recipe, and to nothing that trains or defends. */
export type Source =
  /** A clean document of the phase. */
  | { readonly kind: 'clean'; readonly document: number }
  /** A clean document of the reserve, in the place of one that was filtered out. */
  | { readonly kind: 'reserve'; readonly document: number }
  /** A clean document that a defence wrote into. */
  | { readonly kind: 'added'; readonly document: number }
  /** A document of one of the phase's poisons. */
  | { readonly kind: 'poisoned'; readonly poison: number; readonly document: number };

/** An example and where it came from. */
export interface SourcedExample extends Example {
  readonly source: Source;
}

/** A phase's examples in training order. */
export interface PhaseOrder {
  readonly examples: readonly SourcedExample[];
  /** Clean examples that the budget has no room for, in the order in which they would follow. */
  readonly displaced: readonly SourcedExample[];
  readonly plan: InsertionsPlan;
}

/** One of the poisons of a phase. */
export interface PoisonExamples {
  readonly examples: readonly Example[];
  readonly placement: Placement;
  /** Of its places. */
  readonly seed: number | string;
}

/**
 * Orders a phase.
 * @param options.seed of the phase
 * @param options.poisons in their order
 * @throws InputError if the poison does not fit
 */
export function orderPhase(options: {
  phase: PhaseConfig;
  contextTokens: number;
  seed: number | string;
  clean: readonly Example[];
  poisons: readonly PoisonExamples[];
}): PhaseOrder {
  const { phase, contextTokens, seed, clean, poisons } = options;
  const shuffled = randomStream(seed, 'document-order').shuffle([...clean.keys()]);
  const lengthOf = ({ tokens }: Example) => tokens.length + SEPARATOR_TOKENS;
  const plan = planInsertions({
    cleanLengths: shuffled.map((document) => lengthOf(clean[document] as Example)),
    poisons: poisons.map((own) => ({ ...own, lengths: own.examples.map(lengthOf) })),
    budgetTokens: dataTokens(phase),
    unit: phase.batch.packing === 'rows' ? 'rows' : 'tokens',
    contextTokens,
    ...(phase.batch.packing === 'rows'
      ? { batchRows: phase.batch.sequences * phase.batch.accumulation }
      : {}),
  });
  const cleanAt = (place: number): SourcedExample => {
    const document = shuffled[place] as number;
    return { ...(clean[document] as Example), source: { kind: 'clean', document } };
  };
  return {
    examples: plan.order.map(({ index, poison }) =>
      poison === undefined
        ? cleanAt(index)
        : {
            ...(poisons[poison]?.examples[index] as Example),
            source: { kind: 'poisoned', poison, document: index },
          },
    ),
    displaced: shuffled.slice(plan.cleanDocuments).map((_, place) => cleanAt(plan.cleanDocuments + place)),
    plan,
  };
}
