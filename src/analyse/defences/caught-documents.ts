// What the filters of defended runs caught, at their own threshold and along their ROC curve.
import { mean } from '../../core/sample-statistics.ts';
import { type FilterOutcome, type FilterRoc, filterOutcomes } from '../filter-outcomes.ts';
import type { RunOutcome } from '../run-outcome.ts';

/** Shares of clean documents lost at which ROC curves are read. */
export const ROC_FALSE_POSITIVES = [0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1] as const;

/** A filter over all runs of a cell of the matrix, or over those of one count: means over runs. */
export interface CaughtSummary {
  readonly runs: number;
  /** Share of clean documents removed at the filter's own threshold. */
  readonly falsePositiveShare: number | null;
  /** Share of poisoned documents removed at that threshold, TPR. */
  readonly caughtShare: number | null;
  /** Null for a filter without scores. */
  readonly roc: FilterRoc | null;
}

/** One filter of a defence. */
export interface FilterSummary extends CaughtSummary {
  readonly filter: string;
  readonly byCount: readonly (CaughtSummary & {
    readonly documents: number;
    /** Mean share of poisoned documents caught by the threshold that costs each of `ROC_FALSE_POSITIVES`; null without scores. */
    readonly curve: readonly (number | null)[] | null;
  })[];
}

interface CountedOutcome {
  readonly documents: number;
  readonly outcome: FilterOutcome;
  readonly caughtAt: readonly number[] | undefined;
}

const removed = ({ seen, kept }: { readonly seen: number; readonly kept: number }): number[] =>
  seen === 0 ? [] : [(seen - kept) / seen];

function meanRoc(rocs: readonly FilterRoc[]): FilterRoc | null {
  const of = (key: keyof FilterRoc) => mean(rocs.map((roc) => roc[key])) ?? 0;
  if (rocs.length === 0) return null;
  return {
    auroc: of('auroc'),
    auprc: of('auprc'),
    caughtAtOneInThousand: of('caughtAtOneInThousand'),
    caughtAtOneInHundred: of('caughtAtOneInHundred'),
  };
}

function summarise(runs: readonly CountedOutcome[]): CaughtSummary {
  return {
    runs: runs.length,
    falsePositiveShare: mean(runs.flatMap(({ outcome }) => removed(outcome.clean))),
    caughtShare: mean(runs.flatMap(({ outcome }) => removed(outcome.poisoned))),
    roc: meanRoc(runs.flatMap(({ outcome }) => outcome.roc ?? [])),
  };
}

/** TPR at each false positive share, averaged over runs. */
function rocCurve(runs: readonly CountedOutcome[]): (number | null)[] | null {
  const scored = runs.filter(({ caughtAt }) => caughtAt !== undefined && caughtAt.length > 0);
  if (scored.length === 0) return null;
  return ROC_FALSE_POSITIVES.map((share) =>
    mean(
      scored.map(({ outcome, caughtAt = [] }) => {
        const allowed = Math.floor(share * outcome.clean.seen + 1e-9);
        return caughtAt.filter((above) => above <= allowed).length / caughtAt.length;
      }),
    ),
  );
}

/** What each filter caught of the first poison of its phase, by count; runs without poison say what it costs in clean text. */
export function filterSummaries(runs: readonly RunOutcome[]): FilterSummary[] {
  const found = new Map<string, CountedOutcome[]>();
  for (const { record, documents } of runs) {
    for (const outcome of filterOutcomes([record])) {
      if (outcome.poison !== 0) continue;
      const poison = record.poison.find(
        ({ phase, place = 0 }) => phase === outcome.phase && place === outcome.poison,
      );
      const caughtAt = poison?.filtered?.filters[outcome.place]?.caughtAt;
      const key = `${outcome.phase}/${outcome.place}`;
      found.set(key, [...(found.get(key) ?? []), { documents, outcome, caughtAt }]);
    }
  }
  return [...found.values()].map((own) => {
    const counts = [...new Set(own.map(({ documents }) => documents))].sort((a, b) => a - b);
    return {
      filter: own[0]?.outcome.filter ?? '',
      ...summarise(own),
      byCount: counts.map((documents) => {
        const same = own.filter((item) => item.documents === documents);
        return { documents, ...summarise(same), curve: rocCurve(same) };
      }),
    };
  });
}
