// Success against the dose: by count of poisoned documents (overlapping curves: count law) and by their share of
// the training tokens (curves apart: count law).

import * as Plot from '@observablehq/plot';
import type { GroupAnalysis } from '../../analyse/analyse-experiment.ts';
import type { Cell } from '../../analyse/cells.ts';
import { type DoseResponse, predictAsr } from '../../analyse/fits/dose-response.ts';
import type { BandPoint } from '../../analyse/fits/success-band.ts';
import type { PredictionOutcome } from '../../analyse/predictions.ts';
import { percent } from '../../core/format-number.ts';
import type { ReferenceBand } from '../reference.ts';
import { percentGrid, percentScale, zeroBand, zeroLogScale } from './axes.ts';
import { type ZeroLogAxis, zeroLogAxis } from './count-axis.ts';
import { colorAt, dashAt, type SeriesSymbol, seriesColors, symbolAt } from './palette.ts';
import { type FigureLayout, PAGE_LAYOUT, plotSvg } from './plot-svg.ts';
import { predictionMarks } from './prediction-marks.ts';
import { referenceMarks } from './reference-marks.ts';

/** Which dose the figure shows. */
export type Dose = 'count' | 'share';

interface SeriesView {
  readonly label: string;
  readonly color: string;
  readonly symbol: SeriesSymbol;
  readonly dash: string;
  readonly tokens: number;
  readonly cells: readonly Cell[];
  /** Poisoned share of the tokens that one document brings. */
  readonly sharePerDocument: number;
  /** Its own fitted curve, from which its P50 is read; null where there is none. */
  readonly curve: DoseResponse | null;
  /** Its interval; null where there is none. */
  readonly band: readonly BandPoint[] | null;
}

function viewSeries(group: GroupAnalysis): SeriesView[] {
  const colors = seriesColors(group.series.length).light;
  return group.series.map((series, i) => {
    const cells = group.cells.filter((cell) => cell.series === series.id);
    const ratios = cells.filter((cell) => cell.documents > 0).map((cell) => cell.tokenShare / cell.documents);
    return {
      label: series.label,
      color: colorAt(colors, i),
      symbol: symbolAt(i),
      dash: dashAt(i),
      tokens: series.tokens,
      cells,
      sharePerDocument: ratios.reduce((sum, ratio) => sum + ratio, 0) / Math.max(1, ratios.length),
      curve: group.halfSuccess.find((half) => half.series === series.id)?.curve ?? null,
      band: group.halfSuccess.find((half) => half.series === series.id)?.band ?? null,
    };
  });
}

/** Ticks of the share axis: powers of ten, with 2 and 5 between where the range is short. */
function shareTicks(values: readonly number[]): number[] {
  const positive = values.filter((value) => value > 0).map(Math.log10);
  if (positive.length === 0) return [];
  const [low, high] = [Math.min(...positive), Math.max(...positive)];
  const steps = high - low > 2.5 ? [1] : [1, 2, 5];
  const ticks: number[] = [];
  for (let decade = Math.floor(low); decade <= Math.ceil(high); decade++) {
    for (const step of steps) {
      const value = Number(`${step}e${decade}`);
      if (Math.log10(value) >= low - 0.1 && Math.log10(value) <= high + 0.1) ticks.push(value);
    }
  }
  return ticks;
}

function doseAxis(cells: readonly Cell[], dose: Dose, layout: FigureLayout): ZeroLogAxis {
  const values = cells.map((cell) => (dose === 'count' ? cell.documents : cell.tokenShare));
  return zeroLogAxis({
    values,
    tickValues: dose === 'count' ? [...new Set(values)].filter((value) => value > 0) : shareTicks(values),
    label: (value) => (value === 0 ? '0' : dose === 'count' ? String(value) : percent(value)),
    layout,
  });
}

/** Points of a fitted curve, from the smallest to the largest dose of a series. */
function curvePoints(view: SeriesView, curve: DoseResponse, options: { dose: Dose; axis: ZeroLogAxis }) {
  const counts = view.cells.filter((cell) => cell.documents > 0).map((cell) => Math.log10(cell.documents));
  const [low, high] = [Math.min(...counts), Math.max(...counts)];
  return Array.from({ length: 81 }, (_, i) => {
    const documents = 10 ** (low + ((high - low) * i) / 80);
    const dose = options.dose === 'count' ? documents : documents * view.sharePerDocument;
    return { x: options.axis.position(dose), y: predictAsr(curve, { documents, tokens: view.tokens }) };
  });
}

