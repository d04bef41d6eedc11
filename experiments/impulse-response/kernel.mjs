// Fits one kernel to the runs of impulse-response, predicts older experiments from it, and judges by the rule of README.md.
//   node experiments/impulse-response/kernel.mjs [--drawn]
// --drawn: with the places that documents were drawn to, in place of evenly spread ones; needs `npm run prepare`.
import { fitCurve, loss, meanOf, minimise, successAt } from './fit.mjs';
import { printResponses } from './responses.mjs';
import { rateAt, settingsOf } from './runs.mjs';

const drawPlace = process.argv.includes('--drawn')
  ? (await import('../../dist/poison/placement.js')).uniformPosition
  : undefined;

const STEPS = 1000;
/** Checkpoints before this share of training say more about an untrained model than about poison. */
const FIRST_CHECKPOINT = 0.3 - 1e-6;

/** Learning rate, summed over the phase up to each share, as tokens at the highest rate. */
function rateIntegrals({ schedule, tokens }) {
  const sums = [0];
  for (let step = 0; step < STEPS; step++)
    sums.push(sums[step] + (rateAt(schedule, (step + 0.5) / STEPS) * tokens) / STEPS);
  return sums;
}

function integralAt(sums, share) {
  const at = Math.min(STEPS, Math.max(0, share * STEPS));
  const step = Math.min(STEPS - 1, Math.floor(at));
  return sums[step] + (at - step) * (sums[step + 1] - sums[step]);
}

/** What is read after a document, in the unit that its weight decays by; tokens in millions. */
const CLOCKS = {
  rate: (setting) => (share) => integralAt(setting.sums, share) / 1e6,
  tokens: (setting) => (share) => (share * setting.tokens) / 1e6,
  share: () => (share) => share,
};

/** The kernel and its rivals. Parameters: log τ, b, c, and the share that lasts as a logit. */
const MODELS = [
  { name: 'kernel', clock: 'rate', start: [-1, 0, 0] },
  { name: 'count', clock: null, start: [] },
  { name: 'tokens', clock: 'tokens', start: [-1, 0, 0] },
  { name: 'share', clock: 'share', start: [-1, 0, 0] },
  { name: 'no order', clock: 'rate', start: [-1, 0] },
  { name: 'lasting', clock: 'rate', start: [-1, 0, 0, -3] },
];

/** log10 E of a setting at a share of its phase. */
function exposure(setting, at, { clock, parameters }) {
  const read = setting.places.filter((place) => place <= at + 1e-9);
  if (clock === null) return Math.log10(read.length);
  const [logDecay, rateBy = 0, orderBy = 0, lastingLogit] = parameters;
  const lasting = lastingLogit === undefined ? 0 : 1 / (1 + Math.exp(-lastingLogit));
  const time = CLOCKS[clock](setting);
  const [end, decay] = [time(at), Math.exp(logDecay)];
  return Math.log10(
    read.reduce((sum, place, index) => {
      const rate = Math.max(1e-3, rateAt(setting.schedule, place));
      const kept = lasting + (1 - lasting) * Math.exp(-(end - time(place)) / decay);
      return sum + (index + 1) ** orderBy * rate ** rateBy * kept;
    }, 0),
  );
}

/** Settings with their clocks, and a cell for each setting and checkpoint that `use` names. */
function cellsOf(settings, use) {
  return settings.flatMap((plain) => {
    const setting = { ...plain, sums: rateIntegrals(plain) };
    const points = [...plain.seeds.values()][0] ?? [];
    return points.flatMap(({ at }, index) => {
      if (!use(setting, at)) return [];
      const seeds = [...plain.seeds].map(([seed, own]) => ({ seed, y: own[index].success }));
      return [{ setting, at, seeds }];
    });
  });
}

/** Fits a model without one seed; `null`: with all. */
function fitModel(model, cells, { floor, without = null }) {
  const data = cells.map(({ seeds, ...cell }) => {
    const used = seeds.filter(({ seed }) => seed !== without);
    return { ...cell, y: used.reduce((sum, { y }) => sum + y, 0) / used.length, weight: used.length };
  });
  const curveOf = (parameters) => {
    const points = data.map((cell) => ({
      ...{ y: cell.y, weight: cell.weight },
      x: exposure(cell.setting, cell.at, { clock: model.clock, parameters }),
    }));
    const curve = fitCurve(points, floor);
    const total = points.reduce((sum, { x, y, weight }) => sum + weight * loss(y, successAt(curve, x)), 0);
    return { curve, total };
  };
  const parameters =
    model.start.length === 0 ? [] : minimise((x) => curveOf(x).total / cells.length, model.start);
  return { ...model, parameters, ...curveOf(parameters) };
}

/** Success that a fit expects: over the seeds, where these have drawn places of their own. */
function predict(fit, { setting, at, seeds }) {
  const { drawn, places } = setting;
  if (drawn.size === 0) return successAt(fit.curve, exposure(setting, at, fit));
  const own = seeds.map(({ seed }) => ({ ...setting, places: drawn.get(seed) ?? places }));
  return own.reduce((sum, one) => sum + successAt(fit.curve, exposure(one, at, fit)) / own.length, 0);
}

/** Mean cross-entropy of the runs of each seed, which was left out, nats a checkpoint. */
function leftOut(model, cells, { floor, seeds }) {
  return seeds.map((without) => {
    let [total, count] = [0, 0];
    const fit = fitModel(model, cells, { floor, without });
    for (const cell of cells)
      for (const { seed, y } of cell.seeds)
        if (seed === without) {
          total += loss(y, predict(fit, cell));
          count += 1;
        }
    return total / count;
  });
}

