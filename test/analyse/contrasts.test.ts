import { describe, expect, it } from 'vitest';
import { type Analysis, analyseExperiment } from '../../src/analyse/analyse-experiment.ts';
import { groupOutcomes } from '../../src/analyse/groups.ts';
import { runOutcome } from '../../src/analyse/run-outcome.ts';
import { randomStream } from '../../src/core/random.ts';
import type { RunRecord } from '../../src/run/record.ts';
import { SIZES, type SyntheticOptions, syntheticRecords, withSetting } from './synthetic-records.ts';

const ONE_SIZE: SyntheticOptions = { sizes: SIZES.slice(0, 1), counts: [0, 10, 25, 50, 100, 250] };

const analyse = (records: readonly RunRecord[], draws = 60): Analysis =>
  analyseExperiment({ name: 'x', configText: '', records }, { draws });

/** Runs of the base settings, then of each change with its own log10 P50. */
function oneAtATime(
  changes: readonly (readonly [path: string, value: unknown, log10P50: number])[],
  options = ONE_SIZE,
) {
  return [
    ...syntheticRecords(options),
    ...changes.flatMap(([path, value, log10P50]) =>
      syntheticRecords({ ...options, log10P50 }).map((record) => withSetting(record, path, value)),
    ),
  ];
}

const claimOf = ({ claims }: Analysis, group: string) =>
  claims.find(({ id, group: own }) => id === 'same-count' && own === group);

describe('contrasts', () => {
  it('say of each change of one setting whether it leaves the count needed as it is', () => {
    const analysis = analyse(
      oneAtATime([
        ['phases.0.batch.sequences', 16, 2.25],
        ['phases.0.optimizer.learningRate', 0.005, 1.72],
        ['phases.0.optimizer.beta2', 0.95, 1.2],
      ]),
    );
    expect(analysis.groups.map(({ title }) => title)).toEqual([
      'base settings',
      'batch.sequences = 16',
      'optimizer.learningRate = 0.005',
      'optimizer.beta2 = 0.95',
    ]);
    expect(['group-2', 'group-3', 'group-4'].map((id) => claimOf(analysis, id)?.status)).toEqual([
      'contradicted',
      'supported',
      'contradicted',
    ]);
    const [batch] = analysis.contrasts;
    expect(batch.settings).toEqual([{ path: 'phases.pretrain.batch.sequences', value: '16', baseline: '8' }]);
    expect(batch.log2HalfSuccessRatio.estimate).toBeCloseTo(Math.log2(10 ** 0.55), 0);
    const cell = batch.cells.find(({ documents }) => documents === 100);
    expect(cell).toMatchObject({ seeds: 5, series: 'd32' });
    expect(cell?.difference).toBeCloseTo((cell?.asr ?? 0) - (cell?.baselineAsr ?? 0), 12);
    expect(claimOf(analysis, 'group-2')?.n).toEqual({ runs: 50, controls: 10, seeds: 5 });
    expect(analysis.verdict).toMatchObject({
      status: 'mixed',
      headline: 'Documents needed after 3 changes of settings: 1 within the bounds, 2 beyond them.',
    });
    expect(JSON.parse(JSON.stringify(analysis))).toEqual(analysis);
  });

  it('go by success at the same count where only one was tried', () => {
    const single = { ...ONE_SIZE, counts: [50], dispersion: 0.02, seedShift: 0 };
    const analysis = analyse(
      oneAtATime(
        [
          ['phases.0.batch.sequences', 16, 2.3],
          ['phases.0.optimizer.learningRate', 0.005, 1.7],
        ],
        single,
      ),
    );
    const [changed, same] = [claimOf(analysis, 'group-2'), claimOf(analysis, 'group-3')];
    expect(changed).toMatchObject({ status: 'contradicted', rule: { low: -0.2, high: 0.2 } });
    expect(same?.status).toBe('supported');
    expect(analysis.contrasts.every(({ cells }) => cells.length === 1)).toBe(true);
    expect(analysis.groups.every(({ comparison }) => comparison === null)).toBe(true);
  });

  it('do not call settings alike where success is absent in both', () => {
    const single = { ...ONE_SIZE, counts: [50], log10P50: 6, floor: 0 };
    const analysis = analyse(oneAtATime([['phases.0.batch.sequences', 16, 7]], single));
    expect(claimOf(analysis, 'group-2')).toMatchObject({ status: 'inconclusive', estimate: null });
  });

  it('go by success where half success lies beyond the counts tried, and show that P50 is open there', () => {
    const analysis = analyse(
      oneAtATime([['phases.0.batch.sequences', 16, 3]], { ...ONE_SIZE, counts: [0, 25, 50, 70] }),
    );
    expect(analysis.contrasts[0].log2HalfSuccessRatio.interval?.high ?? null).toBeNull();
    const claim = claimOf(analysis, 'group-2');
    expect(claim).toMatchObject({ status: 'contradicted', rule: { low: -0.2, high: 0.2 } });
    expect(claim?.estimate).toBeLessThan(-0.2);
  });

  it('give the range only from fewer than five seeds', () => {
    const few = { ...ONE_SIZE, seeds: [1, 2, 3] };
    const { contrasts, claims } = analyse(oneAtATime([['phases.0.batch.sequences', 16, 2]], few));
    expect(JSON.stringify([contrasts, claims])).not.toContain('"level"');
    expect(contrasts[0].cells.every(({ minimum, maximum }) => minimum <= maximum)).toBe(true);
    expect(claims.find(({ id }) => id === 'same-count')?.status).toBe('illustration');
  });

  it('pair cells that groups share, and leave out the rest', () => {
    const records = [
      ...syntheticRecords({ ...ONE_SIZE, counts: [0, 50, 100] }),
      ...syntheticRecords({ ...ONE_SIZE, counts: [100, 250], seeds: [3, 4, 5, 6, 7] }).map((record) =>
        withSetting(record, 'phases.0.batch.sequences', 16),
      ),
    ];
    const [contrast] = analyse(records).contrasts;
    expect(contrast.cells.map(({ documents, seeds, interval }) => [documents, seeds, interval])).toEqual([
      [100, 3, null],
    ]);
  });

  it('are none in an experiment of one group', () => {
    expect(analyse(syntheticRecords(ONE_SIZE)).contrasts).toEqual([]);
  });

  it('cover the ratio of P50 at least 85 times in 100', () => {
    const stream = randomStream('ratio coverage');
    const world = { ...ONE_SIZE, counts: [0, 10, 25, 50, 100, 250], dispersion: 0.1, stream };
    let covered = 0;
    for (let trial = 0; trial < 40; trial++) {
      const { contrasts } = analyse(
        [
          ...syntheticRecords(world),
          ...syntheticRecords({ ...world, log10P50: 1.9 }).map((record) =>
            withSetting(record, 'phases.0.batch.sequences', 16),
          ),
        ],
        40,
      );
      const { low, high } = contrasts[0].log2HalfSuccessRatio.interval ?? { low: 9, high: 9 };
      const truth = 0.2 / Math.log10(2);
      if ((low ?? -9) <= truth && truth <= (high ?? 9)) covered += 1;
    }
    expect(covered / 40).toBeGreaterThanOrEqual(0.85);
  }, 90000);
});

