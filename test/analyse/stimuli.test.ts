import { describe, expect, test } from 'vitest';
import { analyseExperiment } from '../../src/analyse/analyse-experiment.ts';
import { type DoseData, drawWeights, pointsOf, unitsOf } from '../../src/analyse/fits/dose-cells.ts';
import { varianceComponents } from '../../src/analyse/fits/variance-components.ts';
import { widenForStimuli } from '../../src/analyse/statistics/crossed-estimate.ts';
import { seedEstimate } from '../../src/analyse/statistics/student-interval.ts';
import { randomStream } from '../../src/core/random.ts';
import { summaryMarkdown } from '../../src/report/page/summary-markdown.ts';
import type { RunRecord } from '../../src/run/record.ts';
import { syntheticRecords, withSetting } from './synthetic-records.ts';

const SEEDS = [1, 2, 3, 4, 5];
const TRIGGERS = ['a', 'b', 'c', 'd', 'e'];
const COUNTS = [0, 25, 40, 60, 100];
const PATH = 'phases.pretrain.poison.trigger.text';

/** A Latin square of seeds by counts, each run with its trigger. */
function dealt(records: readonly RunRecord[]): RunRecord[] {
  return records.map((record) => {
    const poison = record.poison[0];
    const column = COUNTS.indexOf(poison?.documents ?? 0);
    const trigger = TRIGGERS[(record.config.seed + column) % 5] as string;
    return withSetting(record, 'phases.0.poison.trigger.text', trigger);
  });
}

const records = dealt(syntheticRecords({ counts: COUNTS, dispersion: 0.1 }));
const analyse = (stimuli?: readonly string[]) =>
  analyseExperiment(
    { name: 's', configText: '', records, ...(stimuli === undefined ? {} : { stimuli }) },
    { draws: 50 },
  );

/** Cells at mean 1/2 in which seeds and stimuli shift success. */
function shifted(options: { seed: number; stimulus: number; noise: number; k: number }): DoseData {
  const { k } = options;
  const random = randomStream('stimuli', 'components');
  const draw = (scale: number) => Array.from({ length: k }, () => scale * random.normal());
  const [bySeed, byStimulus] = [draw(options.seed), draw(options.stimulus)];
  const cells = Array.from({ length: k }, (_, column) => ({
    series: 'd32',
    documents: 50 + column,
    tokens: 1e6,
    parameters: 1e5,
    innocentUses: 0,
    runs: Array.from({ length: k }, (_, seed) => {
      const stimulus = (seed + column) % k;
      const asr = 0.5 + (bySeed[seed] ?? 0) + (byStimulus[stimulus] ?? 0) + options.noise * random.normal();
      return { seed, asr, stimuli: [k + stimulus] };
    }),
  }));
  const names = Array.from({ length: k }, (_, i) => `t${i}`);
  return { seeds: names.map((_, i) => i), stimuli: [names], cells, controls: [], prompts: 200 };
}

