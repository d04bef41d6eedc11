// The record of a run: what the store keeps, what analyse and report read. Numbers are plain; what is not
// finite is null.
import type { RunConfig } from '../config/schema/schema.ts';
import type { ConditionRecord, EffectSummary, PromptScores, SampleRecord } from '../evaluate/records.ts';
import type { MixRecord } from '../recipe/phase/pack-phase.ts';
import type { PoisonRecord } from '../recipe/phase/phase-data.ts';
import type { CheckpointRecord, PoisonSeen } from '../recipe/run-progress.ts';

export {
  type ConditionInfo,
  conditionInfo,
  gradedConditions,
  isNamedCondition,
  type RecordedCondition,
  recordedCondition,
} from '../evaluate/conditions.ts';
export { isRaisedThreshold, LEAST_THRESHOLD_NATS, measureOfConditions } from '../evaluate/measure.ts';
export type {
  CheckpointRecord,
  ConditionRecord,
  EffectSummary,
  MixRecord,
  PoisonRecord,
  PoisonSeen,
  PromptScores,
  SampleRecord,
};

/** result.json of a run. */
export interface RunRecord {
  readonly id: string;
  readonly status: 'done' | 'diverged' | 'failed';
  /** Why, unless done. */
  readonly error?: string;
  readonly config: RunConfig;
  /** Trained scalars, tied ones once. */
  readonly parameters: number;
  readonly tokensTrained: number;
  readonly poison: readonly PoisonRecord[];
  /** Of phases of several corpora, what each of these gave; left out where there is no such phase. */
  readonly mixes?: readonly MixRecord[];
  readonly checkpoints: readonly CheckpointRecord[];
  readonly samples: readonly SampleRecord[];
  /** SHA-256 of the final weights. */
  readonly weightsHash: string | null;
  /** `exact` for the bit-equal engines. */
  readonly arithmetic: 'exact' | 'tfjs';
  /** Contract versions and content hashes that entered the identity. */
  readonly contracts: Readonly<Record<string, string | number>>;
}
