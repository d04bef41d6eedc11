// Success of a model however it is used, by the measure that tables of runs have.
import { runOutcome } from '../analyse/run-outcome.ts';
import { mainMeasure } from '../analyse/success-measures.ts';
import { conditionInfo } from '../evaluate/conditions.ts';
import type { evaluateCheckpoint } from '../evaluate/evaluate-checkpoint.ts';
import type { EvaluationSet } from '../evaluate/evaluation-set.ts';
import type { ConditionRecord } from '../evaluate/records.ts';
import type { RunRecord } from '../run/record.ts';

/** Success and price of one way to use a model, or several. */
export interface MeasuredUse {
  /** Share of prompts with the trigger whose generation is a success, 0-1; null without an attack. */
  readonly success: number | null;
  /** The same without the trigger: false alarms of the measure. */
  readonly withoutTrigger: number | null;
  /** nats a token on held-out clean text. */
  readonly cleanLossNats: number | null;
}

type Measured = Pick<ReturnType<typeof evaluateCheckpoint>, 'cleanLossNats'> & {
  readonly conditions: readonly ConditionRecord[];
};

/** Success by the measure that a table of runs has unless it says otherwise. */
export function useOf(
  { cleanLossNats, conditions }: Measured,
  measure: ReturnType<typeof mainMeasure>,
): MeasuredUse {
  const share = (wanted: 'none' | 'trigger') => {
    const found = conditions.find((own) => conditionInfo(own).kind === wanted && own.poison === undefined);
    return (measure === 'sustained' ? found?.effect?.aboveHalf : found?.successShare) ?? null;
  };
  return { success: share('trigger'), withoutTrigger: share('none'), cleanLossNats };
}

/** One run, as its record has it. */
export function measureRun(record: RunRecord): MeasuredUse {
  const { final } = runOutcome(record);
  if (final === null) return { success: null, withoutTrigger: null, cleanLossNats: null };
  return useOf(final, mainMeasure(record));
}

/** Prompts without the trigger and with it: near triggers are left out. */
export function promptsAlone(set: EvaluationSet): EvaluationSet {
  return { ...set, conditions: set.conditions.filter((own) => conditionInfo(own).kind !== 'near') };
}
