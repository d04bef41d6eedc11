// prompts.csv: the scores of every prompt at the end of each run (evaluation contract 2), one row a prompt and condition.
import type { ConditionRecord, RunRecord } from '../run/record.ts';

const COLUMNS = [
  'run',
  'condition',
  'prompt',
  'noise_tokens',
  'judge_millinats',
  'self_millinats',
  'outcome_mille',
] as const;

/** Names of conditions are of few characters, but another program may have made the record. */
const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

function rowsOf(run: string, { condition, scores }: ConditionRecord): string[] {
  if (scores === undefined) return [];
  const { noiseTokens, judgeMilliNats, selfMilliNats, outcomeMille } = scores;
  const name = quoted(condition);
  return noiseTokens.map((noise, i) =>
    [run, name, i + 1, noise, judgeMilliNats[i], selfMilliNats[i], outcomeMille?.[i] ?? ''].join(','),
  );
}

/**
 * The table of prompts, runs in plan order; null where no run holds scores.
 * `prompt` counts from 1: prompt i of every condition, run and size begins with the same clean text.
 */
export function promptsCsv(records: readonly RunRecord[]): string | null {
  const rows = records.flatMap(({ id, checkpoints }) =>
    checkpoints.flatMap(({ conditions }) => conditions.flatMap((condition) => rowsOf(id, condition))),
  );
  return rows.length === 0 ? null : `${COLUMNS.join(',')}\n${rows.join('\n')}\n`;
}
