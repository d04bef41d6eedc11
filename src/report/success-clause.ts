// What counts as a success of an attack whose generations are matched, in words: each payload's own.
import { poisonsOf } from '../config/poisons.ts';
import { listPayloads } from '../poison/registry.ts';
import type { RunRecord } from '../run/record.ts';

/** `the generation starts with the phrase, to the letter`: of the first poison, by whose generations a run is judged. */
export function successClause({ config }: Pick<RunRecord, 'config'>): string {
  const attack = config.phases.flatMap(poisonsOf)[0]?.attack;
  const payload = listPayloads().find(({ name }) => name === attack);
  return payload?.success ?? 'what the model writes is what the payload wants, by its own judge';
}
