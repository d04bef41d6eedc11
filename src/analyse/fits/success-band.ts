// The fitted curve of a group as a band over the counts tried: what another experiment's figure is drawn over.
import { log10, pow } from '../../core/math.ts';
import { INTERVAL_LEVEL } from '../statistics/interval.ts';
import { seedInterval } from '../statistics/seed-bootstrap.ts';
import { type DosePoint, type DoseResponse, predictAsr } from './dose-response.ts';

/** The curve of all sizes at one count. */
export interface BandPoint {
  /** Poisoned documents, > 0; a place on the logarithmic axis, not necessarily an integer. */
  readonly documents: number;
  /** Mean over the sizes of the fitted ASR, 0-1. */
  readonly mean: number;
  /** Least lower end over the sizes of the interval of the fitted ASR, 0-1. */
  readonly low: number;
  /** Greatest upper end over the sizes, 0-1. */
  readonly high: number;
}

/** A count at an amount of data. */
type Dose = Pick<DosePoint, 'documents' | 'tokens'>;

/** Places along the axis, ends included. */
const POINTS = 41;

/** Counts at equal distances on a logarithmic axis, from the smallest to the largest tried. */
function countGrid(cells: readonly Dose[]): number[] {
  const logs = cells.map((cell) => log10(cell.documents));
  const [low, high] = [Math.min(...logs), Math.max(...logs)];
  return Array.from({ length: POINTS }, (_, i) => pow(10, low + ((high - low) * i) / (POINTS - 1)));
}

/**
 * Pointwise band of a fitted curve: at each count the envelope, over the amounts of data tried, of the intervals of
 * the predicted ASR by the bootstrap over seeds, cut to 0-1.
 * @param cells with poison, at least one
 * @param options.curve the fit with equal weights
 * @param options.draws the fit under each draw of weights
 * @param options.seeds at least 2
 */
export function successBand(
  cells: readonly Dose[],
  options: { curve: DoseResponse; draws: readonly DoseResponse[]; seeds: number },
): BandPoint[] {
  const { curve, draws, seeds } = options;
  const sizes = [...new Set(cells.map((cell) => cell.tokens))];
  return countGrid(cells).map((documents) => {
    const ofSizes = sizes.map((tokens) => {
      const dose = { documents, tokens };
      const estimate = predictAsr(curve, dose);
      const predicted = draws.map((draw) => predictAsr(draw, dose));
      return { estimate, ...seedInterval({ estimate, draws: predicted, seeds, level: INTERVAL_LEVEL }) };
    });
    return {
      documents,
      mean: ofSizes.reduce((sum, { estimate }) => sum + estimate, 0) / sizes.length,
      low: Math.max(0, Math.min(...ofSizes.map(({ low }) => low ?? 0))),
      high: Math.min(1, Math.max(...ofSizes.map(({ high }) => high ?? 1))),
    };
  });
}
