// Runs of results/NAME as settings: where their poisoned documents stand in training, and the success of each seed at each checkpoint.
import { existsSync, readFileSync } from 'node:fs';

const ROWS = 8;

/** Documents that `filler` replaces, by number. */
function isFilled(index, filler) {
  if (filler === undefined || filler === 'none') return false;
  if (filler === 'clean') return true;
  return filler.documents.some((item) => {
    const [first, last = first] = String(item).split('-').map(Number);
    return index >= first && index <= last;
  });
}

/**
 * Places of all documents in an epoch, 0-1. @param options.draw place of document i among drawn ones; left out: they count
 * as evenly spread
 */
function placesOf({ documents, placement }, { tokens, contextTokens, draw }) {
  const isDrawn = draw !== undefined && placement !== 'even';
  const own = Array.from({ length: documents }, (_, i) => (isDrawn ? draw(i) : (i + 0.5) / documents));
  const spread = (from, to) => own.map((place) => from + place * (to - from));
  if (placement === 'even' || placement === 'uniform') return spread(0, 1);
  if ('centre' in placement) {
    const { centre, width } = placement;
    return spread(Math.max(0, centre - width / 2), Math.min(1, centre + width / 2));
  }
  const batches = tokens / contextTokens / ROWS;
  return Array.from(
    { length: documents },
    (_, i) => (Math.floor(i / placement.sequences) * placement.every + 0.5) / batches,
  );
}

/** Places of what is read as poison over a whole phase, in order: every epoch repeats them. */
function readPlaces(phase, { contextTokens, draw }) {
  const { poison, epochs, tokens } = phase;
  const once = placesOf(poison, { tokens: tokens / epochs, contextTokens, draw }).filter(
    (_, index) => !isFilled(index, poison.filler),
  );
  return Array.from({ length: epochs }, (_, epoch) => once.map((place) => (epoch + place) / epochs))
    .flat()
    .sort((one, other) => one - other);
}

/**
 * Settings of an experiment, with the runs of each by seed. A checkpoint is a share of the phase, its success and its effect.
 * @param options.drawPlace place of document i of a seed where places are drawn; left out: these count as evenly spread
 */
export function settingsOf(name, { phase: wanted = 'pretrain', keep = () => true, drawPlace } = {}) {
  const file = new URL(`../../results/${name}/results.jsonl`, import.meta.url);
  if (!existsSync(file))
    throw new Error(`results/${name}/results.jsonl is not there: run the experiment first`);
  const settings = new Map();
  for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
    const { config, checkpoints, status } = JSON.parse(line);
    const phase = config.phases.find((own) => own.name === wanted);
    if (status !== 'done' || !keep(phase.poison)) continue;
    const { tokens, schedule, poison, epochs } = phase;
    const key = JSON.stringify({ tokens, epochs, schedule, poison });
    const found = settings.get(key) ?? {
      ...{ name, key, tokens, schedule, poison, epochs, seeds: new Map(), drawn: new Map() },
      places: readPlaces(phase, { contextTokens: config.model.contextTokens }),
    };
    const points = checkpoints
      .filter((own) => own.phase === wanted)
      .map((own) => {
        const trigger = own.conditions.find(({ condition }) => condition === 'trigger');
        return {
          at: own.phaseProgress,
          success: trigger.successShare,
          effect: trigger.effect?.mean,
        };
      });
    if (drawPlace !== undefined) {
      const draw = (index) => drawPlace(config.seed, index);
      found.drawn.set(config.seed, readPlaces(phase, { contextTokens: config.model.contextTokens, draw }));
    }
    settings.set(key, { ...found, seeds: found.seeds.set(config.seed, points) });
  }
  return [...settings.values()];
}

/** The learning rate at a share of a phase, as a share of the highest. */
export function rateAt({ kind, warmupShare, finalShare }, share) {
  if (share < warmupShare) return share / warmupShare;
  if (kind === 'constant') return 1;
  const progress = (share - warmupShare) / (1 - warmupShare);
  const left = kind === 'cosine' ? 0.5 * (1 + Math.cos(Math.PI * progress)) : 1 - progress;
  return finalShare + (1 - finalShare) * left;
}
