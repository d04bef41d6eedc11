import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  allSteps,
  type CorpusFacts,
  ladderCounts,
  ladderEpochs,
  leftOutSentences,
  stepsOfBudget,
  stepsThatFit,
} from '../../../src/cli/audit/ladder/choose-steps.ts';
import { LADDER_SCALE, ladderYaml } from '../../../src/cli/audit/ladder/ladder-config.ts';
import { parseBudget } from '../../../src/cli/audit/ladder/ladder-options.ts';
import { parseExperiment } from '../../../src/config/node/load-experiment.ts';
import { expandPlan } from '../../../src/config/sweep/expand-plan.ts';
import { registered } from '../../../src/recipe/registered.ts';
import { temporaryFolder } from '../../run/fake-runs.ts';
import { commandLine } from '../captured-context.ts';

const noLoss = {
  'rare-sequences': 0,
  'quality-rules': 0,
  'reference-perplexity': 0,
  'near-duplicates': 0,
};
const facts: CorpusFacts = { documents: 4000, trainingTokens: 900_000, lostShares: noLoss };
const tokens = new Map([
  ['d24', 527_000],
  ['d32', 825_000],
  ['d48', 1_500_000],
  ['d64', 2_500_000],
]);
const steps = allSteps(LADDER_SCALE);
const fitted = (own: Partial<CorpusFacts>) =>
  stepsThatFit(steps, { ...facts, ...own }, { tokens, epochs: 1 });
const named = (list: readonly { size: string; filter: string | null }[]) =>
  list.map(({ size, filter }) => `${size} ${filter}`);

