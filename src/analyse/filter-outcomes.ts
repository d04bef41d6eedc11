// What a filter did in a run, as one row each: what it removed at its own threshold, and how well its scores tell poisoned
// documents from clean ones at any.
import type { RunRecord } from '../run/record.ts';

type FilteredPoison = NonNullable<RunRecord['poison'][number]['filtered']>;
type FilterRecord = FilteredPoison['filters'][number];

/** How well scores tell poisoned documents from clean ones. A clean one that scores as high counts against the filter. */
export interface FilterRoc {
  /** Share of pairs of a poisoned and a clean document in which the poisoned one scores higher. */
  readonly auroc: number;
  /** Average precision: mean over poisoned documents of the share of poison among all that score as high or higher. */
  readonly auprc: number;
  /** Share of the poisoned documents that a threshold catches which removes at most 1 in 1,000 clean ones. */
  readonly caughtAtOneInThousand: number;
  /** The same at 1 in 100. */
  readonly caughtAtOneInHundred: number;
}

/**
 * @param caughtAt by poisoned document, ascending: clean documents that score as high or higher
 * @param clean documents that were scored
 * @returns null without poisoned or clean documents
 */
export function filterRoc(caughtAt: readonly number[], clean: number): FilterRoc | null {
  const poisoned = caughtAt.length;
  if (poisoned === 0 || clean === 0) return null;
  let pairs = 0;
  let precision = 0;
  for (const [place, above] of caughtAt.entries()) {
    pairs += clean - above;
    // Poisoned documents between the same clean ones may have one score: all of them are caught, or none.
    const caught = caughtAt.lastIndexOf(above, poisoned - 1) + 1;
    precision += Math.max(place + 1, caught) / (Math.max(place + 1, caught) + above);
  }
  const caughtAtShare = (share: number) =>
    caughtAt.filter((above) => above <= Math.floor(share * clean + 1e-9)).length / poisoned;
  return {
    auroc: pairs / (poisoned * clean),
    auprc: precision / poisoned,
    caughtAtOneInThousand: caughtAtShare(0.001),
    caughtAtOneInHundred: caughtAtShare(0.01),
  };
}

/** One filter, one poison, one run. */
export interface FilterOutcome {
  readonly run: string;
  readonly seed: number;
  readonly parameters: number;
  readonly phase: string;
  /** Place of the poison among those of the phase, from 0. */
  readonly poison: number;
  /** Place of the filter in its phase, from 0. */
  readonly place: number;
  readonly filter: string;
  /** Planted in the phase. */
  readonly planted: number;
  readonly poisoned: FilterRecord['poisoned'];
  readonly clean: FilterRecord['clean'];
  /** Null for a filter without scores. */
  readonly roc: FilterRoc | null;
  /** Poisoned documents left by all filters of the phase. */
  readonly survivors: number;
}

/** The filters of runs, in their order. */
export function filterOutcomes(records: readonly RunRecord[]): FilterOutcome[] {
  return records.flatMap(({ id, config, parameters, poison }) =>
    poison.flatMap(({ phase, place: own = 0, filtered }) =>
      (filtered?.filters ?? []).map(({ filter, poisoned, clean, caughtAt }, place) => ({
        ...{ run: id, seed: config.seed, parameters, phase, poison: own, place, filter },
        ...{ planted: filtered?.planted ?? 0, survivors: filtered?.kept ?? 0 },
        ...{ poisoned, clean },
        roc: caughtAt === undefined ? null : filterRoc(caughtAt, clean.seen),
      })),
    ),
  );
}
