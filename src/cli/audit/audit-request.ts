// What an audit is told, and what its first reading gave.
import type { DuplicateGroup } from '../../defend/audit/duplicate-groups.ts';
import type { WordCounts } from '../../defend/audit/second-reading.ts';
import type { Batch } from './batches.ts';

/** What an audit is told. */
export interface AuditRequest {
  readonly file: string;
  readonly textField: string;
  /** Clean text of the same kind; null: none. */
  readonly trusted: string | null;
  /** Bytes of the file, where they are known: sets how finely sequences are told apart. */
  readonly bytes: number;
  readonly similarity: number;
  /** Fewest documents of a sequence that is reported. */
  readonly least: number;
  readonly interrupt: AbortSignal;
  /** Most bytes of notes about sequences in one reading, all readers together; default: 256 MiB. */
  readonly noteBytes?: number;
  /**
   * @param progress.reading from 1; above 2 where the notes of one reading are not enough
   * @param progress.readings how many are expected in all, once one of them has run out of room; null: two
   */
  onProgress(progress: {
    reading: number;
    readings: number | null;
    documents: number;
    of: number | null;
  }): void;
}

/** An audit was stopped. */
export class Interrupted extends Error {}

/** What is known of a corpus that was read once. */
export interface FirstResult {
  readonly counts: WordCounts;
  readonly documents: number;
  readonly places: readonly string[];
  /** First document of each batch. */
  readonly starts: readonly number[];
  readonly broken: Uint8Array;
  readonly groups: readonly DuplicateGroup[];
  /** Some batches from all over the corpus. */
  readonly sample: readonly Batch[];
}
