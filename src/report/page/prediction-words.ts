// Predictions beside results, as a table for page and summary.
import type { Analysis } from '../../analyse/analyse-experiment.ts';
import type { PredictionOutcome } from '../../analyse/predictions.ts';
import type { PredictedQuantity } from '../../config/schema/predictions-schema.ts';
import { percent } from '../../core/format-number.ts';
import { decimals } from '../numbers.ts';
import { rangeInWords } from './claim-words.ts';

const NAMES: Readonly<Record<PredictedQuantity, string>> = {
  'half-success': 'P50, documents',
  alpha: 'α, these sizes',
  'alpha-new-sizes': 'α, new sizes',
  scatter: 'scatter of the sizes, decades',
  'end-ratio': 'P50 at the most data over that at the least',
  'clean-loss': 'change of clean loss, nats/token',
  'false-alarms': 'false alarms',
  'twin-correlation': 'correlation with the twin',
};

function valueIn(quantity: PredictedQuantity, value: number): string {
  if (quantity === 'false-alarms') return percent(value);
  if (quantity === 'half-success') return decimals(value, 0);
  return decimals(value, quantity === 'clean-loss' || quantity === 'scatter' ? 3 : 2);
}

function predictedInWords({ quantity, low, high }: PredictionOutcome): string {
  const word = (value: number) => String(value);
  const name = quantity === 'false-alarms' ? percent : word;
  if (low === null) return `at most ${name(high ?? 0)}`;
  if (high === null) return `at least ${name(low)}`;
  return `${name(low)} to ${name(high)}`;
}

function foundInWords({ quantity, estimate, beyond, interval }: PredictionOutcome): string {
  const word = (value: number) => valueIn(quantity, value);
  const range = interval === null ? '' : ` (${rangeInWords(interval, word)})`;
  if (estimate !== null) return `${word(estimate)}${range}`;
  if (beyond === undefined) return 'n/a';
  return 'least' in beyond ? `> ${beyond.least}${range}` : `< ${beyond.most}${range}`;
}

function outcomeInWords({ outcome, isClear }: PredictionOutcome): string {
  if (isClear !== false) return outcome;
  return outcome === 'inside' ? 'inside, but not its whole interval' : 'outside, but its interval reaches in';
}

/** One row a prediction and group (and size). */
export function predictionRows(
  outcomes: readonly PredictionOutcome[],
  { groups }: Analysis,
): { header: string[]; rows: string[][] } {
  const ofWhat = ({ of, group }: PredictionOutcome): string => {
    const title = groups.length > 1 ? groups.find(({ id }) => id === group)?.title : undefined;
    return [of, title ?? ''].filter((text) => text !== '').join(', ') || 'all runs';
  };
  return {
    header: ['quantity', 'of', 'predicted', 'found (90 % interval)', 'outcome'],
    rows: outcomes.map((own) => [
      NAMES[own.quantity],
      ofWhat(own),
      predictedInWords(own),
      foundInWords(own),
      outcomeInWords(own),
    ]),
  };
}

/** `9 inside, 4 outside, 1 not measured`. */
export function predictionTally(outcomes: readonly PredictionOutcome[]): string {
  const count = (outcome: PredictionOutcome['outcome']) =>
    outcomes.filter((own) => own.outcome === outcome).length;
  const unmeasured = count('not measured');
  return `${count('inside')} inside, ${count('outside')} outside${unmeasured === 0 ? '' : `, ${unmeasured} not measured`}`;
}

/** How the predictions came out. */
export function predictionSentence(outcomes: readonly PredictionOutcome[]): string {
  return (
    `Ranges stated in the config: ${predictionTally(outcomes)}. The estimate decides; a P50 beyond the counts tried is inside or outside where every value there would be. ` +
    'That they were written before the runs is shown by the history of the experiment, not by this page.'
  );
}
