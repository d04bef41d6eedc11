// How often the intervals of an adaptive sweep hold, and what it costs beside the grid of constant-count: the whole
// procedure, optional stopping included, simulated with drawn runs. Sizes, costs and curve are those of
// results/constant-count; each scenario breaks one assumption. Needs `npm run prepare`.
//   node scripts/simulate-adaptive.mjs [--sweeps 200] [--goal alpha|new-sizes|half-success|ratio] [--scenarios exact,knee] [--within 0.1] [--draws 200] [--json]
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { adaptiveSweep, seenSeries } from '../dist/analyse/adaptive/adaptive-sweep.js';
import { flopsOf } from '../dist/analyse/adaptive/design.js';
import { measureGoal } from '../dist/analyse/adaptive/measure-goal.js';
import { drawSuccess, simulateSweep } from '../dist/analyse/adaptive/simulate-sweep.js';
import { doseData } from '../dist/analyse/fits/dose-cells.js';
import { fitDoseResponse } from '../dist/analyse/fits/dose-response.js';
import { ownCurves } from '../dist/analyse/fits/own-curves.js';
import { sizesAsUnits } from '../dist/analyse/fits/sizes-as-units.js';
import { loadExperiment } from '../dist/config/node/load-experiment.js';
import { expandPlan } from '../dist/config/sweep/expand-plan.js';
import { randomStream } from '../dist/core/random.js';
import { registered } from '../dist/recipe/registered.js';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { values: options } = parseArgs({
  options: {
    sweeps: { type: 'string', default: '200' },
    goal: { type: 'string', default: 'alpha' },
    scenarios: { type: 'string' },
    within: { type: 'string' },
    controls: { type: 'string', default: '2' },
    draws: { type: 'string', default: '200' },
    json: { type: 'boolean', default: false },
  },
});
const sweeps = Number(options.sweeps);
const draws = Number(options.draws);

/** What the runs do. The curve of constant-count: α = -0.1, P50 about 43 at 2.8 million tokens, 8.5 a decade, ρ = 0.056. */
const BASE = {
  alpha: -0.1,
  p50: 43,
  steepness: 8.5,
  dispersion: 0.056,
  floor: 0.01,
  scatter: 0,
  seedShift: 0,
  knee: null,
  steps: null,
};
const SCENARIOS = {
  exact: {},
  'seeds shift P50 by 0.05': { seedShift: 0.05 },
  'scatter 0.04': { scatter: 0.04 },
  'scatter 0.06': { scatter: 0.06 },
  'floor 0.2': { floor: 0.2 },
  'bimodal runs': { dispersion: 0.6 },
  'steepness 4': { steepness: 4 },
  'steepness 16': { steepness: 16 },
  'steepness by size': { steps: [5, 8, 11, 14] },
  'knee at 2.5 million': { knee: 2.5e6 },
};

const GOALS = {
  alpha: (within) => ({ kind: 'alpha', within: within ?? 0.1 }),
  'new-sizes': (within) => ({ kind: 'alpha', within: within ?? 0.2, sizes: 'new' }),
  'half-success': (within) => ({ kind: 'half-success', factor: within ?? 1.2 }),
  ratio: (within) => ({ kind: 'ratio', factor: within ?? 1.3 }),
};

/** The sizes of constant-count with counts a factor of 1.2 apart, forty seeds, and for a ratio a second setting. */
function planOf(goal, budgetFlops) {
  const counts = [0, 14, 17, 20, 24, 29, 35, 42, 50, 60, 72, 86, 104, 125];
  const experiment = loadExperiment(join(root, 'experiments/constant-count/experiment.yaml'), {
    ...registered,
    set: [
      `sweep.adaptive=${JSON.stringify({ goal, budgetFlops, controls: Number(options.controls) })}`,
      `sweep.seeds=[${Array.from({ length: 40 }, (_, i) => i + 1)}]`,
    ],
    sweep: [
      `phases.pretrain.poison.documents=[${counts}]`,
      ...(goal.kind === 'ratio' ? ['phases.pretrain.optimizer.learningRate=[0.01, 0.02]'] : []),
    ],
  });
  return adaptiveSweep(expandPlan(experiment));
}

