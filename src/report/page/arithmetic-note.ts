// Whether the numbers of a report can be had again to the last bit.
import type { RunRecord } from '../../run/record.ts';

/** A sentence where runs cannot be repeated bit for bit, by what their records say; null where all can. */
export function arithmeticNote(records: readonly Pick<RunRecord, 'arithmetic'>[]): string | null {
  const inexact = records.filter(({ arithmetic }) => arithmetic === 'tfjs').length;
  if (inexact === 0) return null;
  const which =
    inexact === records.length ? 'These runs are' : `Of these runs ${inexact} of ${records.length} are`;
  return `${which} not bit-reproducible (TensorFlow.js): repeated, they give close but not equal numbers.`;
}
