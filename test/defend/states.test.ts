import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { randomStream } from '../../src/core/random.ts';
import { clusterScorer, twoMeans } from '../../src/defend/activation-clustering.ts';
import { mahalanobisScorer } from '../../src/defend/mahalanobis.ts';
import { spectralScorer } from '../../src/defend/spectral-signatures.ts';
import { principalAxes, project } from '../../src/defend/states/principal-axes.ts';
import { contentOrder } from '../../src/defend/states/state-filter.ts';

const numbers = z.array(z.number());
const rows = z.array(numbers);
const golden = z
  .object({
    phase: rows,
    trusted: rows,
    spectral: numbers,
    clusters: numbers,
    mahalanobis: numbers,
    variances: numbers,
  })
  .parse(JSON.parse(readFileSync(new URL('golden/states.json', import.meta.url), 'utf8')));
const width = golden.variances.length;
const { phase, trusted } = golden;

const close = (found: readonly number[], expected: readonly number[]) => {
  expect(found).toHaveLength(expected.length);
  for (const [place, value] of expected.entries())
    expect(Math.abs((found[place] ?? Number.NaN) - value)).toBeLessThan(1e-9 * (1 + Math.abs(value)));
};

describe('against published implementations', () => {
  test('principal axes have the variances that numpy finds, and are orthonormal', () => {
    const { variances, axes } = principalAxes(phase, width);
    close([...variances], golden.variances);
    const dots = axes.map((one) =>
      axes.map((other) => one.reduce((sum, value, i) => sum + value * (other[i] ?? 0), 0)),
    );
    for (const [i, own] of dots.entries())
      for (const [j, dot] of own.entries()) expect(dot).toBeCloseTo(i === j ? 1 : 0, 12);
  });

  test('spectral signatures are those of ART', () => {
    close(phase.map(spectralScorer({ phase, width }).score), golden.spectral);
  });

  test('Mahalanobis distances are those of scikit-learn', () => {
    close(phase.map(mahalanobisScorer({ reference: trusted, width }).score), golden.mahalanobis);
  });

  test('the two clusters are those of ART', () => {
    const axes = principalAxes(phase, width);
    const centres = twoMeans(phase.map((row) => project(row, axes, 10)));
    expect(centres).not.toBeNull();
    const { score, threshold } = clusterScorer({ phase, reference: trusted, calibration: [], width }, 0.05);
    expect(threshold).toBe(0);
    // the last six are odd, and lie in a cluster of their own
    const odd = golden.clusters.at(-1);
    expect(phase.map((row) => score(row) > 0)).toEqual(golden.clusters.map((cluster) => cluster === odd));
    expect(golden.clusters.filter((cluster) => cluster === odd)).toHaveLength(6);
  });
});

describe('where there is little to find', () => {
  const same = Array.from({ length: 20 }, () => [1, 2, 3]);
  const states = { phase: same, reference: same, calibration: same, width: 3 };

  test('documents that are all alike score alike, and none is removed', () => {
    for (const { score, threshold } of [
      spectralScorer(states),
      mahalanobisScorer(states),
      clusterScorer(states, 0.5),
    ]) {
      expect(score([1, 2, 3])).toBe(0);
      expect(threshold ?? 0).toBe(0);
    }
    expect(mahalanobisScorer(states).score([1, 2, 5])).toBeGreaterThan(0);
  });

  test('of clusters that trusted text falls into, both stay', () => {
    const random = randomStream('states');
    const around = (centre: number) =>
      Array.from({ length: 100 }, () => [centre + random.uniform(), random.uniform()]);
    const two = [...around(0), ...around(9)];
    const clean = { phase: two, reference: around(0), calibration: around(9), width: 2 };
    expect(clusterScorer(clean, 0.05).threshold).toBe(Number.POSITIVE_INFINITY);
    const poisoned = { ...clean, calibration: around(0) };
    const { score, threshold } = clusterScorer(poisoned, 0.05);
    expect(threshold).toBe(0);
    expect(two.map((row) => score(row) > 0)).toEqual(two.map((_, place) => place >= 100));
    // two trusted documents of a hundred are more than the stated price allows
    const some = { ...clean, reference: around(0).slice(0, 98), calibration: around(9).slice(0, 2) };
    expect(clusterScorer(some, 0.02).threshold).toBe(Number.POSITIVE_INFINITY);
    expect(clusterScorer(some, 0.03).threshold).toBe(0);
  });
});

test('documents are ordered by their tokens, however they stand', () => {
  const of = (...tokens: number[]) => ({ tokens: Uint16Array.from(tokens), lossFrom: 0 });
  const some = [of(3), of(1, 2), of(1), of(), of(1, 2)];
  expect(contentOrder(some)).toEqual([3, 2, 1, 4, 0]);
});
