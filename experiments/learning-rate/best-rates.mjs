// The best learning rate of each size, by the rule in README.md, from the released table.
//   node experiments/learning-rate/best-rates.mjs [results.csv]
import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';

const file = process.argv[2] ?? new URL('../../results/learning-rate/results.csv', import.meta.url);
const rateColumn = 'phases.pretrain.optimizer.learningRate';
/** Two-sided 90 % quantiles of Student's t, by degrees of freedom. */
const t90 = [Number.NaN, 6.314, 2.92, 2.353, 2.132, 2.015];

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Mean with its 90 % t-interval. */
function estimate(values) {
  const centre = mean(values);
  const variance = values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1);
  const half = t90[values.length - 1] * Math.sqrt(variance / values.length);
  return { centre, low: centre - half, high: centre + half };
}

/** Lowest point of the parabola through three points of equal distance 1 in x, from the middle one; within them. */
function vertex([left, middle, right]) {
  const curvature = left - 2 * middle + right;
  if (curvature <= 0) return left < right ? -1 : 1;
  return Math.max(-1, Math.min(1, (left - right) / (2 * curvature)));
}

/** Slope of the least-squares line through points [x, y], and its height at x = 0. */
function line(points) {
  const [x, y] = [mean(points.map((p) => p[0])), mean(points.map((p) => p[1]))];
  const sum = (f) => points.reduce((total, point) => total + f(point), 0);
  const slope = sum((p) => (p[0] - x) * (p[1] - y)) / sum((p) => (p[0] - x) ** 2);
  return { slope, height: y - slope * x };
}

/** Final clean loss by width, seed and rate. */
function readLosses() {
  const rows = parse(readFileSync(file), { columns: true }).filter(
    (row) => row.full === 'true' && Number(row.phase_progress) === 1,
  );
  const losses = new Map();
  for (const row of rows) {
    const width = Number(row.width);
    const seeds = losses.get(width) ?? new Map();
    losses.set(width, seeds);
    const rates = seeds.get(row.seed) ?? new Map();
    seeds.set(row.seed, rates.set(Number(row[rateColumn]), Number(row.clean_loss_nats)));
  }
  return losses;
}

const best = new Map(); // width -> seed -> log2 of the best rate
for (const [width, seeds] of readLosses()) {
  const rates = [...seeds.values().next().value.keys()].sort((a, b) => a - b);
  const means = rates.map((rate) => mean([...seeds.values()].map((losses) => losses.get(rate))));
  const lowest = means.indexOf(Math.min(...means));
  const table = rates.map((rate, i) => `${rate}: ${means[i].toFixed(3)}`).join(', ');
  if (lowest === 0 || lowest === rates.length - 1) {
    console.log(`d${width}: best at ${rates[lowest]}, an end of the range; clean loss ${table}`);
    continue;
  }
  const optima = new Map();
  for (const [seed, losses] of seeds) {
    const around = rates.slice(lowest - 1, lowest + 2).map((rate) => losses.get(rate));
    optima.set(seed, Math.log2(rates[lowest]) + vertex(around));
  }
  best.set(width, optima);
  const { centre, low, high } = estimate([...optima.values()]);
  const [rate, from, to] = [centre, low, high].map((value) => (2 ** value).toPrecision(2));
  console.log(`d${width}: best rate ${rate} (90 % interval ${from} to ${to}, n = ${optima.size}); ${table}`);
}

if (best.size >= 2) {
  const widths = [...best.keys()];
  const seeds = [...best.get(widths[0]).keys()];
  const slopes = seeds.map(
    (seed) => line(widths.map((width) => [Math.log2(width), best.get(width).get(seed)])).slope,
  );
  const { centre, low, high } = estimate(slopes);
  console.log(
    `slope of log best rate in log width: ${centre.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`,
  );
  const fit = line(widths.map((width) => [Math.log2(width), mean([...best.get(width).values()])]));
  for (const width of [24, 32, 48, 64, 96, 128, 192])
    console.log(
      `rate to use at d${width}: ${(2 ** (fit.height + fit.slope * Math.log2(width))).toPrecision(2)}`,
    );
}
