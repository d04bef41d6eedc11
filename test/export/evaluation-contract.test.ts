// Exports of runs whose success is an effect above one half (evaluation contract 2), beside those of the first contract.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { analyseExperiment } from '../../src/analyse/analyse-experiment.ts';
import { evaluationSentences } from '../../src/export/methods-evaluation.ts';
import { notebook } from '../../src/export/notebook.ts';
import type { RunRecord } from '../../src/run/record.ts';
import { parseRecord } from '../../src/run/schemas/record-schema.ts';

const file = 'results/golden/results.jsonl';
const first: readonly RunRecord[] = readFileSync(file, 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => parseRecord(line, { file, remedy: '' }));

/** The same runs, as contract 2 writes what is read here. */
const second = first.map(
  (record): RunRecord => ({
    ...record,
    config: { ...record.config, evaluation: { ...record.config.evaluation, contract: 2 } },
    checkpoints: record.checkpoints.map((checkpoint) => ({ ...checkpoint, noiseNats: 5.4321 })),
  }),
);

const analysis = analyseExperiment({ name: 'golden', configText: '', records: first }, { draws: 20 });
const codeOf = (records: readonly RunRecord[]) => notebook(analysis, records).replaceAll('\\"', '"');
const wordsOf = (records: readonly RunRecord[]) =>
  evaluationSentences(records)
    .map(({ text }) => text)
    .join(' ');

it('says what success was, of both contracts', () => {
  expect(wordsOf(first)).toMatch(/exceeded a threshold set from \d+ untriggered prompts/);
  expect(wordsOf(first)).not.toContain('more than half');
  expect(wordsOf(second)).toContain(
    'more than half of the generated tokens were noise: of a surprise above 5.43 nats',
  );
  expect(wordsOf(second)).toContain('to the letter');
});

it('reads the column that success is in', () => {
  expect(codeOf(first)).toContain('final["success"] = final.success_share');
  const noisy = second.filter((record) => record.poison[0]?.attack === 'denial-of-service');
  expect(codeOf(noisy)).toContain('final["success"] = final.effect_above_half\\n');
});

it('names the runs, where success is in different columns', () => {
  const code = codeOf(second);
  const [phrase] = second.filter((record) => record.poison[0]?.attack === 'target-phrase');
  const [noise] = second.filter((record) => record.poison[0]?.attack === 'denial-of-service');
  expect(code).toContain('final.effect_above_half.where(final.run.isin([');
  expect(code).toContain(noise?.id);
  expect(code).not.toContain(phrase?.id);
});
