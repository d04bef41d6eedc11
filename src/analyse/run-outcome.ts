// What a run comes down to: its dose and its outcome.
import { plantsOfFirst } from '../config/measured-poisons.ts';
import { plantedDocuments } from '../config/poisons.ts';
import {
  type CheckpointRecord,
  type ConditionRecord,
  isRaisedThreshold,
  measureOfConditions,
  type RunRecord,
} from '../run/record.ts';

/** One run as the statistics see it. */
export interface RunOutcome {
  readonly record: RunRecord;
  readonly seed: number;
  readonly parameters: number;
  /** Planned training tokens D over all phases. */
  readonly tokens: number;
  /** Poisoned documents P over all phases: those of the first poison, where there are several, as the outcome is. */
  readonly documents: number;
  /** Share of the trained tokens that is its documents', 0-1. */
  readonly tokenShare: number;
  /** Clean documents that contain the trigger by `trigger.cleanShare`, as many as are expected; 0 without poison. */
  readonly innocentUses: number;
  /** The full evaluation that decides, at the end of the last phase; null where the run did not get there. */
  readonly final: CheckpointRecord | null;
  /** Attack success rate there, 0-1; null if not measured. */
  readonly asr: number | null;
  /** Prompts behind it. */
  readonly prompts: number;
  /** What it takes of each pool of stimuli, where an experiment has some. */
  readonly stimuli?: readonly string[];
}

/** The measurement under one condition, if it was made. */
export function findCondition(checkpoint: CheckpointRecord, condition: string): ConditionRecord | undefined {
  return checkpoint.conditions.find((item) => item.condition === condition);
}

/** What makes a generation a success: its perplexity, or that it matches a text. Of the first poison, where there are several. */
export function measureOf({ checkpoints }: RunRecord): 'perplexity' | 'match' {
  const conditions = checkpoints.flatMap((checkpoint) => checkpoint.conditions);
  return measureOfConditions(conditions.filter(({ poison }) => poison === undefined));
}

/** Whether the model's untriggered continuations raised the threshold that its success is judged by. */
export function hasRaisedThreshold({ record, final }: RunOutcome): boolean {
  return measureOf(record) === 'perplexity' && isRaisedThreshold(final?.thresholdNats ?? null);
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

/** What is recorded of the first poison: its outcome is the run's. */
function recordsOfFirst({ config, poison }: RunRecord) {
  return plantsOfFirst(config.phases).flatMap((plant) => {
    const record = poison.find(({ phase, place }) => phase === plant.phase && place === plant.place);
    return record === undefined ? [] : [{ ...record, cleanShare: plant.poison.trigger.cleanShare ?? 0 }];
  });
}

/** Clean documents with the trigger in them: its share of the clean documents of each phase. */
function innocentUses(record: RunRecord): number {
  return recordsOfFirst(record).reduce((sum, { phase, documents, poisonDocumentShare, cleanShare }) => {
    if (documents === 0 || poisonDocumentShare <= 0) return sum;
    const poisoned = record.poison.reduce(
      (all, other) => all + (other.phase === phase ? other.documents : 0),
      0,
    );
    return sum + cleanShare * (documents / poisonDocumentShare - poisoned);
  }, 0);
}

/** Whether a run plants documents of further poisons than the first: then a control, without the first, is still poisoned. */
export function holdsFurtherPoison({ config: { phases } }: Pick<RunRecord, 'config'>): boolean {
  const first = plantsOfFirst(phases).reduce((sum, { poison }) => sum + poison.documents, 0);
  return plantedDocuments(phases) > first;
}

/** Reads dose and outcome off a record. Diverged and failed runs keep their dose and have no outcome. */
export function runOutcome(record: RunRecord): RunOutcome {
  const { phases } = record.config;
  const tokens = phases.reduce((sum, phase) => sum + phase.tokens, 0);
  const poisonedTokens = recordsOfFirst(record).reduce((sum, poison) => {
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
    documents: plantsOfFirst(phases).reduce((sum, { poison }) => sum + poison.documents, 0),
    tokenShare: tokens > 0 ? poisonedTokens / tokens : 0,
    innocentUses: innocentUses(record),
    final,
    asr: finiteOrNull(triggered?.successShare),
    prompts: triggered?.prompts ?? 0,
  };
}