/** The series' own fitted curve; straight lines between the means where nothing could be fitted. */
function curveMark(view: SeriesView, options: { dose: Dose; axis: ZeroLogAxis }): Plot.Markish {
  const poisoned = view.cells.filter((cell) => cell.documents > 0 && cell.asr.mean !== null);
  const style = { stroke: view.color, strokeWidth: 2.2, strokeOpacity: 0.85, strokeDasharray: view.dash };
  if (view.curve !== null && poisoned.length > 1) {
    return Plot.line(curvePoints(view, view.curve, options), { x: 'x', y: 'y', ...style });
  }
  const x = (cell: Cell): number =>
    options.axis.position(options.dose === 'count' ? cell.documents : cell.tokenShare);
  return Plot.line(poisoned, { x, y: (cell: Cell) => cell.asr.mean, ...style });
}

/** The interval of the curve. */
function bandMark(view: SeriesView, { dose, axis }: { dose: Dose; axis: ZeroLogAxis }): Plot.Markish {
  const x = ({ documents }: BandPoint): number =>
    axis.position(dose === 'count' ? documents : documents * view.sharePerDocument);
  return Plot.areaY(view.band ?? [], { x, y1: 'low', y2: 'high', fill: view.color, fillOpacity: 0.1 });
}

function seriesMarks(view: SeriesView, options: { dose: Dose; axis: ZeroLogAxis }): Plot.Markish[] {
  const { axis, dose } = options;
  const x = (cell: Cell): number => axis.position(dose === 'count' ? cell.documents : cell.tokenShare);
  const cells = view.cells.filter((cell) => cell.asr.mean !== null);
  const dots = cells.flatMap((cell) => cell.seeds.map((seed) => ({ x: x(cell), y: seed.asr })));
  const bars = cells.filter((cell) => cell.meanAsrInterval !== null);
  return [
    Plot.ruleX(bars, {
      x,
      y1: (cell: Cell) => cell.meanAsrInterval?.low,
      y2: (cell: Cell) => cell.meanAsrInterval?.high,
      stroke: view.color,
      strokeWidth: 1.6,
      strokeOpacity: 0.7,
    }),
    Plot.dot(dots, { x: 'x', y: 'y', r: 2.2, stroke: view.color, strokeWidth: 0.9, strokeOpacity: 0.7 }),
    Plot.dot(cells, {
      x,
      y: (cell: Cell) => cell.asr.mean,
      r: 5,
      symbol: view.symbol,
      fill: view.color,
      stroke: 'white',
      strokeWidth: 1.2,
    }),
  ];
}

/** What the curves of a group are of; null where there is one only, so that nothing is compared. */
export function comparedThings({ kind, series }: Pick<GroupAnalysis, 'kind' | 'series'>): string | null {
  if (series.length < 2) return null;
  return kind === 'ladder' ? 'sizes' : 'amounts of data';
}

const WORDS = {
  count: {
    title: 'Attack success by number of poisoned documents',
    subtitle: (things: string | null) =>
      things === null
        ? 'One model size, one amount of data.'
        : `Curves of all ${things} on top of each other mean: only the count matters.`,
    axis: 'Poisoned documents in the training data (logarithmic)',
  },
  share: {
    title: 'Attack success by share of the training data',
    subtitle: () => 'The same runs. Curves on top of each other here would mean: only the share matters.',
    axis: 'Poisoned share of the training tokens (logarithmic)',
  },
} as const;

/**
 * Success against dose, by model size, all at their true dose: every seed (small rings), means (filled) with 90 % intervals
 * about them, and each series' own fitted curve with its band: the one whose half success is the P50 of the tables.
 * @param reference band of another experiment, drawn behind success by count
 * @param predictions of P50, marked in success by count
 * @returns SVG
 */
export function successFigure(
  group: GroupAnalysis,
  dose: Dose,
  reference: ReferenceBand | null = null,
  layout: FigureLayout = PAGE_LAYOUT,
  predictions: readonly PredictionOutcome[] = [],
): string {
  const axis = doseAxis(group.cells, dose, layout);
  const views = viewSeries(group);
  const words = WORDS[dose];
  const head = {
    title: words.title,
    subtitle: words.subtitle(comparedThings(group)),
    legendTitle: group.kind === 'ladder' ? 'Parameters' : 'Data',
    legend: views.map(({ label, color, symbol }) => ({ label, color, symbol })),
  };
  return plotSvg(
    head,
    {
      x: zeroLogScale(axis, words.axis),
      y: percentScale('Attack success rate'),
      marks: [
        ...(reference === null || dose === 'share' ? [] : referenceMarks(reference, axis)),
        ...percentGrid('y'),
        zeroBand(axis),
        ...(dose === 'share' ? [] : predictionMarks(predictions, axis)),
        ...views.map((view) => bandMark(view, { dose, axis })),
        ...views.map((view) => curveMark(view, { dose, axis })),
        ...views.flatMap((view) => seriesMarks(view, { dose, axis })),
      ],
    },
    layout,
  );
}
