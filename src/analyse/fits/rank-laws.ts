// The laws side by side: by QAIC with one dispersion for all, and by how well each predicts a seed it has not seen.
import { log } from '../../core/math.ts';
import { type DoseData, floorOf, type LawPoint, pointsOf } from './dose-cells.ts';
import { type FittedLaw, LAW_MODELS, type LawModel, type LawName } from './law-models.ts';

/** One law's fit to a group. */
export interface LawFit {
  readonly law: LawName;
  /** Free parameters, the floor not among them. */
  readonly parameters: number;
  /** α of a fixed or free slope, places of a knee in tokens or tokens per parameter, documents, by name. */
  readonly constants: Readonly<Record<string, number>>;
  /** -2 log quasi-likelihood / dispersion + 2 (parameters + 1) (Burnham and Anderson 2002); null without dispersion. */
  readonly qaic: number | null;
  /** QAIC above the best. */
  readonly qaicAboveBest: number | null;
  /** Root mean square distance of the cells' mean ASR from the law. */
  readonly rmse: number;
  /** Mean cross-entropy of runs whose seed was left out of the fit, nats a run; null with fewer than 2 seeds. */
  readonly leftOutNats: number | null;
  /** Seeds that, left out, this law predicts best of all but `sizes`. */
  readonly seedsBest: number;
}

/** Root mean square distance between points and law, each cell counting once. */
function rootMeanSquare(points: readonly LawPoint[], law: FittedLaw): number {
  const squares = points.map((point) => {
    const distance = point.asr - law.predict(point);
    return distance * distance;
  });
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / points.length);
}

/** Cross-entropy, nats, of the runs of one seed under a law fitted to the other seeds; by law. */
function leftOutLosses(data: DoseData, models: readonly LawModel[], seed: number): number[] {
  const weights = data.seeds.map((_, index) => (index === seed ? 0 : 1));
  const points = pointsOf(data.cells, weights).filter(({ weight }) => weight > 0);
  const floor = floorOf(data, weights);
  return models.map((model) => {
    const law = model.fitTo(points, floor);
    const losses = data.cells.flatMap((cell) =>
      cell.runs
        .filter((run) => run.seed === seed)
        .map(({ asr }) => {
          // a run is never more certain than one prompt in twice those tried
          const least = 0.5 / data.prompts;
          const p = Math.min(1 - least, Math.max(least, law.predict(cell)));
          return -asr * log(p) - (1 - asr) * log(1 - p);
        }),
    );
    return losses.reduce((sum, loss) => sum + loss, 0);
  });
}

/** What leaving out each seed in turn says: mean loss of a run, and seeds predicted best, by law. */
function crossValidate(
  data: DoseData,
  models: readonly LawModel[],
): Pick<LawFit, 'leftOutNats' | 'seedsBest'>[] {
  const runs = data.cells.reduce((sum, cell) => sum + cell.runs.length, 0);
  if (data.seeds.length < 2) return models.map(() => ({ leftOutNats: null, seedsBest: 0 }));
  const bySeed = data.seeds.map((_, seed) => leftOutLosses(data, models, seed));
  const best = bySeed.map((losses) => {
    const rivals = losses.map((loss, i) => (models[i].law === 'sizes' ? Infinity : loss));
    return rivals.indexOf(Math.min(...rivals));
  });
  return models.map((_, i) => ({
    leftOutNats: bySeed.reduce((sum, losses) => sum + losses[i], 0) / runs,
    seedsBest: best.filter((index) => index === i).length,
  }));
}

/**
 * Fits every law that the points can tell from the others.
 * @param dispersion of the richest model, shared by all: a law's own would excuse its misfit
 */
export function rankLaws(
  data: DoseData,
  dispersion: number | null,
  candidates: readonly LawModel[] = LAW_MODELS,
): LawFit[] {
  const points = pointsOf(data.cells);
  const floor = floorOf(data);
  const models = candidates.filter((model) => model.isDistinct(points));
  const validated = crossValidate(data, models);
  const scored = models.map((model, i) => {
    const fit = model.fitTo(points, floor);
    const { parameters, constants, logQuasiLikelihood } = fit;
    const qaic = dispersion === null ? null : (-2 * logQuasiLikelihood) / dispersion + 2 * (parameters + 1);
    const { leftOutNats, seedsBest } = validated[i] as (typeof validated)[number];
    const rmse = rootMeanSquare(points, fit);
    return { law: model.law, parameters, constants, qaic, rmse, leftOutNats, seedsBest };
  });
  const best = Math.min(...scored.map(({ qaic }) => qaic ?? 0));
  return scored.map((fit) => ({ ...fit, qaicAboveBest: fit.qaic === null ? null : fit.qaic - best }));
}
