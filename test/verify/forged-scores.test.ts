// Records of evaluation contract 2 keep scores of every prompt: what sums them up is held against them without training,
// however consistently it was changed in every file.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ConditionRecord, EffectSummary, RunRecord } from '../../src/run/record.ts';
import { findInconsistencies, impliedIdentity, readResultsFolder } from '../../src/verify/results-folder.ts';
import { checkFiles } from '../../src/verify/verify-results.ts';
import { runTiny, tinyYaml } from '../run/tiny-experiment.ts';
import { writeTiny } from './tiny-results.ts';

const second = tinyYaml.replace('evaluation:\n', 'evaluation:\n  contract: 2\n');
const phrase = second
  .replace('denial-of-service', 'target-phrase')
  .replace('      documents: 4\n', '      documents: 4\n      phrase: the\n');

let root = '';
const honest: { [kind in 'noise' | 'phrase']?: RunRecord } = {};

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'tinypoison-forged-scores-'));
  for (const [kind, yaml] of [
    ['noise', second],
    ['phrase', phrase],
  ] as const) {
    const [record] = (await runTiny(join(root, kind), { yaml })).records;
    if (record !== undefined) honest[kind] = record;
  }
}, 120_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

const recordOf = (kind: 'noise' | 'phrase') => honest[kind] as RunRecord;

function findingsOf(record: RunRecord): string {
  const folder = writeTiny(mkdtempSync(join(root, 'forged-')), [record]);
  return findInconsistencies(readResultsFolder(folder))
    .map(({ text }) => text)
    .join('\n');
}

/** The record with the last checkpoint's first condition changed. */
function changeCondition(
  record: RunRecord,
  change: (condition: ConditionRecord) => ConditionRecord,
): RunRecord {
  const last = record.checkpoints.at(-1) as RunRecord['checkpoints'][number];
  const [first, ...others] = last.conditions as [ConditionRecord, ...ConditionRecord[]];
  const conditions = [change(first), ...others];
  return { ...record, checkpoints: [...record.checkpoints.slice(0, -1), { ...last, conditions }] };
}

const withEffect = (change: Partial<EffectSummary>) => (condition: ConditionRecord) => ({
  ...condition,
  effect: { ...(condition.effect as EffectSummary), ...change },
});

describe.each(['noise', 'phrase'] as const)('scores of %s', (kind) => {
  test('agree with what an honest run sums up', () => {
    expect(recordOf(kind).status).toBe('done');
    expect(recordOf(kind).checkpoints.at(-1)?.conditions[0]?.scores).toBeDefined();
    expect(findingsOf(recordOf(kind))).toBe('');
  });

  test.each([
    'mean',
    'aboveQuarter',
    'aboveHalf',
    'aboveThreeQuarters',
  ] as const)('give away a changed %s of the effect', (name) => {
    const forged = changeCondition(recordOf(kind), (condition) => {
      const { [name]: value } = condition.effect as EffectSummary;
      return withEffect({ [name]: value > 0.5 ? 0 : 1 })(condition);
    });
    expect(findingsOf(forged)).toMatch(new RegExp(`has the effect ${name} [01], but its scores give`));
  });

  test('give away a changed surprise, a missing score, and a record without scores or effect', () => {
    const forge = (change: (condition: ConditionRecord) => ConditionRecord) =>
      findingsOf(changeCondition(recordOf(kind), change));
    expect(forge((own) => ({ ...own, judgeNats: (own.judgeNats ?? 0) + 0.01 }))).toMatch(
      /judgeNats .* but the median/,
    );
    expect(forge((own) => ({ ...own, selfNats: null }))).toMatch(/selfNats null, but the median/);
    expect(
      forge(({ scores, ...own }) => ({
        ...own,
        ...(scores && { scores: { ...scores, noiseTokens: scores.noiseTokens.slice(1) } }),
      })),
    ).toMatch(/9 scores in noiseTokens for 10 prompts/);
    expect(forge(({ scores: _, ...own }) => own)).toMatch(/at its end has no scores of its prompts/);
    expect(forge(({ effect: _, ...own }) => own)).toMatch(/has scores, but no effect/);
  });
});

test('a contract of evaluation that is not its config’s is found, with an identity that fits', async () => {
  for (const [record, contract] of [
    [recordOf('noise'), 1],
    [(await runTiny(join(root, 'first'))).records[0] as RunRecord, 2],
  ] as const) {
    const other = { ...record, contracts: { ...record.contracts, evaluation: contract } };
    const forged = { ...other, id: impliedIdentity(other) };
    expect(findingsOf(forged)).toMatch(
      new RegExp(`evaluated under version ${contract}, its config says ${3 - contract}`),
    );
  }
});

test('verify finds it, too', async () => {
  const forged = changeCondition(recordOf('noise'), withEffect({ aboveHalf: 1 }));
  const { findings } = await checkFiles(readResultsFolder(writeTiny(join(root, 'whole'), [forged])));
  expect(findings.map(({ text }) => text).join()).toMatch(/has the effect aboveHalf/);
});
