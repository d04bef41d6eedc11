// Clean loss by setting and size as a table, for experiments without poison.
import type { Analysis } from '../../analyse/analyse-experiment.ts';
import type { CleanCell } from '../../analyse/clean-runs.ts';
import { decimals } from '../numbers.ts';

function lossInWords({ estimate, interval, lost, lowest }: CleanCell): string {
  if (estimate === null) return lost > 0 ? `none of ${lost} runs finished` : 'n/a';
  const range = interval === null ? '' : ` (${decimals(interval.low, 3)} to ${decimals(interval.high, 3)})`;
  return `${decimals(estimate, 3)}${range}${lost > 0 ? `, ${lost} lost` : ''}${lowest ? ', lowest' : ''}`;
}

/** One row a setting, one column a size. */
export function cleanRows(
  cells: readonly CleanCell[],
  { groups }: Analysis,
): { header: string[]; rows: string[][] } {
  const sizes = [...new Set(cells.map(({ series }) => series))];
  return {
    header: ['runs', ...sizes],
    rows: groups.map(({ id, title }) => [
      title === '' ? 'all' : title,
      ...sizes.map((size) => {
        const cell = cells.find(({ group, series }) => group === id && series === size);
        return cell === undefined ? '' : lossInWords(cell);
      }),
    ]),
  };
}

export const CLEAN_NOTE =
  "Clean loss in nats per token on text that was never trained on, at the end of each run: mean over seeds, and Student's 90 % interval from 5 seeds on. Lower is better.";
