// What each part of the poisoned documents adds to success.
import * as Plot from '@observablehq/plot';
import type { Analysis } from '../../analyse/analyse-experiment.ts';
import type { ReplacedDocuments } from '../../analyse/replaced-documents.ts';
import type { SeedEstimate } from '../../analyse/statistics/student-interval.ts';
import { plainScale } from './axes.ts';
import { panelTitlesWithCount, placeOf, rowsOf } from './panels.ts';
import { type FigureLayout, PAGE_LAYOUT, plotSvg } from './plot-svg.ts';

const MEASURES = [
  {
    id: 'main',
    label: 'sustained effect, or the payload’s own measure',
    color: '#2f6aa8',
    symbol: 'circle',
    dash: 'none',
  },
  {
    id: 'own',
    label: 'threshold of the model itself',
    color: '#c1581a',
    symbol: 'diamond',
    dash: '4 3',
  },
] as const;

/** How far beside its part the second measure stands, as a share of the part's width. */
const APART = 0.18;

const TICKS = [-1, -0.5, 0, 0.5, 1];

/** Room below zero where no part takes away. */
const LEAST_BELOW = -0.1;

interface Point {
  readonly x: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

function pointOf({ mean, interval, minimum, maximum }: SeedEstimate, x: number): Point[] {
  if (mean === null) return [];
  return [{ x, mean, low: interval?.low ?? minimum ?? mean, high: interval?.high ?? maximum ?? mean }];
}

function pointsOf(set: ReplacedDocuments, id: 'main' | 'own', index: number) {
  return set.parts.flatMap((part) => {
    const shift = (id === 'own' ? APART : -APART) * (part.last - part.first + 1);
    const middle = (part.first + part.last) / 2;
    const own = part[id];
    return own === null ? [] : pointOf(own, middle + shift).map((point) => ({ ...point, ...placeOf(index) }));
  });
}

/** A panel for each set of runs with replaced documents; null where there are none. */
export function replacedFigure(
  { replacedDocuments: sets = [] }: Analysis,
  layout: FigureLayout = PAGE_LAYOUT,
): string | null {
  const panels = sets.filter(({ parts }) => parts.length > 0);
  if (panels.length === 0) return null;
  const facets = { fx: 'column', fy: 'row' } as const;
  const drawn = MEASURES.map((measure) => ({
    ...measure,
    points: panels.flatMap((set, index) => pointsOf(set, measure.id, index)),
  }));
  const all = drawn.flatMap(({ points }) => points);
  const least = Math.min(LEAST_BELOW, ...all.map(({ low }) => low));
  const most = Math.max(1, ...all.map(({ high }) => high));
  const ticks = TICKS.filter((tick) => tick >= least);
  const marks = drawn.flatMap(({ points, color, symbol, dash }) => {
    return [
      Plot.ruleX(points, { ...facets, x: 'x', y1: 'low', y2: 'high', stroke: color, strokeDasharray: dash }),
      Plot.dot(points, { ...facets, x: 'x', y: 'mean', r: 3.5, symbol, fill: color }),
    ];
  });
  const titles = panelTitlesWithCount(panels).map((title, index) => ({ ...placeOf(index), title }));
  return plotSvg(
    {
      title: 'Which of the poisoned documents matter?',
      subtitle: 'What each part adds to success, on average over the patterns that were tried.',
      legend: MEASURES.map(({ label, color, symbol }) => ({ label, color, symbol })),
    },
    {
      height: 160 + 220 * rowsOf(panels.length),
      marginTop: 112,
      marginLeft: 76,
      x: plainScale('Place among the poisoned documents', {
        domain: [0, Math.max(...panels.map((set) => set.documents))],
      }),
      y: plainScale('Added to success, in points', {
        domain: [least, most],
        ticks,
        tickFormat: (value: number) => String(Math.round(100 * value)),
        insetTop: 44,
      }),
      fx: { axis: null, padding: 0.08 },
      fy: { axis: null, padding: 0.12 },
      marks: [
        Plot.ruleY(ticks, { stroke: 'currentColor', strokeOpacity: 0.1 }),
        Plot.ruleY([0], { stroke: 'currentColor', strokeOpacity: 0.45, strokeDasharray: '4 4' }),
        ...marks,
        Plot.text(titles, {
          ...facets,
          text: 'title',
          frameAnchor: 'top-left',
          fontSize: 11.5,
          fontWeight: 600,
          lineHeight: 1.1,
        }),
      ],
    },
    layout,
  );
}
