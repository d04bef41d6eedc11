// What pairing with twins gains, as a table and a sentence for page and summary.
import type { Correlation } from '../../analyse/statistics/pooled-correlation.ts';
import { LEAST_TWIN_CORRELATION, type TwinAnalysis } from '../../analyse/twins.ts';
import { decimals } from '../numbers.ts';

function correlationInWords({ correlation, interval, pairs }: Correlation): string {
  if (correlation === null) return 'n/a';
  const range = interval === null ? '' : ` (${decimals(interval.low, 2)} to ${decimals(interval.high, 2)})`;
  return `${decimals(correlation, 2)}${range}, ${pairs} pairs`;
}

function scatterInWords({ differenceDeviation, independentDeviation }: Correlation): string {
  if (differenceDeviation === null) return 'n/a';
  return `${decimals(differenceDeviation, 4)} (unpaired ${decimals(independentDeviation, 4)})`;
}

/** One row a measure. */
export function twinRows({ measures }: TwinAnalysis): { header: string[]; rows: string[][] } {
  return {
    header: [
      'measure',
      'correlation with the twin',
      'correlation with the control',
      'scatter of the difference to the twin',
      'to the control',
    ],
    rows: measures.map(({ label, twin, control }) => [
      label,
      correlationInWords(twin),
      correlationInWords(control),
      scatterInWords(twin),
      scatterInWords(control),
    ]),
  };
}

/** What it comes to. */
export function twinSentence({ gains, pairs, measures }: TwinAnalysis): string {
  const what =
    'A twin is the same run with clean text of the same length in the place of each poisoned document. ' +
    `Correlations are over the seeds of each size and count, pooled over ${pairs} pairs; scatter is a standard deviation, nats/token. `;
  if (gains === null) return `${what}Whether twins gain anything cannot be told from these runs.`;
  const found = decimals(measures[0]?.twin.correlation ?? null, 2);
  return gains
    ? `${what}By clean loss twins pair: ${found} is at least ${LEAST_TWIN_CORRELATION}.`
    : `${what}Twins gain nothing: by clean loss ${found} is below ${LEAST_TWIN_CORRELATION}, so that a difference to a twin is hardly sharper than one to a run of another seed.`;
}
