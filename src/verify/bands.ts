// Do figures agree where bits do not? The bands within which a run comes out again when only rounding differs.
// docs/verify.md has the measurements behind them.
import {
  type CheckpointRecord,
  type ConditionInfo,
  type ConditionRecord,
  conditionInfo,
  type RunRecord,
} from '../run/record.ts';
import { diffValues, shortValue } from './diff-values.ts';

/** Most by which the clean loss of a checkpoint may differ, nats/token. */
export const CLEAN_LOSS_BAND_NATS = 0.06;

/** Success shares may differ by three standard errors of the difference of two independent samples, and this. */
export const SUCCESS_SHARE_FLOOR = 0.05;
const STANDARD_ERRORS = 3;

/** One figure of a run and of the same run repeated. */
export interface BandCheck {
  /** `clean loss at checkpoint 3`, `attack success`. */
  readonly figure: string;
  readonly stored: string;
  readonly rerun: string;
  /** Most by which they may differ; 0: they must be equal. */
  readonly allowed: number;
  readonly agrees: boolean;
}

/** Most by which two success shares, each of a number of prompts, may differ. @param one 0-1 @param other 0-1 */
export function successShareBand(one: number, other: number, prompts: number): number {
  const share = (one + other) / 2;
  return SUCCESS_SHARE_FLOOR + STANDARD_ERRORS * Math.sqrt((2 * share * (1 - share)) / prompts);
}

function equal(figure: string, stored: unknown, rerun: unknown): BandCheck {
  const agrees = diffValues(stored, rerun).length === 0;
  return { figure, stored: shortValue(stored), rerun: shortValue(rerun), allowed: 0, agrees };
}

type Figure = number | null | undefined;

function within(figure: string, stored: Figure, rerun: Figure, allowed: number): BandCheck {
  const isMissing = typeof stored !== 'number' || typeof rerun !== 'number';
  const agrees = isMissing ? (stored ?? null) === (rerun ?? null) : Math.abs(stored - rerun) <= allowed;
  const show = (value: Figure) => (typeof value === 'number' ? value.toFixed(4) : 'none');
  return { figure, stored: show(stored), rerun: show(rerun), allowed, agrees };
}

/** Near triggers have no band: rounding alone moved them by 0.3. */
const judged: Readonly<Record<ConditionInfo['kind'], string | undefined>> = {
  trigger: 'attack success',
  none: 'false alarms',
  near: undefined,
};

function compareConditions(
  stored: readonly ConditionRecord[],
  rerun: readonly ConditionRecord[],
): BandCheck[] {
  return stored.flatMap((record) => {
    const { condition, prompts, successShare, poison } = record;
    const name = judged[conditionInfo(record).kind];
    if (name === undefined) return [];
    const figure = poison === undefined ? name : `${name} of ${poison}`;
    const other = rerun.find((candidate) => candidate.condition === condition);
    const share = (what: string, one: Figure, again: Figure) =>
      within(what, one, again, successShareBand(one ?? 0, again ?? 0, prompts));
    return [
      share(figure, successShare, other?.successShare),
      ...(record.effect === undefined
        ? []
        : [
            share(`${figure}, above a quarter`, record.effect.aboveQuarter, other?.effect?.aboveQuarter),
            share(`${figure}, above a half`, record.effect.aboveHalf, other?.effect?.aboveHalf),
            share(
              `${figure}, above three quarters`,
              record.effect.aboveThreeQuarters,
              other?.effect?.aboveThreeQuarters,
            ),
          ]),
    ];
  });
}

/** What arithmetic has no part in. */
function compareData(stored: RunRecord, rerun: RunRecord): BandCheck[] {
  const seen = ({ checkpoints }: RunRecord) =>
    checkpoints.map(({ optimizerStep, poisonedDocumentsSeen, seenByPoison = [] }) => [
      optimizerStep,
      poisonedDocumentsSeen,
      seenByPoison,
    ]);
  const asked = ({ checkpoints }: RunRecord) =>
    (checkpoints.at(-1)?.conditions ?? []).map(({ condition, prompts }) => [condition, prompts]);
  return [
    equal('status', stored.status, rerun.status),
    equal('parameters', stored.parameters, rerun.parameters),
    equal('tokens trained', stored.tokensTrained, rerun.tokensTrained),
    equal('poison planted', stored.poison, rerun.poison),
    equal('poison seen by checkpoints', seen(stored), seen(rerun)),
    equal('corpora mixed', stored.mixes, rerun.mixes),
    // The width of a band follows from the prompts, and a condition that is not there has none.
    equal('prompts by condition', asked(stored), asked(rerun)),
  ];
}

/** Every figure that has a band, of a run and of the same run repeated. */
export function compareByBands(stored: RunRecord, rerun: RunRecord): BandCheck[] {
  const losses = stored.checkpoints.map(({ checkpoint, cleanLossNats }, place) =>
    within(
      `clean loss at checkpoint ${checkpoint}`,
      cleanLossNats,
      rerun.checkpoints[place]?.cleanLossNats,
      CLEAN_LOSS_BAND_NATS,
    ),
  );
  const conditions = (checkpoint: CheckpointRecord | undefined) => checkpoint?.conditions ?? [];
  return [
    ...compareData(stored, rerun),
    ...losses,
    ...compareConditions(conditions(stored.checkpoints.at(-1)), conditions(rerun.checkpoints.at(-1))),
  ];
}
