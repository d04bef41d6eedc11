// What a run has found so far: kept in its saved state, written to its record.
import { emptyProgress, type RunProgress } from '../../recipe/run-progress.ts';
import type { TraceEntry } from './trace.ts';

/** Everything beside the arrays that a resumed run needs. JSON. */
export interface RunJournal extends RunProgress {
  /** Hashes of the weights so far. */
  trace: TraceEntry[];
  /** Training loss of each step, nats/token: with kept weights, another evaluation needs no training. */
  lossesNats: number[];
  /** Milliseconds spent in earlier processes, for provenance. */
  spentMs: number;
}

/** The journal of a run that begins. */
export function emptyJournal(): RunJournal {
  return { ...emptyProgress(), trace: [], lossesNats: [], spentMs: 0 };
}
