import { describe, expect, test } from 'vitest';
import { lawsOf } from '../../src/cli/ensemble/ensemble-laws.ts';
import { findEnsembles, targetParts } from '../../src/cli/ensemble/find-ensembles.ts';
import type { EnsembleResult } from '../../src/cli/ensemble/measure-ensemble.ts';
import type { StoredRun } from '../../src/cli/stored-runs.ts';
import { poisonsOf, withPoisons } from '../../src/config/poisons.ts';
import { tinyPlan, tinyYaml } from '../run/tiny-experiment.ts';

const SEEDS = [1, 2, 3, 4, 5];
const COUNTS = [0, 5, 10, 20, 40, 80];
/** Half success at a count, with a little of the seed. */
const success = (documents: number, half: number, seed: number) =>
  documents === 0 ? 0 : 1 / (1 + (half / documents) ** 3 * (0.9 + seed / 25));

/** Defences of the tiny experiment. */
const defended = (defences: string) =>
  tinyYaml.replace('evaluation:', `    defend: [${defences}]\nevaluation:`);
// The data of three parts are as many as those of the undefended run.
const DATA = 24_576;
const whole = { yaml: tinyYaml, set: [`phases.pretrain.tokens=${DATA}`] };
const inParts = {
  yaml: defended('{ kind: partition, parts: 3 }'),
  set: [`phases.pretrain.tokens=${DATA / 3}`],
};
type Kind = typeof whole;
const also = ({ yaml, set }: Kind, ...others: readonly string[]): Kind => ({
  yaml,
  set: [...set, ...others],
});

/** Runs of one kind, one of each count and seed, or several where `parts` are given. */
function runsOf(kind: Kind, parts: readonly number[] = [1]): StoredRun[] {
  const config = tinyPlan(kind).runs[0]?.config;
  if (config === undefined) throw new Error('nothing was planned');
  return SEEDS.flatMap((seed) =>
    COUNTS.flatMap((documents) =>
      parts.map((part) => {
        const phases = config.phases.map((phase) => ({
          ...phase,
          ...withPoisons(poisonsOf(phase).map((poison) => ({ ...poison, documents }))),
          ...(phase.defend === undefined
            ? {}
            : { defend: phase.defend.map((own) => (own.kind === 'partition' ? { ...own, part } : own)) }),
        }));
        return {
          id: `${kind.yaml.length} ${kind.set.join()} ${seed} ${documents} ${part}`,
          config: { ...config, phases, seed },
        };
      }),
    ),
  );
}

const nothing = { success: null, withoutTrigger: null, cleanLossNats: null };

/** Ensembles of some members as if they had been measured. */
function measuredEnsembles(
  members: readonly StoredRun[],
  { targeted, floor = 0, uses = 'votes' }: { targeted?: number; floor?: number; uses?: 'votes' | 'all' } = {},
): EnsembleResult[] {
  const found = findEnsembles(members);
  return (targeted === undefined ? found : targetParts(found, targeted)).map((group) => {
    const { seed } = group.members[0]?.config ?? { seed: 0 };
    const use = (half: number) => ({
      success: floor + (1 - floor) * success(group.planted, half, seed),
      withoutTrigger: 0,
      cleanLossNats: 1,
    });
    const radius = { tokens: [1], generations: [1] };
    return {
      ...{
        seed,
        planted: group.planted,
        documents: group.planted,
        targeted: group.targeted,
        uncertified: null,
      },
      runs: group.members.map(({ id }) => id),
      ...{ members: nothing, votes: use(36), logMean: nothing, meanWeights: nothing },
      ...(uses === 'all' ? { members: use(36), logMean: use(24), meanWeights: use(500) } : {}),
      radius: { clean: radius, trigger: radius },
    };
  });
}

/** Success of runs by their P50. */
function measuredRuns(kinds: readonly (readonly [readonly StoredRun[], number])[]) {
  const found = new Map(
    kinds.flatMap(([runs, half]) =>
      runs.map(({ id, config }) => {
        const documents = poisonsOf(config.phases[0] ?? {})[0]?.documents ?? 0;
        return [id, success(documents, half, config.seed)];
      }),
    ),
  );
  return (id: string) => ({ success: found.get(id) ?? null, withoutTrigger: 0, cleanLossNats: 1 });
}

const undefended = runsOf(whole);
const members = runsOf(inParts, [1, 2, 3]);

