// How often the intervals of P50 and α hold where stimuli vary: the table of docs/statistics.md, "Stimuli". Seeds and stimuli shift
// log10 P50, stimuli also its slope, and runs scatter besides. Seeds by counts are Latin squares, as `stimuli` deals them.
// Needs `npm run prepare`.
//   node scripts/simulate-stimuli.mjs [--repeats 100] [--draws 200] [--json]
import { parseArgs } from 'node:util';
import { drawSuccess } from '../dist/analyse/adaptive/simulate-sweep.js';
import { compareLaws } from '../dist/analyse/fits/compare-laws.js';
import { halfSuccessBySeries } from '../dist/analyse/fits/half-success.js';
import { randomStream } from '../dist/core/random.js';

const { values: options } = parseArgs({
  options: {
    repeats: { type: 'string', default: '100' },
    draws: { type: 'string', default: '200' },
    json: { type: 'boolean', default: false },
  },
});
const [repeats, draws] = [Number(options.repeats), Number(options.draws)];
const POOL = 5;
const HALF_SUCCESS = 50;
const STEEPNESS = 8;
const DISPERSION = 0.03;
const PROMPTS = 200;
const COUNTS = [20, 32, 50, 79, 126];
const SIZES = [
  { series: 'd32', parameters: 6e4, tokens: 1.2e6 },
  { series: 'd48', parameters: 1.1e5, tokens: 2.2e6 },
  { series: 'd64', parameters: 1.7e5, tokens: 3.4e6 },
  { series: 'd96', parameters: 3.3e5, tokens: 6.6e6 },
];
/** Standard deviations in decades of documents; `slope`: of α from stimulus to stimulus. */
const CASES = [
  { seed: 0, stimulus: 0, slope: 0 },
  { seed: 0.05, stimulus: 0, slope: 0 },
  { seed: 0, stimulus: 0.1, slope: 0 },
  { seed: 0.05, stimulus: 0.1, slope: 0 },
  { seed: 0.05, stimulus: 0.1, slope: 0.1 },
  { seed: 0.05, stimulus: 0.1, slope: 0.3 },
];

const middle = SIZES.reduce((sum, { tokens }) => sum + Math.log10(tokens), 0) / SIZES.length;

/** An experiment whose mean P50 is the same for every size: α is 0. */
function drawData(stream, { seeds, seed, stimulus, slope }) {
  const normals = (count, scale) => Array.from({ length: count }, () => scale * stream.normal());
  const [bySeed, byStimulus, slopes] = [normals(seeds, seed), normals(POOL, stimulus), normals(POOL, slope)];
  const draw = (own, { documents, tokens, value }) => {
    const place =
      Math.log10(HALF_SUCCESS) +
      bySeed[own] +
      byStimulus[value] +
      slopes[value] * (Math.log10(tokens) - middle);
    const p = 1 / (1 + Math.exp(-STEEPNESS * (Math.log10(documents) - place)));
    return drawSuccess(stream, { p: 0.01 + 0.99 * p, dispersion: DISPERSION });
  };
  const cells = SIZES.flatMap(({ series, parameters, tokens }) =>
    COUNTS.map((documents, column) => ({
      ...{ series, parameters, tokens, documents, innocentUses: 0 },
      runs: Array.from({ length: seeds }, (_, own) => {
        const value = (own + column) % POOL;
        return { seed: own, asr: draw(own, { documents, tokens, value }), stimuli: [seeds + value] };
      }),
    })),
  );
  const controls = Array.from({ length: seeds }, (_, own) => ({
    seed: own,
    asr: drawSuccess(stream, { p: 0.01, dispersion: DISPERSION }),
    stimuli: [seeds + (own % POOL)],
  }));
  return {
    seeds: Array.from({ length: seeds }, (_, own) => own),
    stimuli: [Array.from({ length: POOL }, (_, value) => `t${value}`)],
    cells,
    controls,
    prompts: PROMPTS,
  };
}

const holds = (interval, value) =>
  (interval.low ?? -Infinity) <= value && value <= (interval.high ?? Infinity);
/** Data whose analysis takes seeds alone for what varies. */
const withoutStimuli = ({ stimuli: _, ...data }) => ({
  ...data,
  cells: data.cells.map((cell) => ({ ...cell, runs: cell.runs.map(({ seed, asr }) => ({ seed, asr })) })),
  controls: data.controls.map(({ seed, asr }) => ({ seed, asr })),
});

function coverage(setting) {
  const shares = {
    'P50, seeds and stimuli': [],
    'P50, seeds alone': [],
    'α, seeds and stimuli': [],
    'α, seeds alone': [],
  };
  for (let repeat = 0; repeat < repeats; repeat++) {
    const stream = randomStream('simulate-stimuli', JSON.stringify(setting), repeat);
    const data = drawData(stream, setting);
    for (const [name, own] of [
      ['seeds and stimuli', data],
      ['seeds alone', withoutStimuli(data)],
    ]) {
      const [half] = halfSuccessBySeries(
        [SIZES[0]].map((size) => ({ ...size, id: size.series })),
        {
          data: own,
          draws,
          streamOf: (series) => randomStream('simulate-stimuli', 'bootstrap', series, repeat),
        },
      );
      // without stimuli that shift slopes P50 of the first size is that of all
      if (setting.slope === 0 && half.interval)
        shares[`P50, ${name}`].push(holds(half.interval, HALF_SUCCESS));
      const laws = compareLaws(own, { draws, stream: randomStream('simulate-stimuli', 'laws', repeat) });
      if (laws.dilutionInterval) shares[`α, ${name}`].push(holds(laws.dilutionInterval, 0));
    }
  }
  return Object.fromEntries(
    Object.entries(shares).map(([name, list]) => [
      name,
      list.length === 0 ? null : list.filter(Boolean).length / list.length,
    ]),
  );
}

for (const seeds of [5, 10])
  for (const own of CASES) {
    const found = coverage({ seeds, ...own });
    if (options.json) console.log(JSON.stringify({ seeds, ...own, ...found }));
    else
      console.log(
        `${seeds} seeds, scatter of seeds ${own.seed}, of stimuli ${own.stimulus}, of slopes ${own.slope}: ` +
          Object.entries(found)
            .map(([name, share]) => `${name} ${share === null ? '-' : `${(100 * share).toFixed(0)} %`}`)
            .join(', '),
      );
  }