describe('groups of several settings', () => {
  const groupsOf = (records: readonly RunRecord[]) => groupOutcomes(records.map(runOutcome));

  it('are set apart by depth where it is one change among others, and not where depth makes the sizes', () => {
    const deep = (records: RunRecord[]) => records.map((record) => withSetting(record, 'model.layers', 4));
    const base = syntheticRecords(ONE_SIZE);
    expect(groupsOf([...base, ...deep(base)])).toHaveLength(1);
    const wide = base.map((record) => withSetting(record, 'phases.0.batch.sequences', 16));
    expect(groupsOf([...base, ...deep(base), ...wide]).map(({ title }) => title)).toEqual([
      'base settings',
      'model.layers = 4',
      'batch.sequences = 16',
    ]);
  });

  it('are no dilution where what varies is the clean training after the poison, whatever the size', () => {
    const records = [0, 0.5, 1].flatMap((times) =>
      syntheticRecords({ sizes: SIZES.slice(0, 2) }).map((record) => {
        const [phase] = record.config.phases;
        const { poison: _, ...clean } = {
          ...phase,
          name: 'after',
          tokens: Math.round(times * phase.tokens) + 3,
        };
        return withSetting(record, 'phases', times === 0 ? [phase] : [phase, clean]);
      }),
    );
    const groups = groupsOf(records);
    expect(groups.map(({ kind }) => kind)).toEqual(['ladder', 'ladder', 'ladder']);
    expect(groups[1].title).toContain("after.tokens per poisoned phase's = 0.5");
    expect(groups.every(({ outcomes }) => outcomes.length === records.length / 3)).toBe(true);
  });

  it('name a defence by its kind, with the options in which it differs, and a change of strength by its field', () => {
    const base = syntheticRecords({ ...ONE_SIZE, counts: [50] });
    const defended = (...defend: object[]) =>
      base.map((record) => withSetting(record, 'phases.0.defend', defend));
    const onion = { kind: 'onion', falsePositiveShare: 0.01 };
    const titles = (records: RunRecord[]) => groupsOf(records).map(({ title }) => title);
    expect(titles([...base, ...defended({ kind: 'quality-rules' }), ...defended(onion)])).toEqual([
      'undefended',
      'defended by quality-rules',
      'defended by onion (falsePositiveShare = 0.01)',
    ]);
    const rules = { kind: 'quality-rules' };
    const second = [defended(rules), defended(rules, { kind: 'exact-duplicates' }), defended(rules, onion)];
    expect(titles(second.flat())).toEqual([
      expect.stringContaining('without a further defence'),
      expect.stringContaining('defended by exact-duplicates'),
      expect.stringContaining('defended by onion'),
    ]);
    expect(titles([...base, ...second.flat()])[0]).not.toContain('without');
    expect(titles([...defended(onion), ...defended({ ...onion, falsePositiveShare: 0.1 })])).toEqual([
      'defend.0.falsePositiveShare = 0.01',
      'defend.0.falsePositiveShare = 0.1',
    ]);
  });

  it('name a range of numbers as one value', () => {
    const records = [20, 40].flatMap((minimum) =>
      syntheticRecords({ ...ONE_SIZE, counts: [50] }).map((record) =>
        withSetting(record, 'phases.0.poison.gibberishTokens', { minimum, maximum: 2 * minimum }),
      ),
    );
    expect(groupsOf(records).map(({ title }) => title)).toEqual([
      'poison.gibberishTokens = 20 to 40',
      'poison.gibberishTokens = 40 to 80',
    ]);
  });
});
