import { expect, test } from 'vitest';
import { planNotes } from '../../src/cli/plan-notes.ts';
import { tinyPlan, tinyYaml } from '../run/tiny-experiment.ts';

test('nothing is noted of a plain plan', () => {
  expect(planNotes(tinyPlan())).toEqual([]);
});

test('a plan of months is noted', () => {
  const set = ['phases.pretrain.tokens=1000000000', 'model.width=512'];
  const seeds = `sweep.seeds=[${Array.from({ length: 100 }, (_, seed) => seed).join(', ')}]`;
  expect(planNotes(tinyPlan({ set: [...set, seeds] }))).toEqual([
    expect.stringMatching(/more than two cores/),
  ]);
});

test('a trigger that is planted and not measured is noted', () => {
  const phase = tinyYaml.slice(tinyYaml.indexOf('  - name'), tinyYaml.indexOf('evaluation:'));
  const second = phase.replace('pretrain', 'after').replace('<S>', '<T>');
  const yaml = tinyYaml.replace('evaluation:', `${second}evaluation:`);
  expect(planNotes(tinyPlan({ yaml }))).toEqual([
    expect.stringMatching(/2 poisons are planted and each is measured.*the first \(.*conditions start/),
  ]);
});

test('a learning rate far above any that has trained is noted', () => {
  const noted = (rate: number) => planNotes(tinyPlan({ set: [`optimizer.learningRate=${rate}`] }));
  expect(noted(10)).toEqual([expect.stringMatching(/learning rate of 10 is far above .*adamw/)]);
  expect(noted(0.1)).toEqual([]);
});
