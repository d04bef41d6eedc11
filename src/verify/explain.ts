// What most likely made a run come out otherwise than its record.
import { resultsCsv } from '../report/results-csv.ts';
import type { RunRecord } from '../run/record.ts';
import { ifReadable, readProvenance } from '../run/store/read-run-file.ts';
import { readResult } from '../run/store/store.ts';
import type { RecordDifference } from './compare-records.ts';
import { parseTable } from './csv-table.ts';
import { diffValues } from './diff-values.ts';
import type { LockstepResult } from './lockstep.ts';

/** What is known of a run that came out otherwise. */
export interface Evidence {
  readonly stored: RunRecord;
  readonly rerun: RunRecord;
  readonly difference: RecordDifference;
  /** Text of results.csv; null: not there. */
  readonly csv: string | null;
  /** A store that may hold the original run. */
  readonly store: string;
  readonly lockstep: readonly LockstepResult[];
}

/** Whether a measurement in results.csv is the repeated one, and not that of results.jsonl. */
function tableSidesWithRerun(csv: string, stored: RunRecord, rerun: RunRecord): boolean {
  const rowsOf = (text: string) => parseTable(text).rows.filter(({ run }) => run === stored.id);
  const inFile = rowsOf(csv);
  const expected = rowsOf(resultsCsv([stored]));
  const again = rowsOf(resultsCsv([{ ...rerun, id: stored.id }]));
  const parted = expected.flatMap((row, place) =>
    Object.keys(row)
      .filter((column) => again[place]?.[column] !== row[column])
      .map((column) => ({ inFile: inFile[place]?.[column], again: again[place]?.[column] })),
  );
  return parted.length > 0 && parted.every((cell) => cell.inFile === cell.again);
}

function editedReasons({ stored, rerun, difference, csv, store }: Evidence): string[] {
  const reasons: string[] = [];
  if (csv !== null && tableSidesWithRerun(csv, stored, rerun))
    reasons.push('results.jsonl was edited: results.csv beside it has the numbers of the repeated run.');
  const original = readResult(store, stored.id);
  if (original.kind === 'found' && diffValues(original.record, stored).length > 0) {
    const sides =
      diffValues(original.record, rerun).length === 0 ? ', which is as the repeated run came out' : '';
    reasons.push(`results.jsonl is not what the store has of this run${sides}: it was edited, or mixed up.`);
  }
  const { fields, weightsDiffer } = difference;
  if (weightsDiffer && fields.length === 1)
    reasons.push(
      'Every measurement is the same bits and only the hash of the weights is another: it was edited.',
    );
  if (!weightsDiffer && stored.weightsHash !== null)
    reasons.push(
      'The weights are the same bits, so training was repeated: the record was edited, or evaluation is another.',
    );
  return reasons;
}

function engineReasons({ stored, lockstep, store }: Evidence): string[] {
  const faulty = lockstep.find(({ parted }) => parted !== null);
  if (faulty?.parted) {
    const { optimizerStep, tensors } = faulty.parted;
    const tensor = tensors.length === 0 ? 'the loss' : (tensors[0] as string);
    return [
      `The engine of this machine is at fault: ${faulty.engine} parts from ${faulty.beside} at step ${optimizerStep}, in ${tensor}.`,
    ];
  }
  const { engine, code } = ifReadable(() => readProvenance(store, stored.id)) ?? {};
  const origin =
    engine === undefined
      ? ''
      : ` The original was made by ${[code && `tinypoison ${code.version}, Node ${code.node}`, engine].filter(Boolean).join(', ')}.`;
  const held = lockstep.map(({ beside, steps }) => `${steps} steps of ${beside}`).join(' and ');
  const engineIsRight = held === '' ? '' : `The engine here gives the bits of ${held}; so `;
  return [
    `${engineIsRight === '' ? 'The' : `${engineIsRight}the`} record was made by other code or another arithmetic under the same contract versions, or was edited.${origin}`,
  ];
}

/** Sentences, likeliest first; at least one. */
export function explainDifference(evidence: Evidence): string[] {
  const edited = editedReasons(evidence);
  return edited.length > 0 ? edited : engineReasons(evidence);
}
