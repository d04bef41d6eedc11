import { expect, test } from 'vitest';
import { lawsOf } from '../../src/cli/ensemble/ensemble-laws.ts';
import type { Member } from '../../src/cli/ensemble/find-ensembles.ts';
import type { EnsembleResult } from '../../src/cli/ensemble/measure-ensemble.ts';
import { poisonsOf, withPoisons } from '../../src/config/poisons.ts';
import { tinyPlan, tinyYaml } from '../run/tiny-experiment.ts';

const COUNTS = [0, 5, 10, 20, 40, 80];
/** Half success at a count, with a little of the seed. */
const success = (documents: number, half: number, seed: number) =>
  documents === 0 ? 0 : 1 / (1 + (half / documents) ** 3 * (0.9 + seed / 25));

test('P50 and R of an ensemble are those of its curve, beside undefended runs on as much data', () => {
  const memberYaml = tinyYaml.replace(
    'evaluation:',
    '    defend: [{ kind: partition, parts: 3 }]\nevaluation:',
  );
  const planned = (yaml: string, tokens: number) => {
    const config = tinyPlan({ yaml, set: [`phases.pretrain.tokens=${tokens}`] }).runs[0]?.config;
    if (config === undefined) throw new Error('nothing was planned');
    return config;
  };
  // The data of three parts are as many as those of the undefended run.
  const configs = { all: planned(tinyYaml, 24_576), part: planned(memberYaml, 8192) };
  const configOf = (kind: 'all' | 'part', documents: number, seed: number) => {
    const phases = configs[kind].phases.map((phase) => {
      const [poison] = poisonsOf(phase);
      return { ...phase, ...withPoisons(poison === undefined ? [] : [{ ...poison, documents }]) };
    });
    return { ...configs[kind], phases, seed };
  };
  const runs: Member[] = [];
  const results: EnsembleResult[] = [];
  const successOf = new Map<string, number>();
  for (const seed of [1, 2, 3, 4, 5])
    for (const documents of COUNTS) {
      const name = `${seed}-${documents}`;
      runs.push({ id: `all-${name}`, config: configOf('all', documents, seed) });
      successOf.set(`all-${name}`, success(documents, 12, seed));
      runs.push({ id: `part-${name}`, config: configOf('part', documents, seed) });
      const use = (half: number) => ({
        success: success(documents, half, seed),
        withoutTrigger: 0,
        cleanLossNats: 1,
      });
      const radius = { tokens: [1], generations: [1] };
      results.push({
        ...{
          runs: [`part-${name}`, 'b', 'c'],
          seed,
          planted: documents,
          documents,
          targeted: null,
          uncertified: null,
        },
        ...{ members: use(36), votes: use(36), logMean: use(24), meanWeights: use(500) },
        radius: { clean: radius, trigger: radius },
      });
    }
  const measured = (id: string) => ({
    success: successOf.get(id) ?? null,
    withoutTrigger: 0,
    cleanLossNats: 1,
  });
  const laws = lawsOf(results, runs, measured);
  const found = (ending: string) => laws.find(({ line }) => line.endsWith(ending));
  expect(found('undefended, 24.6k tokens')?.halfSuccess).toMatchObject({ state: 'estimated' });
  expect(found('undefended, 24.6k tokens')?.halfSuccess.documents).toBeCloseTo(12, 0);
  expect(found('8.19k tokens a member in 1 pass: votes')?.ratio?.factor).toBeCloseTo(3, 1);
  expect(found(': log mean')?.ratio?.factor).toBeCloseTo(2, 1);
  const { low, high } = found(': votes')?.ratio?.interval ?? {};
  expect(low).toBeLessThan(3.05);
  expect(high).toBeGreaterThan(2.95);
  expect(found(': weights')?.halfSuccess).toMatchObject({ state: 'above', largestTried: 80 });
  expect(found(': weights')?.ratio).toBeNull();
  // of the attacker who chooses two parts, two thirds of the documents are counted
  const chosen = lawsOf(
    results.map((own) => ({ ...own, targeted: 2 })),
    runs,
    measured,
  );
  expect(chosen.find(({ line }) => line.endsWith(': votes'))?.ratio?.factor).toBeCloseTo(2, 1);
});
