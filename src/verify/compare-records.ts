// A stored record beside the record of the same run repeated: to the last bit.
import type { RunRecord } from '../run/record.ts';
import { diffValues, type ValueDifference } from './diff-values.ts';

/** How a repeated run differs from its record. */
export interface RecordDifference {
  /** All fields that differ. Where: `checkpoints.3.cleanLossNats`, `weightsHash`. */
  readonly fields: readonly ValueDifference[];
  readonly weightsDiffer: boolean;
  /** First checkpoint with another measurement; null: none. */
  readonly first: FirstDifference | null;
}

/** The first measurement that differs. */
export interface FirstDifference {
  readonly checkpoint: number;
  readonly phase: string;
  /** Optimizer step of the last checkpoint that agrees; 0: none does. */
  readonly equalUntilStep: number;
  readonly optimizerStep: number;
  /** `cleanLossNats`, `trigger successShare`. */
  readonly measure: string;
  readonly stored: unknown;
  readonly rerun: unknown;
}

/** The training loss of a checkpoint comes before what is measured there. */
function inOrderOfMeasuring(differences: readonly ValueDifference[]): ValueDifference[] {
  const rank = ({ path }: ValueDifference) =>
    path === 'trainLossNats' ? 0 : path.startsWith('conditions') ? 2 : 1;
  return [...differences].sort((a, b) => rank(a) - rank(b));
}

function findFirst(stored: RunRecord, rerun: RunRecord): FirstDifference | null {
  let equalUntilStep = 0;
  const count = Math.max(stored.checkpoints.length, rerun.checkpoints.length);
  for (let place = 0; place < count; place++) {
    const [one, other] = [stored.checkpoints[place], rerun.checkpoints[place]];
    const [difference] = inOrderOfMeasuring(diffValues(one, other));
    const { checkpoint, phase, optimizerStep } = (one ?? other) as NonNullable<typeof one>;
    if (difference === undefined) {
      equalUntilStep = optimizerStep;
      continue;
    }
    const measure = difference.path.replace(/^conditions\.([^.]+)\./, '$1 ') || 'checkpoint';
    const values = { stored: difference.one, rerun: difference.other };
    return { checkpoint, phase, equalUntilStep, optimizerStep, measure, ...values };
  }
  return null;
}

/** How they differ; null: no difference. Ids are not compared: an engine of other arithmetic gives another. */
export function compareRecords(stored: RunRecord, rerun: RunRecord): RecordDifference | null {
  const fields = diffValues({ ...stored, id: '' }, { ...rerun, id: '' }).filter(
    // Configs are held together by the identity: a newer version states fields that an older one did not have.
    ({ path }) => !path.startsWith('config.'),
  );
  if (fields.length === 0) return null;
  const weightsDiffer = stored.weightsHash !== rerun.weightsHash;
  return { fields, weightsDiffer, first: findFirst(stored, rerun) };
}