function score(fit, cells) {
  const squares = cells.map((cell) => {
    const mean = cell.seeds.reduce((sum, { y }) => sum + y, 0) / cell.seeds.length;
    return (mean - predict(fit, cell)) ** 2;
  });
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length);
}

const isEnd = (at) => at > 1 - 1e-9;
const windowEnd = ({ poison: { placement } }) =>
  placement?.centre === undefined ? 1 : Math.min(1, placement.centre + placement.width / 2);
const atEnds = (setting, at) => isEnd(at) || Math.abs(at - windowEnd(setting)) < 0.005;

/** The four families that the rule is about. */
const FAMILIES = [
  { family: 'placement', experiment: 'placement', use: atEnds },
  { family: 'density', experiment: 'placement-ends', use: atEnds },
  {
    family: 'epochs',
    experiment: 'exposures',
    use: (_, at) => isEnd(at),
    keep: (poison) => poison.distinctDocuments === undefined,
  },
  { family: 'dilution', experiment: 'clean-volume', use: (_, at) => isEnd(at) },
];

function verdictOf(kernel, count) {
  if (kernel > 0.25 || kernel >= count) return 'not predicted';
  return kernel <= 0.15 ? 'predicted' : 'undecided';
}

function describe({ placement, documents }, { epochs, tokens, schedule }) {
  const where = typeof placement === 'string' ? placement : JSON.stringify(placement).replaceAll('"', '');
  return `${documents} ${where}, ${schedule.kind}, ${epochs} epochs, ${(tokens / 1e6).toFixed(2)}M tokens`;
}

const settings = settingsOf('impulse-response');
const cells = cellsOf(settings, (_, at) => at >= FIRST_CHECKPOINT);
const controls = cells.filter(({ setting }) => setting.poison.documents === 0);
const floor =
  controls.flatMap(({ seeds }) => seeds).reduce((sum, { y }, _, all) => sum + y / all.length, 0) || 0;
const poisoned = cells.filter(({ setting }) => setting.poison.documents > 0);
const seeds = [...new Set(settings.flatMap((own) => [...own.seeds.keys()]))].sort(
  (one, other) => one - other,
);

printResponses(settings);

console.log(`\nKernels: ${poisoned.length} cells, floor ${floor.toFixed(4)}`);
const fits = MODELS.map((model) => {
  const fit = fitModel(model, poisoned, { floor });
  const bySeed = leftOut(model, poisoned, { floor, seeds });
  const nats = bySeed.reduce((sum, own) => sum + own, 0) / bySeed.length;
  const { a, k } = fit.curve;
  const [logDecay, ...others] = fit.parameters;
  const decay = logDecay === undefined ? '-' : Math.exp(logDecay).toPrecision(3);
  console.log(
    `  ${model.name.padEnd(9)} left-out ${nats.toFixed(4)} nats, rmse ${score(fit, poisoned).toFixed(3)}, a ${a.toFixed(2)}, ` +
      `k ${k.toFixed(2)}, τ ${decay}, b, c, lasting: ${others.map((own) => own.toFixed(2)).join(', ') || '-'}`,
  );
  return { ...fit, nats, bySeed };
});
const count = fits.find(({ name }) => name === 'count');
const chosen = fits.reduce((best, fit) => (fit.nats < best.nats ? fit : best));
console.log(`The kernel that predicts: ${chosen.name}`);
const [byRate, byTokens] = ['kernel', 'tokens'].map((own) => fits.find(({ name }) => name === own).bySeed);
const { mean, low, high } = meanOf(byRate.map((own, seed) => own - byTokens[seed]));
console.log(
  `Left out, tokens times rate minus tokens: ${mean.toFixed(4)} (${low.toFixed(4)} to ${high.toFixed(4)})`,
);

const verdicts = FAMILIES.map(({ family, experiment, use, keep }) => {
  const own = cellsOf(settingsOf(experiment, { ...(keep && { keep }), drawPlace }), use).filter(
    ({ setting }) => setting.poison.documents > 0,
  );
  const [found, rival] = [score(chosen, own), score(count, own)];
  const verdict = verdictOf(found, rival);
  console.log(`\n${family} (${experiment}): rmse ${found.toFixed(3)}, count ${rival.toFixed(3)}: ${verdict}`);
  console.log(`  rmse of all: ${fits.map((fit) => `${fit.name} ${score(fit, own).toFixed(3)}`).join(', ')}`);
  for (const cell of own) {
    const mean = cell.seeds.reduce((sum, { y }) => sum + y, 0) / cell.seeds.length;
    console.log(
      `  ${describe(cell.setting.poison, cell.setting)}, at ${cell.at.toFixed(2)}: found ${mean.toFixed(2)}, ` +
        `predicted ${predict(chosen, cell).toFixed(2)}, count ${predict(count, cell).toFixed(2)}`,
    );
  }
  return verdict;
});
const all = verdicts.every((own) => own === 'predicted');
const none = verdicts.some((own) => own === 'not predicted');
console.log(`\nOne kernel: ${all ? 'supported' : none ? 'contradicted' : 'inconclusive'}`);

const switched = cellsOf(settingsOf('language-switch', { phase: 'attack' }), (_, at) => at > 0.04);
const withCurve = (fit) => {
  const points = switched.map((cell) => ({
    x: exposure(cell.setting, cell.at, fit),
    y: cell.seeds.reduce((sum, { y }) => sum + y, 0) / cell.seeds.length,
    weight: cell.seeds.length,
  }));
  return { ...fit, curve: fitCurve(points, 0) };
};
console.log(
  `\nlanguage-switch, a and k fitted to it: rmse ${score(withCurve(chosen), switched).toFixed(3)}, count ` +
    `${score(withCurve(count), switched).toFixed(3)} over ${switched.length} cells`,
);
