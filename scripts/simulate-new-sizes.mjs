// How often four intervals of α for new sizes hold: the table of docs/statistics.md, "α, twice", by which one was chosen.
// Sizes scatter about a line by τ, each P50 has the noise of its runs. Needs `npm run prepare`.
//   node scripts/simulate-new-sizes.mjs [--repeats 20000] [--json]
import { parseArgs } from 'node:util';
import { normalQuantile, studentQuantile } from '../dist/analyse/statistics/distributions.js';
import { randomEffectsFit } from '../dist/analyse/statistics/random-effects.js';
import { randomStream } from '../dist/core/random.js';

const { values: options } = parseArgs({
  options: { repeats: { type: 'string', default: '20000' }, json: { type: 'boolean', default: false } },
});
const repeats = Number(options.repeats);
const LEVEL = 0.9;
const SIZES = [3, 4, 6, 8];
const SCATTERS = [0, 0.03, 0.06];
/** Standard error of log10 P50 by size, smallest first: equal, or ten times as large at the largest size. */
const NOISES = { equal: () => 0.03, unequal: (share) => 0.008 * 10 ** share };

/** Line through points with weights, and what is left over. */
function line(x, y, weights) {
  const sum = (term) => weights.reduce((total, weight, i) => total + weight * term(i), 0);
  const total = sum(() => 1);
  const [mx, my] = [sum((i) => x[i]) / total, sum((i) => y[i]) / total];
  const spread = sum((i) => (x[i] - mx) ** 2);
  const slope = sum((i) => (x[i] - mx) * (y[i] - my)) / spread;
  return { slope, spread, squares: sum((i) => (y[i] - my - slope * (x[i] - mx)) ** 2) };
}

/** Half-widths about each method's own slope; `hull` reaches as far as the run noise does, on either side. */
function intervals(x, y, variances) {
  const t = studentQuantile(0.5 + LEVEL / 2, x.length - 2);
  const plain = line(
    x,
    y,
    x.map(() => 1),
  );
  const units = x.map((place, i) => ({ features: [1, place], value: y[i], variance: variances[i] }));
  const chosen = randomEffectsFit(units, LEVEL);
  const weighted = line(
    x,
    y,
    variances.map((v) => 1 / (v + chosen.scatter ** 2)),
  );
  const knapp = t * Math.sqrt(weighted.squares / (x.length - 2) / weighted.spread);
  const noise = line(
    x,
    y,
    variances.map((v) => 1 / v),
  );
  const run = normalQuantile(0.5 + LEVEL / 2) / Math.sqrt(noise.spread);
  const around = (slope, reach) => [slope - reach, slope + reach];
  const own = around(weighted.slope, knapp);
  const fixed = around(noise.slope, run);
  return {
    'ordinary least squares, Student': around(
      plain.slope,
      t * Math.sqrt(plain.squares / (x.length - 2) / plain.spread),
    ),
    'Knapp and Hartung': own,
    'the same, hull with run noise': [Math.min(own[0], fixed[0]), Math.max(own[1], fixed[1])],
    'Knapp and Hartung, q at least 1': [chosen.interval.low, chosen.interval.high],
    'power law taken as exact': fixed,
  };
}

/** Share of simulated experiments in which each interval holds the true slope, 0. */
function coverage({ sizes, scatter, noise }) {
  const stream = randomStream('simulate-new-sizes', sizes, scatter, noise);
  const x = Array.from({ length: sizes }, (_, i) => i / (sizes - 1) - 0.5);
  const errors = x.map((_, i) => NOISES[noise](i / (sizes - 1)));
  const held = new Map();
  for (let i = 0; i < repeats; i++) {
    const y = errors.map((error) => error * stream.normal() + scatter * stream.normal());
    const found = intervals(
      x,
      y,
      errors.map((error) => error * error),
    );
    for (const [name, [low, high]] of Object.entries(found))
      held.set(name, (held.get(name) ?? 0) + Number(low <= 0 && high >= 0));
  }
  return new Map([...held].map(([name, count]) => [name, count / repeats]));
}

const least = new Map();
for (const sizes of SIZES)
  for (const scatter of SCATTERS)
    for (const noise of Object.keys(NOISES))
      for (const [name, share] of coverage({ sizes, scatter, noise })) {
        const known = least.get(name);
        if (known === undefined || share < known.coverage)
          least.set(name, { coverage: share, sizes, scatter, noise });
      }
for (const [name, worst] of least) {
  const { sizes, scatter, noise } = worst;
  if (options.json) console.log(JSON.stringify({ method: name, ...worst }));
  else
    console.log(
      `${name}: least coverage ${(100 * worst.coverage).toFixed(1)} % (${sizes} sizes, scatter ${scatter}, ${noise} noise)`,
    );
}