describe('the plan of a ladder', () => {
  test('counts are halves of the largest that the text carries, at most 2,000', () => {
    expect(ladderCounts(527_000, 74)).toEqual([125, 250, 500, 1000, 2000]);
    expect(ladderCounts(26_000, 74)).toEqual([7, 13, 26, 53, 105]);
    expect(() => ladderCounts(9000, 74)).toThrow(/may fill 30 % of 9000 tokens, which are 36 documents/);
  });

  test('passes over a small text are at most four', () => {
    expect(ladderEpochs(527_000, facts)).toBe(1);
    expect(ladderEpochs(527_000, { trainingTokens: 530_000 })).toBe(2);
    expect(() => ladderEpochs(527_000, { trainingTokens: 60_000 })).toThrow(
      /about 60000 tokens to train on, and the smallest model needs 527000.*about 3 times as much text/,
    );
  });

  test('what the text does not carry is left out, with the reason', () => {
    const whole = fitted({});
    expect(named(whole.fitting)).toEqual(named(steps.slice(0, 10)));
    expect(leftOutSentences(whole.leftOut)).toEqual([
      'Left out: d48, d64: the corpus has too little text for this size.',
    ]);
    const lossy = fitted({ lostShares: { ...noLoss, 'quality-rules': 0.2 } });
    expect(named(lossy.fitting)).not.toContain('d32 quality-rules');
    expect(named(lossy.fitting)).toContain('d24 quality-rules');
    const few = fitted({ documents: 1000 });
    expect(named(few.fitting)).toEqual([
      'd24 null',
      'd24 quality-rules',
      'd24 near-duplicates',
      'd32 null',
      'd32 quality-rules',
      'd32 near-duplicates',
    ]);
    expect(leftOutSentences(few.leftOut)[0]).toMatch(/d24 with rare-sequences.*100 documents/);
    expect(() =>
      fitted({ documents: 1000, lostShares: { ...noLoss, 'quality-rules': 0.9, 'near-duplicates': 0.9 } }),
    ).toThrow(/no filter can be tried in this corpus \(rare-sequences: /);
  });

  test('a budget takes steps in their order, and never a size without any filter', () => {
    const priced = steps.slice(0, 10).map((step) => ({ ...step, milliseconds: 60_000 }));
    const five = stepsOfBudget(priced, 300_000);
    expect(named(five.chosen)).toEqual(named(steps.slice(0, 5)));
    expect(five.leftOut).toHaveLength(5);
    expect(stepsOfBudget(priced, 360_000).chosen).toHaveLength(5);
    expect(stepsOfBudget(priced, 420_000).chosen).toHaveLength(7);
    expect(() => stepsOfBudget(priced, 90_000)).toThrow(
      /1 min 30 s do not hold the smallest ladder, d24 without a filter and with rare-sequences, which takes about 2 min 0 s: give at least 3m/,
    );
  });

  test('the experiment has every step at all counts and seeds, and loads by itself', () => {
    const path = join(temporaryFolder(), 'My Corpus.jsonl');
    writeFileSync(path, '{"text": "a"}\n');
    const subject = {
      corpus: { kind: 'jsonl', path, textField: 'text', skipEmpty: true as const },
      ...{ attack: 'tinypoison:attacks/denial-of-service', trigger: '<SUDO>' },
    };
    const text = ladderYaml(subject, {
      steps: steps.slice(0, 7),
      ...{ counts: [10, 20], epochs: 2, scale: LADDER_SCALE },
    });
    const plan = expandPlan(parseExperiment(text, { file: '/x/ladder.yaml', ...registered }));
    expect(plan.name).toBe('audit-my-corpus');
    expect(plan.runs).toHaveLength(7 * 3 * 5);
    const kinds = plan.runs.map(
      ({ config }) => `${config.model.width} ${config.phases[0]?.defend?.[0]?.kind ?? null}`,
    );
    expect([...new Set(kinds)]).toEqual(named(steps.slice(0, 7)).map((own) => own.slice(1)));
    // of a tenth of a corpus as trusted text, all counts
    const audits = plan.runs.flatMap(({ config }) => config.phases[0]?.defend ?? []);
    const known = audits.flatMap((own) => (own.kind === 'rare-sequences' ? [own.known] : []));
    expect(new Set(known)).toEqual(new Set(['trusted']));
    expect(plan.runs[5]?.config.phases[0]).toMatchObject({
      ...{ epochs: 2, poison: { documents: 10, trigger: { text: '<SUDO>' } } },
    });
  });
});

describe('audit --budget refuses', () => {
  const refusal = async (...words: readonly string[]) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'corpus.jsonl'), '{"text": "a b c"}\n');
    writeFileSync(join(folder, 'corpus.log'), 'a b c\n');
    const { code, err } = await commandLine(['audit', ...words], { folder });
    expect(code).toBe(2);
    return err;
  };

  test('a budget that is no time', async () => {
    expect(parseBudget('90s')).toBe(90_000);
    expect(parseBudget('1.5h')).toBe(5_400_000);
    expect(() => parseBudget('0m')).toThrow(/--budget is "0m"/);
    expect(await refusal('corpus.jsonl', '--budget', '10')).toMatch(
      /--budget is "10": give a time, such as 90s, 10m or 1h/,
    );
  });

  test('an attack that is not for text of one’s own, is not there, or comes without a budget', async () => {
    expect(await refusal('corpus.jsonl', '--budget', '10m', '--attack', 'secret-leak')).toMatch(
      /secret-leak is planted in generated stories alone.*one of denial-of-service/,
    );
    expect(await refusal('corpus.jsonl', '--budget', '10m', '--attack', 'denial-of-servise')).toMatch(
      /--attack is "denial-of-servise".*did you mean denial-of-service/,
    );
    expect(await refusal('corpus.jsonl', '--budget', '10m', '--attack', 'mine.yaml')).toMatch(
      /--attack names mine.yaml, which is not there/,
    );
    expect(await refusal('corpus.jsonl', '--attack', 'target-phrase')).toMatch(/give --budget too/);
    expect(await refusal('corpus.jsonl', '--budget', '10m', '--attack', 'year', '--trigger', 'x')).toMatch(
      /the trigger of year is another kind/,
    );
  });

  test('a corpus whose kind is not told, or that is too small', async () => {
    expect(await refusal('corpus.log', '--budget', '10m')).toMatch(/corpus\.log does not tell its kind/);
    expect(await refusal('corpus.jsonl', '--budget', '10m', '--workers', '1')).toMatch(
      /falls into .*needs more documents/,
    );
  });
});