/** The same goal on the runs of the committed grid. */
function gridOf(goal) {
  const file = join(root, 'experiments/constant-count/experiment.yaml');
  const plan = expandPlan(
    loadExperiment(file, {
      ...registered,
      set: [`sweep.adaptive=${JSON.stringify({ goal, budgetFlops: 1e21 })}`],
    }),
  );
  return adaptiveSweep(plan);
}

/** Success by run, and what is true of each size. */
function worldOf(scenario, sweep, stream) {
  const set = { ...BASE, ...SCENARIOS[scenario] };
  const tokens = [...new Set(sweep.candidates.map((run) => run.tokens))].sort((a, b) => a - b);
  const middle = 2.8e6;
  const shift = new Map();
  const place = new Map(
    tokens.map((d) => [
      d,
      set.knee === null
        ? Math.log10(set.p50) + set.alpha * Math.log10(d / middle) + set.scatter * stream.normal()
        : Math.log10(30 * (1 + d / set.knee)),
    ]),
  );
  const steepness = new Map(tokens.map((d, i) => [d, set.steps?.[i % 4] ?? set.steepness]));
  const shiftOf = (seed) => {
    if (!shift.has(seed))
      shift.set(seed, set.seedShift * randomStream('seed', seed, stream.uniform()).normal());
    return shift.get(seed);
  };
  /** The second setting of a ratio needs 1.5 times as many. */
  const factorOf = (run) =>
    run.record.config.phases[0].optimizer.learningRate === 0.02 ? Math.log10(1.5) : 0;
  const expected = (run, seedShift = 0) => {
    if (run.documents === 0) return set.floor;
    const eta =
      steepness.get(run.tokens) *
      (Math.log10(run.documents) - place.get(run.tokens) - factorOf(run) - seedShift);
    return set.floor + (1 - set.floor) / (1 + Math.exp(-eta));
  };
  const draw = (run) => ({
    asr:
      Math.round(
        200 *
          drawSuccess(stream, {
            p: expected(run, shiftOf(run.seed)),
            dispersion: run.documents === 0 ? 0.01 : set.dispersion,
          }),
      ) / 200,
    prompts: 200,
  });
  const log10Half = (d) => {
    const share = (0.5 - set.floor) / (1 - set.floor);
    return place.get(d) + Math.log(share / (1 - share)) / steepness.get(d);
  };
  return { set, draw, expected, log10Half };
}

/** The slope of the power law through the true curves at the runs that were chosen: what α for these sizes estimates. */
function trueSlope(sweep, chosen, world) {
  const cells = new Map();
  for (const run of chosen.map((place) => sweep.candidates[place])) {
    if (run.documents === 0) continue;
    const key = `${run.tokens}/${run.documents}`;
    const cell = cells.get(key) ?? {
      documents: run.documents,
      tokens: run.tokens,
      asr: world.expected(run),
      weight: 0,
    };
    cells.set(key, { ...cell, weight: cell.weight + 1 });
  }
  return fitDoseResponse([...cells.values()], world.set.floor).dilution;
}

const holds = (interval, truth) =>
  interval === null ? null : (interval.low ?? -Infinity) <= truth && truth <= (interval.high ?? Infinity);

/** Which intervals hold, once a sweep has ended. */
function judge(sweep, { chosen, outcomes }, targets, world) {
  const { goal } = sweep.settings;
  if (goal.kind === 'half-success')
    return targets.map((t) => holds(t.interval, 10 ** world.log10Half(t.arms[0].tokens)));
  if (goal.kind === 'ratio') return targets.map((t) => holds(t.interval, 1.5));
  const series = seenSeries(sweep.groups[0], outcomes);
  const { curves, dispersion } = ownCurves(doseData(series));
  const [{ interval }] = targets;
  if (goal.sizes === 'new') return [world.set.knee === null ? holds(interval, world.set.alpha) : null];
  const these = holds(interval, trueSlope(sweep, chosen, world));
  const units =
    interval === null ? null : sizesAsUnits(curves, { dispersion, runNoise: interval }).dilutionForNewSizes;
  return [these, world.set.knee === null ? holds(units?.interval ?? null, world.set.alpha) : null];
}

