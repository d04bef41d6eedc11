// What a run has found so far.
import type { CheckpointMeasures, SampleRecord } from '../evaluate/records.ts';
import type { MixRecord } from './phase/pack-phase.ts';
import type { PoisonRecord } from './phase/phase-data.ts';

/** How much of one poison was trained on by a checkpoint. */
export interface PoisonSeen {
  readonly phase: string;
  /** Its place in the phase, where that has several. */
  readonly place?: number;
  readonly documents: number;
  readonly exposures: number;
}

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
  /** The same of each poison so far; only in a run in which a phase has several. */
  readonly seenByPoison?: readonly PoisonSeen[];
  /** Mean training loss since the last checkpoint, nats/token. */
  readonly trainLossNats: number | null;
}

/** Everything but the model's arrays that a run needs to go on. JSON; written to while the run goes on. */
export interface RunProgress {
  checkpoints: CheckpointRecord[];
  /** Generations of the latest full evaluation. */
  samples: SampleRecord[];
  /** By phase that has begun: its poisons in their order. */
  poison: (readonly PoisonRecord[])[];
  /** By phase that has begun; null for a phase of one corpus. */
  mixes: (MixRecord | null)[];
  /** Sum of training losses since the last checkpoint, nats/token, and their number. */
  lossSum: number;
  lossSteps: number;
  /** Losses of the phase's last steps, nats/token, oldest first: a run that diverges reports them. */
  lastLossesNats: number[];
}

/** The progress of a run that begins. */
export function emptyProgress(): RunProgress {
  return {
    checkpoints: [],
    samples: [],
    poison: [],
    mixes: [],
    lossSum: 0,
    lossSteps: 0,
    lastLossesNats: [],
  };
}