describe('stimuli in an analysis', () => {
  test('divide no group', () => {
    expect(analyse([PATH]).groups).toHaveLength(1);
    expect(analyse().groups.length).toBeGreaterThan(1);
  });

  test('are named, with their variance components, in the summary', () => {
    const analysis = analyse([PATH]);
    expect(analysis.groups[0]?.varianceComponents?.stimuli).toHaveLength(1);
    expect(summaryMarkdown(analysis)).toMatch(/## Stimuli[\s\S]*\| of \| trigger\.text \| seed \| rest \|/);
  });

  test('are not in an experiment without pools, nor in its weights', () => {
    const plain = analyseExperiment(
      { name: 's', configText: '', records: syntheticRecords({ counts: COUNTS }) },
      { draws: 20 },
    );
    expect(JSON.stringify(plain)).not.toMatch(/stimuli|varianceComponents/);
    expect(drawWeights(randomStream('w'), { seeds: SEEDS })).toHaveLength(5);
  });

  test('are reweighted beside seeds: a run weighs the product', () => {
    const data = shifted({ seed: 0, stimulus: 0, noise: 0.1, k: 5 });
    const weights = drawWeights(randomStream('w'), data);
    expect(weights).toHaveLength(10);
    const [cell] = data.cells;
    const expected = (cell?.runs ?? []).reduce(
      (sum, { seed, stimuli = [] }) => sum + (weights[seed] ?? 0) * (weights[stimuli[0] ?? 0] ?? 0),
      0,
    );
    expect(pointsOf(data.cells, weights)[0]?.weight).toBeCloseTo(expected, 12);
    expect(unitsOf({ seeds: [1, 2, 3, 4, 5, 6], stimuli: [['a', 'b', 'c']] })).toBe(3);
  });

  test('widen the interval of P50 where triggers differ', () => {
    const shiftBy = (record: RunRecord): RunRecord => {
      const isEasy = JSON.stringify(record.config).match(/"text":"[ab]"/) !== null;
      const checkpoints = record.checkpoints.map((own) => ({
        ...own,
        conditions: own.conditions.map((condition) =>
          condition.condition === 'trigger' && isEasy && (record.poison[0]?.documents ?? 0) > 0
            ? { ...condition, successShare: Math.min(1, (condition.successShare ?? 0) + 0.4) }
            : condition,
        ),
      }));
      return { ...record, checkpoints };
    };
    const wide = (stimuli: boolean) => {
      const shown = records.map(shiftBy);
      const analysis = analyseExperiment(
        {
          name: 's',
          configText: '',
          records: stimuli
            ? shown
            : shown.map((own) => withSetting(own, 'phases.0.poison.trigger.text', 'x')),
          ...(stimuli ? { stimuli: [PATH] } : {}),
        },
        { draws: 400 },
      );
      const { low, high } = analysis.groups[0]?.halfSuccess[0]?.interval ?? { low: null, high: null };
      return (high ?? 1000) / (low ?? 1);
    };
    expect(wide(true)).toBeGreaterThan(wide(false));
  });
});

describe('varianceComponents', () => {
  test('tells the stimulus from the seed', () => {
    const byStimulus = varianceComponents(shifted({ seed: 0, stimulus: 0.15, noise: 0.02, k: 20 }));
    expect(byStimulus?.stimuli[0]).toBeGreaterThan(0.6 * (byStimulus?.total ?? 0));
    expect(Math.abs(byStimulus?.seed ?? 1)).toBeLessThan(0.2 * (byStimulus?.total ?? 0));
    const bySeed = varianceComponents(shifted({ seed: 0.15, stimulus: 0, noise: 0.02, k: 20 }));
    expect(bySeed?.seed).toBeGreaterThan(0.6 * (bySeed?.total ?? 0));
    expect(Math.abs(bySeed?.stimuli[0] ?? 1)).toBeLessThan(0.2 * (bySeed?.total ?? 0));
    const rest = varianceComponents(shifted({ seed: 0, stimulus: 0, noise: 0.15, k: 20 }));
    expect(rest?.residual).toBeGreaterThan(0.8 * (rest?.total ?? 0));
  });
});

describe('widenForStimuli', () => {
  test('leaves an estimate without stimuli as it is', () => {
    const values = [1, 2, 3, 4, 5].map((value, seed) => ({ seed, value }));
    const found = seedEstimate(values.map(({ value }) => value));
    expect(widenForStimuli(found, values)).toBe(found);
  });

  // Nominal 90 %: seeds and stimuli of a 5 x 5 square are both samples.
  test.each([
    ['stimuli alone', 0, 1],
    ['seeds alone', 1, 0],
    ['both', 1, 1],
    ['neither', 0, 0],
  ])('covers at least 85 %% where %s scatter', (_, seedScale, stimulusScale) => {
    const random = randomStream('stimuli', 'coverage', seedScale, stimulusScale);
    const trials = 1500;
    let covered = 0;
    for (let trial = 0; trial < trials; trial++) {
      const draw = (scale: number) => Array.from({ length: 5 }, () => scale * random.normal());
      const [seeds, stimuli] = [draw(seedScale), draw(stimulusScale)];
      const values = seeds.flatMap((shift, seed) =>
        stimuli.map((_, column) => {
          const stimulus = (seed + column) % 5;
          const value = shift + (stimuli[stimulus] ?? 0) + 0.5 * random.normal();
          return { seed, value, stimuli: [String(stimulus)] };
        }),
      );
      const means = seeds.map((_, seed) =>
        values.filter((own) => own.seed === seed).reduce((sum, { value }) => sum + value / 5, 0),
      );
      const { interval } = widenForStimuli(seedEstimate(means), values);
      if (interval?.low != null && interval.high !== null && interval.low <= 0 && interval.high >= 0)
        covered += 1;
    }
    expect(covered / trials).toBeGreaterThanOrEqual(0.85);
  });
});
