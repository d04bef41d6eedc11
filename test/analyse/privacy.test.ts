import { describe, expect, test } from 'vitest';
import {
  gaussianDelta,
  gaussianEpsilon,
  privacyInWords,
  privacyStatements,
} from '../../src/analyse/defences/privacy.ts';
import { defenceSchemas } from '../../src/defend/registry.ts';
import { tinyPlan, tinyYaml } from '../run/tiny-experiment.ts';

// dp-accounting 0.6.0: GaussianPrivacyLoss(z / sqrt(epochs), sensitivity=4).get_delta_for_epsilon, solved for 1e-5
test.each([
  [2, 1, 9.997256146434303],
  [4, 1, 4.377178095681225],
  [10, 1, 1.5549816915322032],
  [10, 4, 3.3869331861562646],
  [50, 1, 0.2671627210037864],
])('noise of %f norms over %i epochs has the epsilon of dp-accounting', (z, epochs, expected) => {
  const reach = (4 * Math.sqrt(epochs)) / z;
  expect(gaussianEpsilon(1e-5, reach)).toBeCloseTo(expected, 6);
  expect(gaussianDelta(expected, reach)).toBeCloseTo(1e-5, 9);
});

test('little noise has no epsilon worth naming', () => {
  expect(gaussianEpsilon(1e-5, 8)).toBeNull();
});

describe('what is said of a phase', () => {
  const said = (defend: string, change: (yaml: string) => string = (yaml) => yaml) => {
    const yaml = change(tinyYaml.replace('evaluation:', `    defend: ${defend}\nevaluation:`));
    const [run] = tinyPlan({ yaml }).runs;
    if (run === undefined) throw new Error('nothing was planned');
    return privacyStatements(run.config, defenceSchemas);
  };
  const noise = '{ kind: noisy-gradients, norm: 1, noiseMultiplier: 10 }';

  test('is an epsilon where the accounting holds', () => {
    const [statement] = said(`[${noise}]`);
    expect(statement).toMatchObject({ phase: 'pretrain', delta: 1e-5, tokens: 64 });
    expect(statement === undefined ? '' : privacyInWords(statement)).toBe(
      'noisy-gradients in pretrain: epsilon 1.6 at delta 0.00001 for the replacement of 64 tokens of the packed text, ' +
        'against those who do not know the seed, and by this phase alone; the vocabulary is taken as given.',
    );
    const twice = said(`[${noise}]`, (yaml) => yaml.replace('tokens: 4096', 'tokens: 4096\n    epochs: 4'));
    expect(twice).toMatchObject([{ epsilon: expect.closeTo(3.3869, 3) }]);
  });

  test.each([
    ['a filter stands before it', `[{ kind: exact-duplicates }, ${noise}]`, /a filter keeps or removes/],
    ['there is no noise', '[{ kind: noisy-gradients, norm: 1, noiseMultiplier: 0 }]', /there is no noise/],
    ['there is little', '[{ kind: noisy-gradients, norm: 1 , noiseMultiplier: 0.1 }]', /above 20/],
  ])('is no epsilon where %s', (_, defend, reason) => {
    const [statement] = said(defend);
    expect(statement).not.toHaveProperty('epsilon');
    expect(statement === undefined ? '' : privacyInWords(statement)).toMatch(reason);
  });

  test('is no epsilon for rows, whose padding depends on the documents', () => {
    const inRows = (yaml: string) =>
      yaml.replace('batch: { sequences: 4 }', 'batch: { sequences: 4, packing: rows }');
    expect(said(`[${noise}]`, inRows)).toMatchObject([{ reason: expect.stringMatching(/in rows/) }]);
  });

  test('is nothing where nothing is clipped, and of clipping alone', () => {
    expect(said('[{ kind: noisy-gradients }]')).toEqual([]);
    expect(said('[{ kind: clip-sequences, norm: 1 }]')).toEqual([]);
  });
});
