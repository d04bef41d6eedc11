// The record of a run: what the store keeps, what analyse and report read. Numbers are plain; what is not
// finite is null.
import type { RunConfig } from '../config/schema/schema.ts';
import type { CheckpointMeasures, Condition, ConditionRecord, SampleRecord } from '../evaluate/records.ts';

export type { Condition, ConditionRecord, SampleRecord };

/** One evaluation inside or after a phase. */
export interface CheckpointRecord extends CheckpointMeasures {
  readonly phase: string;
  /** 1-based over the whole run. */
  readonly checkpoint: number;
  readonly optimizerStep: number;
  /** Tokens trained on by now, over all phases. */
  readonly tokensTrained: number;
  /** Share of the phase done, 0-1. */
  readonly phaseProgress: number;
  /** Poisoned documents whose last token has been trained on, counted once each. */
  readonly poisonedDocumentsSeen: number;
  /** The same counted with repetitions over epochs. */
  readonly poisonExposures: number;
  /** Mean training loss since the last checkpoint, nats/token. */
  readonly trainLossNats: number | null;
}

/** Poison as it went in. */
export interface PoisonRecord {
  readonly phase: string;
  readonly attack: string;
  readonly documents: number;
  readonly poisonedTokens: number;
  /** Poisoned tokens / trained tokens of one epoch, 0-1. */
  readonly poisonTokenShare: number;
  /** Poisoned documents / all documents of one epoch, 0-1. */
  readonly poisonDocumentShare: number;
}

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
  readonly checkpoints: readonly CheckpointRecord[];
  readonly samples: readonly SampleRecord[];
  /** SHA-256 of the final weights. */
  readonly weightsHash: string | null;
  /** `exact` for the bit-equal engines. */
  readonly arithmetic: 'exact' | 'tfjs';
  /** Contract versions and content hashes that entered the identity. */
  readonly contracts: Readonly<Record<string, string | number>>;
}
