// Success by count of every group of an experiment, one small panel each, over the first group in grey.
import * as Plot from '@observablehq/plot';
import type { Analysis, GroupAnalysis } from '../../analyse/analyse-experiment.ts';
import { percentGrid, percentScale, zeroLogScale } from './axes.ts';
import { zeroLogAxis } from './count-axis.ts';
import { colorAt, seriesColors } from './palette.ts';
import { placeOf, rowsOf, twoLines } from './panels.ts';
import { type FigureLayout, PAGE_LAYOUT, plotSvg } from './plot-svg.ts';

interface PanelPoint {
  readonly column: number;
  readonly row: number;
  readonly line: string;
  readonly color: string;
  readonly x: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

function pointsOf(
  group: GroupAnalysis,
  options: { index: number; position: (documents: number) => number },
): PanelPoint[] {
  const colors = seriesColors(group.series.length).light;
  return group.cells.flatMap(({ series, documents, asr }) => {
    if (asr.mean === null) return [];
    const rank = group.series.findIndex(({ id }) => id === series);
    return [
      {
        ...placeOf(options.index),
        line: series,
        color: colorAt(colors, rank),
        x: options.position(documents),
        mean: asr.mean,
        low: asr.minimum ?? asr.mean,
        high: asr.maximum ?? asr.mean,
      },
    ];
  });
}

/** What each group is drawn beside: the same attack undefended where there is a matrix of defences, else the first group. */
function baselineOf({ groups, defences }: Analysis, group: GroupAnalysis): GroupAnalysis | undefined {
  const cell = defences?.cells.find((own) => own.group === group.id);
  return groups.find(({ id }) => id === cell?.baseline) ?? groups[0];
}

/** Means and ranges over seeds by count, a panel a group; null for fewer than two groups. */
export function panelsFigure(analysis: Analysis, layout: FigureLayout = PAGE_LAYOUT): string | null {
  const { groups } = analysis;
  if (groups.length < 2) return null;
  const counts = [...new Set(groups.flatMap((group) => group.cells.map(({ documents }) => documents)))];
  const axis = zeroLogAxis({
    values: counts,
    tickValues: counts.filter((count) => count > 0),
    label: String,
  });
  const points = groups.flatMap((group, index) => pointsOf(group, { index, position: axis.position }));
  const [first] = groups;
  const base = groups.flatMap((group, index) => {
    const beside = baselineOf(analysis, group);
    return index === 0 || beside === undefined
      ? []
      : pointsOf(beside, { index, position: axis.position }).map((point) => ({ ...point, color: '#808080' }));
  });
  const grey =
    analysis.defences === undefined
      ? (first?.title ?? '')
      : `the same attack undefended; of undefended groups, ${first?.title ?? ''}`;
  const titles = groups.map((group, index) => ({ ...placeOf(index), title: twoLines(group.title) }));
  const facets = { fx: 'column', fy: 'row' } as const;
  const head = {
    title: 'Attack success by number of poisoned documents, for every group of runs',
    subtitle: `Means over seeds with their range. Grey in each panel: ${grey}.`,
  };
  return plotSvg(
    head,
    {
      height: 130 + 150 * rowsOf(groups.length),
      marginTop: 96,
      marginLeft: 76,
      x: { ...zeroLogScale(axis, 'Poisoned documents'), inset: 4 },
      y: { ...percentScale('Attack success rate', [0, 0.5, 1]), insetTop: 30 },
      fx: { axis: null, padding: 0.08 },
      fy: { axis: null, padding: 0.12 },
      marks: [
        ...percentGrid('y'),
        Plot.line(base, {
          ...facets,
          x: 'x',
          y: 'mean',
          z: 'line',
          stroke: 'color',
          strokeWidth: 1.5,
          strokeOpacity: 0.6,
        }),
        Plot.ruleX(points, {
          ...facets,
          x: 'x',
          y1: 'low',
          y2: 'high',
          stroke: 'color',
          strokeOpacity: 0.35,
        }),
        Plot.line(points, { ...facets, x: 'x', y: 'mean', z: 'line', stroke: 'color', strokeWidth: 2 }),
        Plot.dot(points, { ...facets, x: 'x', y: 'mean', r: 3, fill: 'color' }),
        Plot.text(titles, {
          ...facets,
          text: 'title',
          frameAnchor: 'top-left',
          fontSize: 11.5,
          fontWeight: 600,
          lineHeight: 1.1,
        }),
      ],
      color: { type: 'identity' },
    },
    layout,
  );
}
