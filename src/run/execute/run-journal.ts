// What a run has found so far: kept in its saved state, written to its record.
import type { CheckpointRecord, PoisonRecord, SampleRecord } from '../record.ts';
import type { TraceEntry } from './trace.ts';

/** Everything beside the arrays that a resumed run needs. JSON. */
export interface RunJournal {
  checkpoints: CheckpointRecord[];
  /** Generations of the latest full evaluation. */
  samples: SampleRecord[];
  /** By phase that has begun; null without poison. */
  poison: (PoisonRecord | null)[];
  /** Sum of training losses since the last checkpoint, nats/token, and their number. */
  lossSum: number;
  lossSteps: number;
  /** Hashes of the weights so far. */
  trace: TraceEntry[];
  /** Milliseconds spent in earlier processes, for provenance. */
  spentMs: number;
}

/** The journal of a run that begins. */
export function emptyJournal(): RunJournal {
  return { checkpoints: [], samples: [], poison: [], lossSum: 0, lossSteps: 0, trace: [], spentMs: 0 };
}

/** Steps of a phase after which it is evaluated: evenly spaced, the last step always. */
export function checkpointSteps(optimizerSteps: number, checkpoints: number): number[] {
  const steps = Array.from({ length: checkpoints }, (_, index) =>
    Math.round(((index + 1) * optimizerSteps) / checkpoints),
  );
  return [...new Set(steps)].filter((step) => step > 0);
}
