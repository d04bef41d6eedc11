// How the claims depend on the measure of success, as tables for page and summary.
import type { Analysis } from '../../analyse/analyse-experiment.ts';
import type { MeasuredClaim, Sensitivity } from '../../analyse/sensitivity.ts';
import { percent } from '../../core/format-number.ts';
import { decimals, halfSuccessIntervalInWords, halfSuccessInWords } from '../numbers.ts';
import { CLAIM_NAMES, rangeInWords, unitOf, valueInWords } from './claim-words.ts';

/** A table as text. */
interface Rows {
  readonly header: string[];
  readonly rows: string[][];
}

function claimInWords(claim: MeasuredClaim | undefined): string {
  if (claim === undefined) return 'not measured';
  const { id, estimate, interval, status } = claim;
  const range =
    interval === null ? '' : ` (${rangeInWords(interval, (value) => valueInWords(claim, value))})`;
  return estimate === null ? status : `${status}: ${valueInWords(claim, estimate)}${unitOf(id)}${range}`;
}

/** Names a claim, with its group where there are several. */
function nameOf({ id, group }: MeasuredClaim, { groups }: Analysis): string {
  const title = groups.find((one) => one.id === group)?.title ?? group;
  return groups.length > 1 ? `${CLAIM_NAMES[id]}, ${title}` : CLAIM_NAMES[id];
}

/** One row a claim, one column a measure. */
export function sensitivityClaimRows({ measures }: Sensitivity, analysis: Analysis): Rows {
  const keys = new Map(
    measures.flatMap(({ claims }) => claims.map((claim) => [`${claim.group}/${claim.id}`, claim])),
  );
  return {
    header: ['claim', ...measures.map(({ label }) => label)],
    rows: [...keys].map(([key, first]) => [
      nameOf(first, analysis),
      ...measures.map(({ claims }) => claimInWords(claims.find(({ id, group }) => `${group}/${id}` === key))),
    ]),
  };
}

const seriesName = (
  { group, series }: { readonly group: string; readonly series: string },
  { groups }: Analysis,
): string => {
  const title = groups.find((one) => one.id === group)?.title ?? '';
  return groups.length > 1 ? `${series}, ${title}` : series;
};

/** P50 with its interval: one row a size, one column a measure. */
export function sensitivityHalfSuccessRows({ measures }: Sensitivity, analysis: Analysis): Rows {
  const own = analysis.groups.flatMap(({ id: group, series }) =>
    series.map(({ id }) => ({ group, series: id })),
  );
  return {
    header: ['P50', ...measures.map(({ label }) => label)],
    rows: own.map((one) => [
      seriesName(one, analysis),
      ...measures.map(({ halfSuccess }) => {
        const half = halfSuccess.find(({ group, series }) => group === one.group && series === one.series);
        if (half === undefined || half.smallestTried === null) return 'not measured';
        const range = half.interval === null ? '' : ` (${halfSuccessIntervalInWords(half)})`;
        return `${halfSuccessInWords(half)}${range}`;
      }),
    ]),
  };
}

/** Success of each cell by threshold of the effect, then P50 by threshold. */
export function thresholdRows({ thresholds }: Sensitivity, analysis: Analysis): Rows {
  const columns = thresholds.thresholds.map((threshold) => `above ${decimals(threshold, 3)}`);
  return {
    header: ['runs', ...columns],
    rows: [
      ...thresholds.cells
        .filter(({ shares }) => shares.some((share) => share !== null))
        .map((cell) => [
          `${seriesName(cell, analysis)}, ${cell.documents} documents`,
          ...cell.shares.map((share) => percent(share)),
        ]),
      ...thresholds.halfSuccess.map((half) => [
        `P50 of ${seriesName(half, analysis)}, documents`,
        ...half.documents.map((documents) => (documents === null ? 'not reached' : decimals(documents, 0))),
      ]),
    ],
  };
}

/** What the tables show. */
export const SENSITIVITY_NOTE =
  'The same runs judged by other measures. Effect: share of noise tokens in what the model writes, or how much of the planted text it ' +
  'shows. Threshold of the control: the surprise that 1 % of the untriggered generations of the unpoisoned model of the same size and ' +
  'seed exceed, at least ln 50; of the model itself: the same of its own, which rises with its own noise. ' +
  'The first, third and last measures say more about how strong success is than about whether there is any.';
