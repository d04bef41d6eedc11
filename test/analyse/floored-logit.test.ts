import { describe, expect, it } from 'vitest';
import { fitFlooredLogit, flooredProbability, logistic } from '../../src/analyse/fits/floored-logit.ts';

const DOSES = [-2, -1, 0, 1, 2];

function rowsOf(truth: { a: number; b: number; floor: number; multiplier?: number }) {
  const { a, b, floor, multiplier = 1 } = truth;
  return DOSES.map((x) => ({
    features: [1, x],
    offset: 0,
    multiplier,
    response: flooredProbability(a + b * x, floor, multiplier),
    weight: 5,
  }));
}

describe('floored logistic fit', () => {
  it('is exact where the responses lie on a curve, with floor and multiplier', () => {
    for (const truth of [
      { a: 0.3, b: 2, floor: 0 },
      { a: -0.5, b: 1.2, floor: 0.2 },
      { a: 1, b: 3, floor: 0.05, multiplier: 0.6 },
    ]) {
      const fit = fitFlooredLogit({ rows: rowsOf(truth), floor: truth.floor, start: [0, 1] });
      expect(fit.converged).toBe(true);
      expect(fit.coefficients[0]).toBeCloseTo(truth.a, 5);
      expect(fit.coefficients[1]).toBeCloseTo(truth.b, 5);
    }
  });

  it('has a vanishing derivative at its maximum for responses off the curve', () => {
    const rows = rowsOf({ a: 0.2, b: 1.5, floor: 0.02 }).map((row, i) => ({
      ...row,
      response: Math.min(1, Math.max(0, row.response + (i % 2 === 0 ? 0.08 : -0.07))),
    }));
    const fit = fitFlooredLogit({ rows, floor: 0.02, start: [0, 1] });
    const at = (da: number, db: number): number =>
      rows.reduce((sum, { features, response, weight }) => {
        const p = flooredProbability(
          fit.coefficients[0] + da + (fit.coefficients[1] + db) * features[1],
          0.02,
        );
        return sum + weight * (response * Math.log(p) + (1 - response) * Math.log(1 - p));
      }, 0);
    expect(at(0, 0)).toBeCloseTo(fit.logQuasiLikelihood, 9);
    const step = 1e-4;
    expect((at(step, 0) - at(-step, 0)) / (2 * step)).toBeCloseTo(0, 4);
    expect((at(0, step) - at(0, -step)) / (2 * step)).toBeCloseTo(0, 4);
  });

  it('stops where the coefficients run off, and stays finite in the far tails', () => {
    const rows = DOSES.map((x) => ({ features: [1, x], offset: 0, response: x > 0 ? 1 : 0, weight: 5 }));
    const fit = fitFlooredLogit({ rows, floor: 0, start: [0, 1], stop: ([, slope]) => slope > 50 });
    expect(fit.coefficients.every(Number.isFinite)).toBe(true);
    expect(logistic(-800)).toBe(0);
    expect(logistic(800)).toBe(1);
    expect(flooredProbability(-800, 0)).toBeGreaterThan(0);
    expect(flooredProbability(800, 0)).toBeLessThan(1);
  });

  it('weighs a response as often as it stands there', () => {
    const rows = rowsOf({ a: 0, b: 1, floor: 0 }).map((row, i) => ({
      ...row,
      response: [0, 0.4, 0.3, 0.9, 1][i],
    }));
    const twice = fitFlooredLogit({ rows: [...rows, ...rows.slice(0, 2)], floor: 0, start: [0, 1] });
    const weighted = rows.map((row, i) => ({ ...row, weight: i < 2 ? 10 : 5 }));
    const once = fitFlooredLogit({ rows: weighted, floor: 0, start: [0, 1] });
    expect(twice.coefficients[1]).toBeCloseTo(once.coefficients[1], 6);
  });
});
