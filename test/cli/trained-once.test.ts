import { expect, test } from 'vitest';
import { flopsBeyondShared, type IdentifiedRun } from '../../src/cli/trained-once.ts';
import { tinyPlan, tinyYaml } from '../run/tiny-experiment.ts';

/** A clean base, then a phase of the same length with poison. */
const yaml = tinyYaml.replace(
  '  - name: pretrain\n    tokens: 4096',
  '  - name: base\n    tokens: 4096\n    batch: { sequences: 4 }\n  - name: pretrain\n    tokens: 4096',
);
const counts = 'phases.pretrain.poison.documents=[0, 4, 8]';
const identified = (
  options: Parameters<typeof tinyPlan>[0],
  contracts: (place: number) => Record<string, string> = () => ({ corpusHash: 'c' }),
): IdentifiedRun[] =>
  tinyPlan(options).runs.map((run, place) => ({
    ...run,
    identity: {
      contracts: { ...contracts(place), trainingHash: String(place), evaluationHash: String(place) },
    },
  }));
const shares = (runs: IdentifiedRun[]) => {
  const own = flopsBeyondShared(runs);
  return runs.map(({ flops }, i) => (own[i] as number) / flops);
};

test('a first phase that runs share is counted once', () => {
  expect(shares(identified({ yaml, sweep: [counts] }))).toEqual([1, 0.5, 0.5]);
});

test('each seed has a base of its own, and a phase alone is no base', () => {
  expect(
    shares(identified({ yaml, sweep: [counts], set: ['sweep.seeds=[1, 2]'] })).filter((share) => share === 1),
  ).toHaveLength(2);
  expect(shares(identified({ sweep: [counts] }))).toEqual([1, 1, 1]);
});

test('runs on other data share nothing', () => {
  const runs = identified({ yaml, sweep: [counts] }, (place) => ({ corpusHash: String(place) }));
  expect(shares(runs)).toEqual([1, 1, 1]);
});

test('a model that defences judge documents with is counted once, for runs that share it', () => {
  const defended = tinyYaml
    .replace('{ kind: stories }', '{ kind: stories, splits: { trusted: 0.2 } }')
    .replace('evaluation:', '    defend: [{ kind: mahalanobis }]\nevaluation:');
  const kinds = 'phases.pretrain.defend.0.kind=[mahalanobis, spectral-signatures]';
  const [one, other] = shares(identified({ yaml: defended, sweep: [kinds] }));
  // the run and a third of it for reading, of that and the model
  expect([one, other]).toEqual([1, expect.closeTo(4 / 3 / (7 / 3), 10)]);
  expect(shares(identified({ yaml: defended, sweep: [counts] }))).toEqual([1, 1, 1]);
});

test('a model that is read before its end is counted until there, once for runs that read the same point', () => {
  const isolating = tinyYaml
    .replace('{ kind: stories }', '{ kind: stories, splits: { trusted: 0.2 } }')
    .replace('evaluation:', '    defend: [{ kind: loss-isolation, untilShare: 0.5 }]\nevaluation:');
  const steps = 'phases.pretrain.defend.0.unlearnSteps=[0, 16]';
  // the run, half of it for the model, a third of it for reading, and as many steps of unlearning again
  expect(shares(identified({ yaml: isolating, sweep: [steps] }))).toEqual([
    1,
    expect.closeTo((1 + 1 / 3 + 1) / (1 + 1 / 2 + 1 / 3 + 1), 10),
  ]);
  // the second goes on from where the first stopped, and is read there, too
  const points =
    'phases.pretrain.defend.0=[{ kind: loss-isolation, untilShare: 0.25 }, { kind: loss-isolation, fromShare: 0.25, untilShare: 0.5 }]';
  expect(shares(identified({ yaml: isolating, sweep: [points] }))).toEqual([
    1,
    expect.closeTo((1 + 1 / 4 + 2 / 3) / (1 + 1 / 2 + 2 / 3), 10),
  ]);
});
