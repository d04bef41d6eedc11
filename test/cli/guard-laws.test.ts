import { expect, test } from 'vitest';
import { summariseGuards } from '../../src/cli/guard/guard-groups.ts';
import { guardLaws } from '../../src/cli/guard/guard-laws.ts';
import { countsOf } from '../../src/cli/guard/guarded-poisons.ts';
import type { GuardedUse } from '../../src/cli/guard/measure-guard.ts';
import { plantedDocuments } from '../../src/config/poisons.ts';
import { tinyPlan } from '../run/tiny-experiment.ts';

/** Success at a count, with a little of the seed. */
const success = (documents: number, half: number, seed: number) =>
  documents === 0 ? 0 : 1 / (1 + (half / documents) ** 3 * (0.9 + seed / 25));

const use = (defence: string, succeeds: number): GuardedUse => ({
  ...{ defence, success: succeeds, withoutTrigger: 0, cleanLossNats: 1 },
  ...{ changedClean: 0.01, changedTriggered: 0.5, detection: null },
});

function runsOf(sweep: readonly string[]) {
  const { runs } = tinyPlan({
    sweep: ['phases.pretrain.poison.documents=[0, 5, 10, 20, 40, 80]', ...sweep],
    set: ['sweep.seeds=[1, 2, 3, 4, 5]', 'phases.pretrain.tokens=65536', 'evaluation.prompts=200'],
  });
  return runs.map(({ config }, place) => {
    const { seed, phases } = config;
    const documents = plantedDocuments(phases);
    const uses = [
      use('none', success(documents, 10, seed)),
      use('half', success(documents, 20, seed)),
      use('all', 0),
    ];
    const reference = { of: 'nothing', tokens: null, passes: null };
    return { config, measured: { run: String(place), seed, documents, reference, uses } };
  });
}

test('a defence that lets every other document pass doubles the bill, paired by seed; one that stops all has no P50', () => {
  const [none, half, all, ...others] = guardLaws(runsOf([]));
  expect(others).toEqual([]);
  expect([none?.defence, half?.defence, all?.defence]).toEqual(['none', 'half', 'all']);
  expect(none?.ratio).toBeNull();
  expect(none?.halfSuccess.documents).toBeGreaterThan(8);
  expect(none?.halfSuccess.documents).toBeLessThan(12);
  expect(half?.ratio?.factor).toBeGreaterThan(1.8);
  expect(half?.ratio?.factor).toBeLessThan(2.2);
  expect(half?.ratio?.interval.low).toBeGreaterThan(1.5);
  expect(all?.halfSuccess).toMatchObject({ state: 'above', largestTried: 80 });
  expect(all?.ratio).toBeNull();
});

test('settings other than count and seed make lines of their own; one count makes none', () => {
  const runs = runsOf(['phases.pretrain.optimizer.learningRate=[0.01, 0.02]']);
  const laws = guardLaws(runs);
  expect(laws.map(({ setting }) => setting)).toEqual([
    ...Array(3).fill(laws[0]?.setting),
    ...Array(3).fill(laws[3]?.setting),
  ]);
  expect(laws[0]?.setting).toMatch(/learningRate = 0.01/);
  expect(laws[3]?.setting).toMatch(/learningRate = 0.02/);
  expect(guardLaws(runs.filter(({ measured }) => measured.documents === 20))).toEqual([]);
});

test('means over seeds have intervals from five seeds on, and none of what was not measured', () => {
  const summaries = summariseGuards(runsOf([]));
  expect(summaries).toHaveLength(6 * 3);
  const own = summaries.find(({ documents, defence }) => documents === 20 && defence === 'half');
  expect(own?.over.success).toMatchObject({ seeds: 5 });
  expect(own?.over.success?.mean).toBeCloseTo(0.5, 1);
  expect(own?.over.success?.interval?.low).toBeLessThan(own?.over.success?.mean ?? 0);
  expect(own?.over.auroc).toBeNull();
  const few = summariseGuards(runsOf([]).filter(({ measured }) => measured.seed < 3));
  expect(few[0]?.over.success).toMatchObject({ seeds: 2, interval: null });
});

test('counts of the other poisons tell lines and rows of a poison apart, the first ones too', () => {
  const poison = (text: string) =>
    `{ attack: denial-of-service, trigger: { text: "${text}" }, documents: 1, prefixTokens: { minimum: 2, maximum: 8 } }`;
  const { runs } = tinyPlan({
    set: [`phases.pretrain.poison=[${poison('<S>')}, ${poison('qq')}]`, 'sweep.seeds=[1, 2]'],
    sweep: ['phases.pretrain.poison.0.documents=[5, 10]', 'phases.pretrain.poison.1.documents=[0, 20, 40]'],
  });
  const measured = runs.flatMap(({ config }, run) =>
    countsOf(config).map(({ name, documents }) => {
      const reference = { of: 'nothing', tokens: null, passes: null };
      const uses = [use('none', success(documents, 10, config.seed))];
      const own = { run: String(run), seed: config.seed, poison: name, documents, reference, uses };
      return { config, measured: own };
    }),
  );
  const second = 'phases.pretrain.poison.1.documents';
  const settings = guardLaws(measured).map(({ setting }) => setting);
  expect([...settings].sort()).toEqual([
    ...[0, 20, 40].map((count) => `${second} = ${count}, poison = pretrain.0`),
    ...[10, 5].map((count) => `pretrain.0: ${count} documents, poison = pretrain.1`),
  ]);
  const rows = summariseGuards(measured);
  expect(rows).toHaveLength(12);
  expect(new Set(rows.map(({ setting, documents }) => `${setting} / ${documents}`)).size).toBe(12);
  // a count that does not vary is no setting
  const some = measured.filter(({ config }) => countsOf(config)[0]?.documents === 5);
  expect(guardLaws(some).at(-1)?.setting).toBe('poison = pretrain.1');
});
