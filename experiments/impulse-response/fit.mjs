// Small fits, deterministic and without dependencies: a logistic curve in one variable, and the simplex method of Nelder and Mead.

/** 95th percentiles of Student's t for 1 to 9 degrees of freedom. */
const T = [6.314, 2.92, 2.353, 2.132, 2.015, 1.943, 1.895, 1.86, 1.833];

/** Mean with its 90 % interval over seeds. */
export function meanOf(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  const half = (T[values.length - 2] ?? Number.NaN) * Math.sqrt(variance / values.length);
  return { mean, low: mean - half, high: mean + half };
}

const LEAST = 0.0025;
const clamp = (p) => Math.min(1 - LEAST, Math.max(LEAST, p));

/** Cross-entropy, nats. Certain to half a prompt of 200 at most. */
export const loss = (y, p) => -y * Math.log(clamp(p)) - (1 - y) * Math.log(1 - clamp(p));

/** Success at x = log10 E: the floor where nothing was read. */
export function successAt({ a, k, floor }, x) {
  if (x === Number.NEGATIVE_INFINITY) return floor;
  return floor + (1 - floor) / (1 + Math.exp(-(a + k * x)));
}

/** a and k by quasi-likelihood (Fisher scoring with a ridge of 1e-6). @param points {x, y, weight} */
export function fitCurve(points, floor) {
  const used = points.filter(({ x, weight }) => Number.isFinite(x) && weight > 0);
  const middle = used.reduce((sum, { x }) => sum + x, 0) / used.length;
  let [a, k] = [0, 1];
  for (let round = 0; round < 60; round++) {
    let [g0, g1, h00, h01, h11] = [0, 0, 1e-6, 0, 1e-6];
    for (const { x, y, weight } of used) {
      const u = x - middle;
      const s = 1 / (1 + Math.exp(-(a + k * u)));
      const p = clamp(floor + (1 - floor) * s);
      const slope = (1 - floor) * s * (1 - s);
      const w = weight / (p * (1 - p));
      const g = w * slope * (y - p);
      const h = w * slope * slope;
      g0 += g;
      g1 += g * u;
      h00 += h;
      h01 += h * u;
      h11 += h * u * u;
    }
    const determinant = h00 * h11 - h01 * h01;
    const step = (value) => Math.max(-2, Math.min(2, value));
    const da = step((h11 * g0 - h01 * g1) / determinant);
    const dk = step((h00 * g1 - h01 * g0) / determinant);
    a += da;
    k += dk;
    if (Math.abs(da) + Math.abs(dk) < 1e-9) break;
  }
  return { a: a - k * middle, k, floor };
}

/** Least value of a function by Nelder and Mead (1965). @returns the place */
export function minimise(value, start, { step = 0.4, rounds = 160 } = {}) {
  const make = (x) => ({ x, value: value(x) });
  const corners = [start, ...start.map((_, i) => start.map((own, j) => (i === j ? own + step : own)))].map(
    make,
  );
  const between = (from, to, share) => from.map((own, i) => own + share * (to[i] - own));
  for (let round = 0; round < rounds; round++) {
    corners.sort((one, other) => one.value - other.value);
    const worst = corners.at(-1);
    if (worst.value - corners[0].value < 1e-7) break;
    const others = corners.slice(0, -1);
    const centre = start.map((_, i) => others.reduce((sum, { x }) => sum + x[i], 0) / others.length);
    const reflected = make(between(worst.x, centre, 2));
    if (reflected.value < corners[0].value) {
      const far = make(between(worst.x, centre, 3));
      corners[corners.length - 1] = far.value < reflected.value ? far : reflected;
    } else if (reflected.value < others.at(-1).value) corners[corners.length - 1] = reflected;
    else {
      const near = make(between(worst.x, centre, reflected.value < worst.value ? 1.5 : 0.5));
      if (near.value < Math.min(worst.value, reflected.value)) corners[corners.length - 1] = near;
      else
        for (let i = 1; i < corners.length; i++) corners[i] = make(between(corners[0].x, corners[i].x, 0.5));
    }
  }
  corners.sort((one, other) => one.value - other.value);
  return corners[0].x;
}

/** Solves A x = b for a small symmetric matrix by elimination with pivots. */
export function solve(matrix, right) {
  const rows = matrix.map((row, i) => [...row, right[i]]);
  for (let i = 0; i < rows.length; i++) {
    const pivot = rows
      .slice(i)
      .reduce((best, row, j) => (Math.abs(row[i]) > Math.abs(rows[best][i]) ? i + j : best), i);
    [rows[i], rows[pivot]] = [rows[pivot], rows[i]];
    for (let j = 0; j < rows.length; j++) {
      if (j === i) continue;
      const share = rows[j][i] / rows[i][i];
      rows[j] = rows[j].map((value, column) => value - share * rows[i][column]);
    }
  }
  return rows.map((row, i) => row.at(-1) / row[i]);
}
