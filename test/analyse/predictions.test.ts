import { describe, expect, test } from 'vitest';
import { analyseExperiment } from '../../src/analyse/analyse-experiment.ts';
import type { Prediction } from '../../src/config/schema/predictions-schema.ts';
import { groupFigures } from '../../src/report/figures/figures.ts';
import { summaryMarkdown } from '../../src/report/page/summary-markdown.ts';
import { problemsOf as configProblems, minimal, parse as parseConfig } from '../config/fixtures.ts';
import { syntheticRecords } from './synthetic-records.ts';

const records = syntheticRecords({ dispersion: 0.05 });

const analyse = (predictions?: readonly Prediction[]) =>
  analyseExperiment(
    { name: 'p', configText: '', records, ...(predictions === undefined ? {} : { predictions }) },
    { draws: 50 },
  );

const outcomesOf = (...predictions: Prediction[]) =>
  (analyse(predictions).predictions ?? []).map(({ of, outcome, isClear }) => ({ of, outcome, isClear }));

describe('predictions', () => {
  // True P50 is 50 documents at every size, α = 0.
  test('of P50 are judged at every size, by the estimate', () => {
    expect(outcomesOf({ quantity: 'half-success', low: 20, high: 150 })).toEqual(
      ['d32', 'd64', 'd96'].map((of) => ({ of, outcome: 'inside', isClear: true })),
    );
    expect(outcomesOf({ quantity: 'half-success', low: 200, sizes: ['d64'] })).toEqual([
      { of: 'd64', outcome: 'outside', isClear: true },
    ]);
  });

  test('say whether the interval crosses the bound', () => {
    const { predictions } = analyse([{ quantity: 'alpha', low: -1, high: 1 }]);
    const alpha = predictions?.[0]?.estimate ?? 0;
    expect(predictions?.[0]).toMatchObject({ outcome: 'inside', isClear: true });
    expect(outcomesOf({ quantity: 'alpha', low: alpha - 1e-6 })).toEqual([
      { of: '', outcome: 'inside', isClear: false },
    ]);
    expect(outcomesOf({ quantity: 'alpha', high: alpha - 1e-6 })).toEqual([
      { of: '', outcome: 'outside', isClear: false },
    ]);
  });

  test('of P50 beyond the counts tried are inside or outside only where every value there would be', () => {
    const far = syntheticRecords({ log10P50: 4 });
    const judged = (range: { low?: number; high?: number }) =>
      analyseExperiment(
        { name: 'p', configText: '', records: far, predictions: [{ quantity: 'half-success', ...range }] },
        { draws: 20 },
      ).predictions?.map(({ outcome }) => outcome);
    expect(judged({ high: 250 })).toEqual(['outside', 'outside', 'outside']);
    expect(judged({ high: 900 })).toEqual(['not measured', 'not measured', 'not measured']);
    expect(judged({ low: 250 })).toEqual(['inside', 'inside', 'inside']);
    expect(judged({ low: 900 })).toEqual(['not measured', 'not measured', 'not measured']);
  });

  test('of what no group is, or was not measured, are said to be not measured', () => {
    const where = { 'phases.pretrain.poison.attack': 'other' };
    expect(outcomesOf({ quantity: 'alpha', low: 0, where })).toEqual([
      { of: '', outcome: 'not measured', isClear: null },
    ]);
    expect(outcomesOf({ quantity: 'twin-correlation', high: 0.5 })).toEqual([
      { of: '', outcome: 'not measured', isClear: null },
    ]);
  });

  test('change nothing else of the analysis', () => {
    const { predictions: _, ...rest } = analyse([{ quantity: 'alpha', low: 0 }]);
    expect(rest).toEqual(analyse());
  });

  test('are a table of the summary and boxes of the figure, one a range', () => {
    const analysis = analyse([
      { quantity: 'half-success', low: 30, high: 90 },
      { quantity: 'clean-loss', low: -0.05, high: 0.05 },
    ]);
    const [group] = analysis.groups;
    if (group === undefined) throw new Error('no group');
    expect(summaryMarkdown(analysis)).toMatch(/\| P50, documents \| d32 \| 30 to 90 \| \d+ \(.*\) \| inside/);
    const draw = (predictions = analysis.predictions) =>
      groupFigures(group, records, null, undefined, predictions)[0];
    expect(draw()?.svg).toContain('>predicted</text>');
    expect(draw()?.caption).toContain('dashed box');
    expect(draw([])?.svg).not.toContain('predicted');
    const two = analyse([
      { quantity: 'half-success', low: 30, high: 90, sizes: ['d32'] },
      { quantity: 'half-success', high: 60, sizes: ['d64', 'd96'] },
    ]);
    expect(draw(two.predictions)?.svg).toContain('>predicted, d64, d96</text>');
  });
});

describe('predictions of a config', () => {
  const sweep = 'sweep: { grid: { phases.pretrain.poison.trigger.text: [a, b] } }';
  const config = (prediction: string) => `${minimal}${sweep}\npredictions: [${prediction}]\n`;

  test.each([
    ['{ quantity: alpha }', /predicts nothing: give low, high, or both/],
    ['{ quantity: alpha, low: 1, high: 0 }', /low must not be above high/],
    ['{ quantity: alpha, low: 0, sizes: [d32] }', /sizes are told apart in half-success alone/],
    ['{ quantity: alfa, low: 0 }', /quantity/],
    [
      '{ quantity: alpha, low: 0, where: { phases.pretrain.poison.trigger.text: c } }',
      /predictions\.0\.where: no run has phases\.pretrain\.poison\.trigger\.text = "c"; its values are "a", "b"/,
    ],
    ['{ quantity: alpha, low: 0, where: { model.width: 1 } }', /the sweep varies .*trigger\.text/],
  ])('%s is refused', (prediction, message) => {
    expect(configProblems(config(prediction)).join('\n')).toMatch(message);
  });

  test('are in the plan, and in no run', () => {
    const text = config('{ quantity: alpha, low: 0, where: { phases.pretrain.poison.trigger.text: a } }');
    expect(parseConfig(text).config.predictions).toHaveLength(1);
    const runsOf = (yaml: string) => parseConfig(yaml).settings.map(({ config: { phases } }) => phases);
    expect(runsOf(text)).toEqual(runsOf(`${minimal}${sweep}\n`));
  });
});
