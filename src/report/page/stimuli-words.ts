// Of what runs scatter where stimuli are drawn from pools, as a table for page and summary.
import type { Analysis } from '../../analyse/analyse-experiment.ts';
import { decimals } from '../numbers.ts';

/** One row a group; null for an experiment without pools. */
export function stimuliRows({ stimuli, groups }: Analysis): { header: string[]; rows: string[][] } | null {
  if (stimuli === undefined) return null;
  const rows = groups.flatMap(({ title, varianceComponents: found }) =>
    found === undefined
      ? []
      : [
          [
            title === '' ? 'all runs' : title,
            ...found.stimuli.map((part) => decimals(part, 3)),
            decimals(found.seed, 3),
            decimals(found.residual, 3),
            decimals(found.total, 3),
            String(found.runs),
          ],
        ],
  );
  const names = stimuli.map((path) => path.split('.').slice(-2).join('.'));
  return { header: ['of', ...names, 'seed', 'rest', 'all (dispersion)', 'runs in transition'], rows };
}

/** What the table shows. */
export const STIMULI_NOTE =
  'Parts of the dispersion of runs about the curve of their size, in units of p (1 − p). A part below 0 is sampling error of one near 0; n/a: ' +
  'no two runs share that alone. The intervals of P50, α, their ratios, clean loss, false alarms and specificity cover other stimuli of the same ' +
  'kind; those of single cells, of near triggers by count, of overlaps and of differences in success cover seeds alone.';
