// Defences that need many documents to notice an attack let few pass: then success falls with the count, and no P50 is one.
import { mean } from '../../core/sample-statistics.ts';
import { type Cell, SUCCESS_ASR } from '../cells.ts';
import { FEWEST_SEEDS_FOR_INTERVAL } from '../statistics/interval.ts';
import { leastShareVariance, seedEstimate } from '../statistics/student-interval.ts';

/** A curve falls if success at a larger count is lower by at least this, and its 90 % interval lies below zero. */
export const LEAST_FALL = 0.2;

/** What can be said of success by count whatever the shape of the curve. */
export interface CurveShape {
  /** Whether success at some count is clearly lower than at a smaller one. */
  readonly falls: boolean;
  /** Counts tried at which mean success is at least one half, rising. */
  readonly passingCounts: readonly number[];
  /** The largest mean success over the counts tried, 0-1, and where it was. */
  readonly largestSuccess: { readonly documents: number; readonly asr: number } | null;
}

/** Success at `more` minus success at `fewer`, seed by seed; null without seeds in both. */
function fall(fewer: Cell, more: Cell, prompts: number) {
  const pairs = fewer.seeds.flatMap((own) => {
    const other = more.seeds.find(({ seed }) => seed === own.seed);
    return other === undefined ? [] : [{ difference: other.asr - own.asr, mean: (other.asr + own.asr) / 2 }];
  });
  const share = mean(pairs.map((pair) => pair.mean)) ?? 0;
  const leastVariance = 2 * leastShareVariance({ share, prompts, runs: 1, seeds: pairs.length });
  return seedEstimate(
    pairs.map(({ difference }) => difference),
    { leastVariance },
  );
}

function isFall(fewer: Cell, more: Cell, prompts: number): boolean {
  const { mean: difference, interval, seeds } = fall(fewer, more, prompts);
  if (difference === null || difference > -LEAST_FALL) return false;
  return seeds < FEWEST_SEEDS_FOR_INTERVAL || (interval?.high ?? 0) < 0;
}

/** @param cells of one series; those without poison are left out */
export function curveShape(cells: readonly Cell[], prompts: number): CurveShape {
  const tried = cells
    .filter(({ documents, asr }) => documents > 0 && asr.mean !== null)
    .sort((a, b) => a.documents - b.documents);
  const success = tried.map(({ documents, asr }) => ({ documents, asr: asr.mean ?? 0 }));
  const [first] = success;
  return {
    falls: tried.some((more, i) => tried.slice(0, i).some((fewer) => isFall(fewer, more, prompts))),
    passingCounts: success.filter(({ asr }) => asr >= SUCCESS_ASR).map(({ documents }) => documents),
    largestSuccess:
      first === undefined ? null : success.reduce((best, own) => (own.asr > best.asr ? own : best), first),
  };
}
