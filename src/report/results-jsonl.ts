// results.jsonl: every record whole, one a line, in plan order.
import { canonicalJson } from '../core/canonical-json.ts';
import { InputError } from '../core/errors.ts';
import type { RunRecord } from '../run/record.ts';

/** Nearly as many as a text of JavaScript may have, and as a file that is read back. */
const MOST_CHARACTERS = 500_000_000;

/**
 * The records as canonical JSON, one a line with LF: the same records give the same bytes.
 * @throws InputError where they are more than one file can hold
 */
export function resultsJsonl(records: readonly RunRecord[], most: number = MOST_CHARACTERS): string {
  const lines: string[] = [];
  let characters = 0;
  for (const record of records) {
    const line = `${canonicalJson(record)}\n`;
    characters += line.length;
    if (characters > most) {
      throw new InputError(
        `results.jsonl holds at most ${most} characters, which the first ${lines.length + 1} of ${records.length} runs exceed: ` +
          'report it in parts, each under a name of its own, e.g. with --set sweep.seeds="[1, 2]" --set name=part-1',
      );
    }
    lines.push(line);
  }
  return lines.join('');
}
