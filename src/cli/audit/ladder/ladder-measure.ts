// What success means for the runs of a ladder. Where the judge of noise cannot see noise in the corpus, success is a generation
// above the threshold of the control: the run of the same size and seed, without poison and without a filter.

import { runOutcome } from '../../../analyse/run-outcome.ts';
import { byMeasure, SUCCESS_MEASURES } from '../../../analyse/success-measures.ts';
import { plantedDocuments } from '../../../config/poisons.ts';
import { unseenNoiseShare } from '../../../report/page/setup-words.ts';
import type { RunRecord } from '../../../run/record.ts';

/** By what success is read: an effect above one half, the payload's own outcome, or the control's threshold. */
export type LadderMeasure = 'main' | 'control';

const isUndefendedControl = ({ config: { phases } }: RunRecord) =>
  plantedDocuments(phases) === 0 && phases.every(({ defend }) => defend === undefined);

/** Records of the same runs, with success by the measure that can see it. */
export function measuredLadder(records: readonly RunRecord[]): {
  readonly measure: LadderMeasure;
  readonly records: readonly RunRecord[];
} {
  const control = SUCCESS_MEASURES.find(({ id }) => id === 'control');
  if (control === undefined || unseenNoiseShare(records) === null) return { measure: 'main', records };
  // The last control of a size and seed sets its threshold.
  const order = [...records.keys()].sort(
    (a, b) =>
      Number(isUndefendedControl(records[a] as RunRecord)) -
      Number(isUndefendedControl(records[b] as RunRecord)),
  );
  const measured = byMeasure(
    order.map((place) => runOutcome(records[place] as RunRecord)),
    control,
  );
  const byPlace = new Map(order.map((place, i) => [place, measured[i]?.record]));
  return {
    measure: 'control',
    records: records.map((record, place) => {
      const own = byPlace.get(place) ?? record;
      const { contract: _, ...evaluation } = own.config.evaluation;
      // Read as it stands: its share of successes is by the control's threshold already.
      return { ...own, config: { ...own.config, evaluation } };
    }),
  };
}