const quantile = (values, q) =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(q * values.length))];
const share = (answers) => {
  const known = answers.filter((answer) => answer !== null && answer !== undefined);
  return known.length === 0 ? null : known.filter(Boolean).length / known.length;
};

function simulate(scenario) {
  const goal = GOALS[options.goal](options.within === undefined ? undefined : Number(options.within));
  const grid = goal.kind === 'ratio' ? null : gridOf(goal);
  const gridFlops = grid === null ? null : flopsOf(grid.candidates);
  const sweep = planOf(goal, 3 * (gridFlops ?? 1e15));
  const results = Array.from({ length: sweeps }, (_, i) => {
    const stream = randomStream('simulate-adaptive', options.goal, scenario, i);
    const world = worldOf(scenario, sweep, stream);
    const made = simulateSweep(sweep, { draw: world.draw, draws });
    const { targets, end } = made.last;
    const halves = targets.map((t) => t.halfWidth ?? Infinity);
    const held = judge(sweep, made, targets, world);
    const result = {
      flops: made.flops,
      runs: made.chosen.length,
      end: end.kind,
      half: Math.max(...halves),
      held,
    };
    if (grid === null) return result;
    const gridWorld = worldOf(scenario, grid, randomStream('simulate-grid', scenario, i));
    const outcomes = new Map(grid.candidates.map((run) => [run.place, gridWorld.draw(run)]));
    const all = { chosen: grid.candidates.map(({ place }) => place), outcomes };
    const measured = measureGoal(grid, { outcomes, draws });
    return {
      ...result,
      gridHalf: Math.max(...measured.map((t) => t.halfWidth ?? Infinity)),
      gridHeld: judge(grid, all, measured, gridWorld),
    };
  });
  const ends = Object.fromEntries(
    [...new Set(results.map(({ end }) => end))].map((end) => [
      end,
      results.filter((r) => r.end === end).length,
    ]),
  );
  const first = (key) =>
    share(results.flatMap((r) => (options.goal === 'alpha' ? [r[key]?.[0]] : (r[key] ?? []))));
  return {
    scenario,
    sweeps,
    ends,
    runs: quantile(
      results.map(({ runs }) => runs),
      0.5,
    ),
    costOfGrid:
      gridFlops === null
        ? null
        : quantile(
            results.map(({ flops }) => flops),
            0.5,
          ) / gridFlops,
    costOfGrid90:
      gridFlops === null
        ? null
        : quantile(
            results.map(({ flops }) => flops),
            0.9,
          ) / gridFlops,
    halfWidth: quantile(
      results.map(({ half }) => half),
      0.5,
    ),
    coverage: first('held'),
    coverageNewSizes: options.goal === 'alpha' ? share(results.map(({ held }) => held[1])) : null,
    gridHalfWidth:
      grid === null
        ? null
        : quantile(
            results.map(({ gridHalf }) => gridHalf),
            0.5,
          ),
    gridCoverage: grid === null ? null : first('gridHeld'),
  };
}

const chosen = options.scenarios?.split(',') ?? Object.keys(SCENARIOS);
for (const scenario of chosen) {
  if (!(scenario in SCENARIOS))
    throw new Error(`${scenario} is none of: ${Object.keys(SCENARIOS).join(', ')}`);
  const result = simulate(scenario);
  if (options.json) console.log(JSON.stringify(result));
  else {
    const f = (value) => (value === null ? '-' : value.toFixed(3));
    console.log(
      `${scenario}: coverage ${f(result.coverage)}${result.coverageNewSizes === null ? '' : ` (new sizes ${f(result.coverageNewSizes)})`}, half-width ${f(result.halfWidth)}, ` +
        `${result.runs} runs, cost ${f(result.costOfGrid)} of the grid's (90 %: ${f(result.costOfGrid90)}); grid: half-width ${f(result.gridHalfWidth)}, coverage ${f(result.gridCoverage)}; ${JSON.stringify(result.ends)}`,
    );
  }
}
