// The poisoned and control runs of a group in the shape that the fits need: cells, whose runs are weighted by seed.

import { log10 } from '../../core/math.ts';
import type { RandomStream } from '../../core/random.ts';
import { mean } from '../../core/sample-statistics.ts';
import type { RunOutcome } from '../run-outcome.ts';
import type { Series } from '../series.ts';
import { drawSeedWeights } from '../statistics/seed-bootstrap.ts';
import type { DosePoint } from './dose-response.ts';

/** What a fit reads of a run. */
export type DoseRun = Pick<RunOutcome, 'seed' | 'documents' | 'asr' | 'prompts' | 'innocentUses' | 'stimuli'>;

/** A run of a cell. */
export interface CellRun {
  /** Index of its seed in `DoseData.seeds`. */
  readonly seed: number;
  readonly asr: number;
  /** Of each pool, where its stimulus stands among the weights: behind those of the seeds. */
  readonly stimuli?: readonly number[];
}

/** Runs of one cell. */
export interface DoseCell {
  readonly series: string;
  readonly documents: number;
  readonly tokens: number;
  readonly parameters: number;
  /** Clean documents with the trigger in them, mean over the runs. */
  readonly innocentUses: number;
  readonly runs: readonly CellRun[];
}

/** A cell as one point of a fit. */
export type LawPoint = DosePoint & Omit<DoseCell, 'runs'>;

/** All runs of a group that have an outcome. */
export interface DoseData {
  readonly seeds: readonly number[];
  /** Values of each pool of stimuli that runs have; left out where there are none. */
  readonly stimuli?: readonly (readonly string[])[];
  /** P > 0. */
  readonly cells: readonly DoseCell[];
  /** P = 0, all series together. */
  readonly controls: DoseCell['runs'];
  /** Median prompts a run. */
  readonly prompts: number;
}

/** Floors above this are cut: a curve from 0.45 upwards has no half success to find. */
const HIGHEST_FLOOR = 0.45;

/** Where the stimuli of a run stand among the weights of its data. */
function placesOf(
  own: readonly string[],
  { seeds, stimuli = [] }: Pick<DoseData, 'seeds' | 'stimuli'>,
): number[] {
  let before = seeds.length;
  return stimuli.map((values, pool) => {
    const place = before + values.indexOf(own[pool] ?? '');
    before += values.length;
    return place;
  });
}

/** Seeds, or stimuli of the smallest pool: as many units as an interval rests on. */
export function unitsOf(
  { seeds, stimuli = [] }: Pick<DoseData, 'seeds' | 'stimuli'>,
  own = seeds.length,
): number {
  return Math.min(own, ...stimuli.map(({ length }) => length));
}

/** One draw of weights: of the seeds, then of the stimuli of each pool (Owen 2007: both are reweighted, and multiplied). */
export function drawWeights(
  stream: RandomStream,
  { seeds, stimuli = [] }: Pick<DoseData, 'seeds' | 'stimuli'>,
): number[] {
  return [
    ...drawSeedWeights(stream, seeds.length),
    ...stimuli.flatMap(({ length }) => drawSeedWeights(stream, length)),
  ];
}

/** Collects the runs with an outcome. */
export function doseData(series: readonly Series<DoseRun>[]): DoseData {
  const done = series.flatMap((item) => item.outcomes.filter((run) => run.asr !== null));
  const seeds = [...new Set(done.map((run) => run.seed))].sort((a, b) => a - b);
  const pools = (done[0]?.stimuli ?? []).map((_, pool) =>
    [...new Set(done.map((run) => run.stimuli?.[pool] ?? ''))].sort(),
  );
  const cellRun = (run: DoseRun): CellRun => ({
    seed: seeds.indexOf(run.seed),
    asr: run.asr as number,
    ...(pools.length === 0 ? {} : { stimuli: placesOf(run.stimuli ?? [], { seeds, stimuli: pools }) }),
  });
  const prompts = done.map((run) => run.prompts).sort((a, b) => a - b);
  const cells = series.flatMap((item) => {
    const runs = item.outcomes.filter((run) => run.asr !== null && run.documents > 0);
    const counts = [...new Set(runs.map((run) => run.documents))].sort((a, b) => a - b);
    return counts.map((documents) => ({
      series: item.id,
      documents,
      tokens: item.tokens,
      parameters: item.parameters,
      innocentUses:
        mean(runs.filter((run) => run.documents === documents).map((run) => run.innocentUses)) ?? 0,
      runs: runs.filter((run) => run.documents === documents).map(cellRun),
    }));
  });
  const controls = done.filter((run) => run.documents === 0).map(cellRun);
  return {
    seeds,
    ...(pools.length === 0 ? {} : { stimuli: pools }),
    cells,
    controls,
    prompts: prompts[Math.floor(prompts.length / 2)] ?? 1,
  };
}

/** The weight of a run: its seed's times its stimuli's. */
function weightOf({ seed, stimuli = [] }: CellRun, weights: readonly number[]): number {
  return stimuli.reduce((weight, place) => weight * (weights[place] ?? 1), weights[seed]);
}

/** Mean and total weight of runs whose seeds carry weights; all 1 if none are given. */
function weighted(runs: DoseCell['runs'], weights: readonly number[] | undefined) {
  let weight = 0;
  let sum = 0;
  for (const run of runs) {
    const w = weights === undefined ? 1 : weightOf(run, weights);
    weight += w;
    sum += w * run.asr;
  }
  return { weight, mean: weight > 0 ? sum / weight : 0 };
}

/** Floor γ: mean ASR of the runs without poison, 0 where there are none. */
export function floorOf(data: DoseData, weights?: readonly number[]): number {
  return Math.min(HIGHEST_FLOOR, weighted(data.controls, weights).mean);
}

/** Whether success without poison is so high that no half success can be found: it is not the poison's. */
export function succeedsWithoutPoison({ controls }: Pick<DoseData, 'controls'>): boolean {
  return controls.length > 0 && weighted(controls, undefined).mean > HIGHEST_FLOOR;
}

/** One point a cell. Quasi-likelihood is linear in the responses, so a cell's mean stands for its runs. */
export function pointsOf(cells: readonly DoseCell[], weights?: readonly number[]): LawPoint[] {
  return cells.map(({ runs, ...cell }) => {
    const found = weighted(runs, weights);
    return { ...cell, asr: found.mean, weight: found.weight };
  });
}

/** Decades of data between the least and the most. */
export function dataDecades(data: DoseData): number {
  const tokens = data.cells.map((cell) => log10(cell.tokens));
  return tokens.length === 0 ? 0 : Math.max(...tokens) - Math.min(...tokens);
}
