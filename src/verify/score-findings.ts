// What a record sums up of single prompts, held against the scores of these prompts (evaluation contract 2). Scores are
// whole thousandths, so that what was summed up before they were rounded may differ by half of one.
import { median } from '../evaluate/measures.ts';
import type { ConditionRecord, EffectSummary, PromptScores } from '../evaluate/records.ts';
import type { RunRecord } from '../run/record.ts';
import type { Finding } from './finding.ts';

/** Half a thousandth, and room for the rounding of a sum. */
const HALF = 0.0005 + 1e-9;

/** Findings of one run that are listed. */
const MOST = 3;

const THRESHOLDS = [
  ['aboveQuarter', 0.25],
  ['aboveHalf', 0.5],
  ['aboveThreeQuarters', 0.75],
] as const satisfies readonly (readonly [keyof EffectSummary, number])[];

/** The effects of prompts, each with how far the exact one may lie from it. */
interface Effects {
  readonly values: readonly number[];
  readonly within: number;
}

function effectsOf({ noiseTokens, outcomeMille }: PromptScores, generatedTokens: number): Effects {
  return outcomeMille === undefined
    ? { values: noiseTokens.map((noise) => noise / generatedTokens), within: 1e-9 }
    : { values: outcomeMille.map((mille) => mille / 1000), within: HALF };
}

/** The first number of an effect that scores cannot have given; null: none. */
function effectFault(effect: EffectSummary, { values, within }: Effects): string | null {
  const total = values.reduce((sum, value) => sum + value, 0);
  const mean = total / values.length;
  if (Math.abs(effect.mean - mean) > within) return `mean ${effect.mean}, but its scores give ${mean}`;
  for (const [name, threshold] of THRESHOLDS) {
    const count = effect[name] * values.length;
    // A value at the threshold is not above it; one that was rounded may have been.
    const surely = values.filter((value) => value > threshold + within).length;
    const perhaps = values.filter((value) => value > threshold - (within > 1e-6 ? within : 0)).length;
    if (count < surely - 1e-6 || count > perhaps + 1e-6)
      return `${name} ${effect[name]}, but its scores give ${perhaps / values.length}`;
  }
  return null;
}

/** What of a condition does not follow from its scores, in words; null where all does, or where it has none. */
function conditionFault(condition: ConditionRecord, generatedTokens: number): string | null {
  const { scores, effect, prompts, judgeNats, selfNats } = condition;
  if (scores === undefined) return null;
  const lists = Object.entries(scores) as [string, readonly number[]][];
  const odd = lists.find(([, list]) => list.length !== prompts);
  if (odd !== undefined) return `has ${odd[1].length} scores in ${odd[0]} for ${prompts} prompts`;
  if (prompts === 0) return null;
  if (effect === undefined) return 'has scores, but no effect that sums them up';
  const wrong = effectFault(effect, effectsOf(scores, generatedTokens));
  if (wrong !== null) return `has the effect ${wrong}`;
  for (const [name, nats, mille] of [
    ['judgeNats', judgeNats, scores.judgeMilliNats],
    ['selfNats', selfNats, scores.selfMilliNats],
  ] as const) {
    const due = (median(mille) ?? Number.NaN) / 1000;
    if (nats === null || Math.abs(nats - due) > HALF)
      return `has ${name} ${String(nats)}, but the median of its scores is ${due}`;
  }
  return null;
}

/** The contract of evaluation, held against the config, and the scores that it makes a finished run keep. */
function contractFaults({ config, contracts, checkpoints, status }: RunRecord): string[] {
  const planned = config.evaluation.contract ?? 1;
  if (contracts.evaluation !== planned)
    return [
      `its contracts say that it was evaluated under version ${String(contracts.evaluation)}, its config says ${planned}: one of them was changed after the run`,
    ];
  if (planned === 1 || status !== 'done') return [];
  const bare = checkpoints.at(-1)?.conditions.find(({ scores }) => scores === undefined);
  return bare === undefined ? [] : [`condition ${bare.condition} at its end has no scores of its prompts`];
}

/** What a record says of its evaluation that does not follow from its config and its scores. */
export function scoreFindings(record: RunRecord): Finding[] {
  const { id, config, checkpoints } = record;
  const faults = checkpoints.flatMap(({ checkpoint, conditions }) =>
    conditions.flatMap((condition) => {
      const fault = conditionFault(condition, config.evaluation.generatedTokens);
      return fault === null ? [] : [`condition ${condition.condition} of checkpoint ${checkpoint} ${fault}`];
    }),
  );
  return [...contractFaults(record), ...faults].slice(0, MOST).map((text) => ({ run: id, text }));
}
