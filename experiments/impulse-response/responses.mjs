// The impulse response: the change in the log-odds of the effect by poison in one tenth, at every later checkpoint.
import { meanOf, solve } from './fit.mjs';

const TENTHS = 10;
const EDGE = 0.02;

/** Which tenths of the poison a run has kept; null for runs without a pattern. */
function patternOf({ poison, places }) {
  if (poison.documents !== 100) return null;
  const kept = new Set(places.map((place) => Math.floor(place * TENTHS + 1e-9)));
  return Array.from({ length: TENTHS }, (_, tenth) => (kept.has(tenth) ? 1 : 0));
}

/** Least squares of y on tenths and a constant, of the runs of one seed. */
function effectsOf(rows, tenths) {
  const width = tenths + 1;
  const matrix = Array.from({ length: width }, () => new Array(width).fill(0));
  const right = new Array(width).fill(0);
  for (const { pattern, y } of rows) {
    const x = [1, ...pattern.slice(0, tenths)];
    for (let i = 0; i < width; i++) {
      right[i] += x[i] * y;
      for (let j = 0; j < width; j++) matrix[i][j] += x[i] * x[j];
    }
  }
  return solve(matrix, right).slice(1);
}

const average = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Responses by checkpoint, for each seed: [checkpoint][seed][tenth]. */
function responsesOf(settings, kind) {
  const own = settings.filter(({ schedule }) => schedule.kind === kind);
  const control = own.find(({ poison }) => poison.documents === 0);
  const full = own.find(({ poison }) => poison.documents === 100 && poison.filler === undefined);
  const seeds = [...full.seeds.keys()].sort((one, other) => one - other);
  const most = average(seeds.map((seed) => full.seeds.get(seed).at(-1).effect));
  return Array.from({ length: TENTHS }, (_, index) => {
    const least = average(seeds.map((seed) => control.seeds.get(seed)[index].effect));
    return seeds.map((seed) => {
      const rows = own.flatMap((setting) => {
        const pattern = patternOf(setting);
        const effect = setting.seeds.get(seed)?.[index]?.effect;
        if (pattern === null || effect === undefined || pattern.every((on) => on === 1)) return [];
        const share = Math.min(1 - EDGE, Math.max(EDGE, (effect - least) / (most - least)));
        return [{ pattern, y: Math.log(share / (1 - share)) }];
      });
      return effectsOf(rows, index + 1);
    });
  });
}

const shown = ({ mean, low, high }) => `${mean.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`;
const sum = (values) => values.reduce((total, value) => total + value, 0);

/** Success at the end of the patterns with and without the last tenth, and the documents that they keep. */
function printLastTenth(settings, kind) {
  const own = settings.filter((setting) => {
    const pattern = patternOf(setting);
    return setting.schedule.kind === kind && pattern?.some((on) => on === 0);
  });
  const seeds = [...own[0].seeds.keys()].sort((one, other) => one - other);
  const means = [1, 0].map((wanted) => {
    const group = own.filter((setting) => patternOf(setting)[TENTHS - 1] === wanted);
    const bySeed = seeds.map((seed) => average(group.map((one) => one.seeds.get(seed).at(-1).success)));
    const kept = average(group.map(({ places }) => places.length));
    console.log(
      `  last tenth ${wanted === 1 ? 'kept' : 'replaced'}: success ${shown(meanOf(bySeed))}, ${kept.toFixed(1)} documents`,
    );
    return bySeed;
  });
  console.log(`  difference: ${shown(meanOf(means[0].map((kept, index) => kept - means[1][index])))}`);
}

/** Prints responses, and what the predictions (1) and (2) are about. */
export function printResponses(settings) {
  const last = {};
  for (const kind of ['constant', 'cosine']) {
    const responses = responsesOf(settings, kind);
    console.log(`\nResponse to each tenth, log-odds of the effect, ${kind}`);
    for (const [index, bySeed] of responses.entries()) {
      if (index < 2) continue;
      const line = bySeed[0].map((_, tenth) =>
        meanOf(bySeed.map((own) => own[tenth]))
          .mean.toFixed(2)
          .padStart(5),
      );
      console.log(`  at ${((index + 1) / TENTHS).toFixed(1)}: ${line.join(' ')}`);
    }
    const bySeed = responses.at(-1);
    console.log('  at the end, with intervals:');
    for (let tenth = 0; tenth < TENTHS; tenth++)
      console.log(`    tenth ${tenth + 1}: ${shown(meanOf(bySeed.map((own) => own[tenth])))}`);
    const shareOf = (from, to) => bySeed.map((own) => sum(own.slice(from, to)) / sum(own));
    last[kind] = shareOf(7, 10);
    console.log(`  share of the last three: ${shown(meanOf(last[kind]))}`);
    console.log(`  share of the first five: ${shown(meanOf(shareOf(0, 5)))}`);
    printLastTenth(settings, kind);
  }
  const difference = last.cosine.map((own, seed) => own - last.constant[seed]);
  console.log(`Last three, cosine minus constant rate: ${shown(meanOf(difference))}`);
}
