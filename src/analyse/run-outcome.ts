// What a run comes down to: its dose and its outcome.
import type { CheckpointRecord, Condition, ConditionRecord, RunRecord } from '../run/record.ts';

/** One run as the statistics see it. */
export interface RunOutcome {
  readonly record: RunRecord;
  readonly seed: number;
  readonly parameters: number;
  /** Planned training tokens D over all phases. */
  readonly tokens: number;
  /** Poisoned documents P over all phases. */
  readonly documents: number;
  /** Poisoned share of the trained tokens, 0-1. */
  readonly tokenShare: number;
  /** The full evaluation that decides, at the end of the last phase; null where the run did not get there. */
  readonly final: CheckpointRecord | null;
  /** Attack success rate there, 0-1; null if not measured. */
  readonly asr: number | null;
  /** Prompts behind it. */
  readonly prompts: number;
}

/** The measurement under one condition, if it was made. */
export function findCondition(
  checkpoint: CheckpointRecord,
  condition: Condition,
): ConditionRecord | undefined {
  return checkpoint.conditions.find((item) => item.condition === condition);
}

/** Whether a run's poison is to raise the perplexity of what the model writes. */
export function isDenialOfService({ record }: RunOutcome): boolean {
  return record.config.phases.some(({ poison }) => poison?.attack === 'denial-of-service');
}

/** The last full checkpoint of the run's last phase. */
function finalCheckpoint(record: RunRecord): CheckpointRecord | null {
  if (record.status !== 'done') return null;
  const lastPhase = record.config.phases.at(-1)?.name;
  return record.checkpoints.findLast((item) => item.full && item.phase === lastPhase) ?? null;
}

function finiteOrNull(value: number | null | undefined): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** Reads dose and outcome off a record. Diverged and failed runs keep their dose and have no outcome. */
export function runOutcome(record: RunRecord): RunOutcome {
  const { phases } = record.config;
  const tokens = phases.reduce((sum, phase) => sum + phase.tokens, 0);
  const poisonedTokens = record.poison.reduce((sum, poison) => {
    const phase = phases.find((item) => item.name === poison.phase);
    return sum + poison.poisonTokenShare * (phase?.tokens ?? 0);
  }, 0);
  const final = finalCheckpoint(record);
  const triggered = final === null ? undefined : findCondition(final, 'trigger');
  return {
    record,
    seed: record.config.seed,
    parameters: record.parameters,
    tokens,
    documents: phases.reduce((sum, phase) => sum + (phase.poison?.documents ?? 0), 0),
    tokenShare: tokens > 0 ? poisonedTokens / tokens : 0,
    final,
    asr: finiteOrNull(triggered?.successShare),
    prompts: triggered?.prompts ?? 0,
  };
}
