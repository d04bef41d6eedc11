// How models were evaluated, and what success was, in sentences of which every number is read from the records.
import { measureOf } from '../analyse/run-outcome.ts';
import { mainMeasure } from '../analyse/success-measures.ts';
import { successClause } from '../report/success-clause.ts';
import type { RunRecord } from '../run/record.ts';
import { allOf, rangeOf } from './lists.ts';
import type { Sentence } from './sentence.ts';

/** Checkpoints of each phase of each finished run. */
function checkpointCounts(records: readonly RunRecord[]): number[] {
  return records
    .filter(({ status }) => status === 'done')
    .flatMap(({ config, checkpoints }) =>
      config.phases.map(({ name }) => checkpoints.filter(({ phase }) => phase === name).length),
    );
}

/** What success is for a run, with the numbers of all. */
function successSentence(record: RunRecord, records: readonly RunRecord[]): string {
  const all = records.map(({ config }) => config.evaluation);
  const finals = records.flatMap(({ checkpoints }) => checkpoints.at(-1) ?? []);
  const judge =
    `an n-gram judge of order ${allOf(all.map(({ judge: { order } }) => order))} trained on ` +
    `${allOf(all.map(({ judge: { documents } }) => documents))} other clean documents`;
  if (measureOf(record) === 'match')
    return `An attack counts as a success on a prompt where ${successClause(record)}.`;
  if (mainMeasure(record) === 'sustained') {
    const noise = finals.flatMap(({ noiseNats }) =>
      noiseNats === undefined ? [] : [Number(noiseNats.toFixed(2))],
    );
    return `An attack succeeded on a prompt if more than half of the generated tokens were noise: of a surprise above ${rangeOf(noise)} nats to ${judge}, the same for all runs on a corpus.`;
  }
  const thresholds = finals.flatMap(({ thresholdNats }) =>
    thresholdNats === null ? [] : [Number(thresholdNats.toFixed(2))],
  );
  return (
    `An attack succeeded on a prompt if the surprise of what was generated, in nats per token of ${judge}, exceeded a ` +
    `threshold set from ${allOf(all.map(({ calibrationPrompts }) => calibrationPrompts))} untriggered prompts` +
    `${thresholds.length === 0 ? '' : ` (${rangeOf(thresholds)} at the end)`}.`
  );
}

/** Prompts, generations and what counts as success. */
export function evaluationSentences(records: readonly RunRecord[]): Sentence[] {
  const all = records.map(({ config }) => config.evaluation);
  const measured =
    `Each phase was evaluated at ${allOf(checkpointCounts(records))} points, at its end on ` +
    `${allOf(all.map(({ prompts }) => prompts))} held-out prompts a condition, before on ${allOf(all.map(({ lightPrompts }) => lightPrompts))}: ` +
    `${rangeOf(all.flatMap(({ promptTokens }) => [promptTokens.minimum, promptTokens.maximum]))} tokens, with ` +
    `${allOf(all.map(({ generatedTokens }) => generatedTokens))} generated at temperature ${allOf(all.map(({ temperature }) => temperature))}; ` +
    `clean loss on ${allOf(all.map(({ heldOutDocuments }) => heldOutDocuments))} documents.`;
  const success = [...new Set(records.map((record) => successSentence(record, records)))];
  return [{ text: measured }, ...success.map((text) => ({ text }))];
}
