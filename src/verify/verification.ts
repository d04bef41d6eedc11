// What a verification came to. Plain data: the command line and the summary print it.

import type { TraceDifference } from '../run/execute/trace.ts';
import type { RunRecord } from '../run/record.ts';
import type { BandCheck } from './bands.ts';
import type { RecordDifference } from './compare-records.ts';
import type { Finding } from './finding.ts';
import type { LockstepResult } from './lockstep.ts';

/**
 * Worst last. `older-report`: runs and tables agree, but the report beside them says that an older release made it, so
 * that this one cannot make it again and compare; `failed`: a run could not be repeated.
 */
export const outcomes = ['same-bits', 'older-report', 'within-bands', 'differs', 'failed'] as const;
export type Outcome = (typeof outcomes)[number];

/** One repeated run. */
export interface RunVerification {
  /** As it is in the results. */
  readonly record: RunRecord;
  readonly outcome: Outcome;
  /** Why it is compared by bands only, where bits were never promised; null: bits are compared. */
  readonly bandsBecause: string | null;
  /** Null where nothing differs. */
  readonly difference: RecordDifference | null;
  /** Every figure that was compared with its band; empty where all bits are the same. */
  readonly bands: readonly BandCheck[];
  /** Where the weights part by the trace of the original, if the store has one; null: not known. */
  readonly trace: TraceDifference | null;
  /** Whether there was a trace to compare with. */
  readonly hasTrace: boolean;
  /** Sentences: what most likely happened. */
  readonly reasons: readonly string[];
}

/** The outcome of a verification. */
export interface Verification {
  readonly name: string;
  readonly outcome: Outcome;
  /** Runs in the results. */
  readonly total: number;
  /** Runs that are recorded as failed. */
  readonly failedBefore: number;
  readonly runs: readonly RunVerification[];
  readonly findings: readonly Finding[];
  /** Files that follow from the records and were made again: tables, analysis, summary, figures, page. */
  readonly derivedFiles: number;
  /** What was not compared, and why, in sentences. */
  readonly notes: readonly string[];
  /** Chance that one altered run, consistent in all files, is among those that were not repeated, 0-1. */
  readonly escapeChance: number;
  /** Engines side by side, where bits differ. */
  readonly lockstep: readonly LockstepResult[];
  /** Verdict as recorded, and with the repeated runs in place of theirs; null where all bits are the same. */
  readonly verdict: { readonly stored: string; readonly rerun: string } | null;
}

/** The worst of outcomes. */
export function worstOutcome(all: readonly Outcome[]): Outcome {
  return outcomes[Math.max(0, ...all.map((outcome) => outcomes.indexOf(outcome)))] as Outcome;
}
