// results.jsonl: every record whole, one a line, in plan order.
import { canonicalJson } from '../core/canonical-json.ts';
import type { RunRecord } from '../run/record.ts';

/** The records as canonical JSON, one a line with LF: the same records give the same bytes. */
export function resultsJsonl(records: readonly RunRecord[]): string {
  return records.map((record) => `${canonicalJson(record)}\n`).join('');
}