describe('P50 and R of ensembles', () => {
  test('are those of its curve, beside undefended runs on as much data', () => {
    const laws = lawsOf(
      measuredEnsembles(members, { uses: 'all' }),
      [...undefended, ...members],
      measuredRuns([[undefended, 12]]),
    );
    const found = (ending: string) => laws.find(({ line }) => line.endsWith(ending));
    expect(laws).toHaveLength(5);
    expect(found('undefended, 24.6k tokens')?.halfSuccess).toMatchObject({ state: 'estimated' });
    expect(found('undefended, 24.6k tokens')?.halfSuccess.documents).toBeCloseTo(12, 0);
    expect(found('8.19k tokens a member in 1 pass: votes')?.ratio?.factor).toBeCloseTo(3, 1);
    expect(found(': log mean')?.ratio?.factor).toBeCloseTo(2, 1);
    const { low, high } = found(': votes')?.ratio?.interval ?? {};
    expect(low).toBeLessThan(3.05);
    expect(high).toBeGreaterThan(2.95);
    expect(found(': weights')?.halfSuccess).toMatchObject({ state: 'above', largestTried: 80 });
    expect(found(': weights')?.ratio).toBeNull();
  });

  test('of the attacker who chooses two parts count two thirds of the documents, with the controls', () => {
    const lawsAt = (floor: number) => {
      const all = measuredEnsembles(members, { targeted: 2, floor });
      expect(all.filter(({ planted }) => planted === 0)).toHaveLength(SEEDS.length);
      const laws = lawsOf(all, [...undefended, ...members], measuredRuns([[undefended, 12]]));
      return laws.find(({ line }) => line.endsWith(': votes'));
    };
    expect(lawsAt(0)?.ratio?.factor).toBeCloseTo(2, 1);
    // With controls the curve starts from 0.3, without them from 0: P50 would be 11.
    expect(lawsAt(0.3)?.halfSuccess.documents).toBeCloseTo(17.8, 0);
    expect(lawsAt(0.6)?.halfSuccess).toMatchObject({ state: 'without poison', documents: null });
    expect(lawsAt(0.6)?.ratio).toBeNull();
  });

  test.each([
    ['sizes', ['model.width=32']],
    ['attacks', ['phases.pretrain.poison.trigger.text="<T>"']],
    ['learning rates', ['phases.pretrain.optimizer.learningRate=0.02']],
  ])('never pool several %s', (_, set) => {
    const others = {
      undefended: runsOf(also(whole, ...set)),
      members: runsOf(also(inParts, ...set), [1, 2, 3]),
    };
    const runs = [...undefended, ...members, ...others.undefended, ...others.members];
    const laws = lawsOf(
      measuredEnsembles([...members, ...others.members]),
      runs,
      measuredRuns([
        [undefended, 12],
        [others.undefended, 48],
      ]),
    );
    expect(new Set(laws.map(({ line }) => line)).size).toBe(10);
    const bases = laws.filter(({ line }) => line.startsWith('undefended'));
    expect(bases.map(({ halfSuccess }) => Math.round(halfSuccess.documents ?? 0))).toEqual([12, 48]);
    const votes = laws.filter(({ use }) => use === 'votes');
    expect(votes.map(({ ratio }) => ratio?.factor.toFixed(1))).toEqual(['3.0', '0.8']);
    const sizes = new Set(laws.map(({ parameters }) => parameters));
    expect(sizes.size).toBe(set[0]?.startsWith('model') ? 2 : 1);
  });

  test('are not compared with runs of another defence', () => {
    const filtered = runsOf({ ...whole, yaml: defended('{ kind: quality-rules }') });
    const laws = (runs: readonly StoredRun[]) =>
      lawsOf(
        measuredEnsembles(members),
        [...runs, ...members],
        measuredRuns([
          [undefended, 12],
          [filtered, 48],
        ]),
      );
    const both = laws([...undefended, ...filtered]);
    expect(both.find(({ use }) => use === 'votes')?.ratio?.factor).toBeCloseTo(3, 1);
    expect(both.filter(({ line }) => line.startsWith('without partition'))).toHaveLength(1);
    const [other, ...own] = laws(filtered);
    expect(other).toMatchObject({ use: '', incomparable: null });
    for (const { ratio, incomparable } of own) {
      expect(ratio).toBeNull();
      expect(incomparable).toMatch(/no runs are the same but for partition/);
    }
  });

  test('are not compared where two kinds of runs on as much data could be meant', () => {
    const thrice = runsOf(also(whole, 'phases.pretrain.epochs=3', `phases.pretrain.tokens=${3 * DATA}`));
    const laws = lawsOf(
      measuredEnsembles(members),
      [...undefended, ...thrice, ...members],
      measuredRuns([
        [undefended, 12],
        [thrice, 12],
      ]),
    );
    const names = laws.map(({ line }) => line).filter((line) => line.startsWith('undefended'));
    expect(new Set(names).size).toBe(2);
    for (const { use, ratio, incomparable } of laws)
      if (use !== '') {
        expect(ratio).toBeNull();
        expect(incomparable).toMatch(/several kinds of runs without partition/);
      }
  });
});
