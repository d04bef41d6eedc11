import { describe, expect, it } from 'vitest';
import { groupOutcomes } from '../../src/analyse/groups.ts';
import { runOutcome } from '../../src/analyse/run-outcome.ts';
import { varyingLabels } from '../../src/analyse/varying-labels.ts';
import { SIZES, syntheticRecords, withSetting } from './synthetic-records.ts';

const POISON = 'phases.pretrain.poison';

function records(documents = 50) {
  return syntheticRecords({ sizes: SIZES.slice(0, 1), counts: [documents], seeds: [1] });
}

const labelsOf = (list: ReturnType<typeof records>) => varyingLabels(list.map(({ config }) => config));

describe('varying labels', () => {
  it('are none where only size, count and seed differ', () => {
    const labels = labelsOf(syntheticRecords({}));
    expect(labels.every((own) => Object.keys(own).length === 0)).toBe(true);
  });

  it('name a setting that differs, by its path with the phase called by name', () => {
    const [base] = records();
    const warm = withSetting(base, 'phases.0.optimizer.learningRate', 0.02);
    expect(labelsOf([base, warm])).toEqual([
      { 'phases.pretrain.optimizer.learningRate': '0.01' },
      { 'phases.pretrain.optimizer.learningRate': '0.02' },
    ]);
  });

  it('leave out what follows from the size: a learning rate for each', () => {
    const tuned = syntheticRecords({ counts: [50], seeds: [1] }).map((record) =>
      withSetting(record, 'phases.0.optimizer.learningRate', 1 / record.config.model.width),
    );
    expect(labelsOf(tuned)).toEqual([{}, {}, {}]);
  });

  it('give an option of poison that is left out its meaning, and none to a control, which serves all', () => {
    const [base] = records();
    const [control] = records(0);
    const copied = withSetting(base, 'phases.0.poison.distinctDocuments', 25);
    expect(labelsOf([base, copied, control])).toEqual([
      { [`${POISON}.distinctDocuments`]: 'all' },
      { [`${POISON}.distinctDocuments`]: '25' },
      {},
    ]);
  });

  it('keep the trigger in clean text apart in controls, too: their text differs', () => {
    const [control] = records(0);
    const common = withSetting(control, 'phases.0.poison.trigger.cleanShare', 0.02);
    expect(labelsOf([control, common]).map((own) => own[`${POISON}.trigger.cleanShare`])).toEqual([
      '0',
      '0.02',
    ]);
  });

  it('keep controls of one placement from counting for another, whose fields are others', () => {
    const placements = ['uniform', { centre: 0.5, width: 0.1 }, { sequences: 8, every: 2 }];
    const grid = placements.flatMap((placement) =>
      [records(0), records(50)].map(([record]) =>
        withSetting(record, 'phases.0.poison.placement', placement),
      ),
    );
    const groups = groupOutcomes(grid.map(runOutcome));
    expect(groups.map(({ outcomes }) => outcomes.map(({ documents }) => documents))).toEqual([
      [0, 50],
      [0, 50],
      [0, 50],
    ]);
    expect(groups.flatMap(({ outcomes }) => outcomes.map(({ record }) => record.id))).toEqual(
      grid.map(({ id }) => id),
    );
  });

  it('describe a setting that is a word here and has parts there by what each run has of the two', () => {
    const placements = ['uniform', { centre: 0.5, width: 0.1 }, { centre: 0.9, width: 0.1 }, 'end'];
    const grid = placements.map((placement) =>
      withSetting(records(50)[0], 'phases.0.poison.placement', placement),
    );
    expect(groupOutcomes(grid.map(runOutcome)).map(({ title }) => title)).toEqual([
      'poison.placement = uniform',
      'poison.placement.centre = 0.5',
      'poison.placement.centre = 0.9',
      'poison.placement = end',
    ]);
  });

  it('let a control without any poison serve all placements', () => {
    const grid = ['uniform', { centre: 0.5, width: 0.1 }].map((placement) =>
      withSetting(records(50)[0], 'phases.0.poison.placement', placement),
    );
    const control = withSetting(records(0)[0], 'phases.0.poison', undefined);
    const groups = groupOutcomes([...grid, control].map(runOutcome));
    expect(groups.map(({ outcomes }) => outcomes.length)).toEqual([2, 2]);
  });

  it('write a range of numbers as one value', () => {
    const [base] = records();
    const short = withSetting(base, 'evaluation.promptTokens', { minimum: 4, maximum: 20 });
    expect(labelsOf([base, short])[1]).toEqual({ 'evaluation.promptTokens': '4 to 20' });
  });
});
