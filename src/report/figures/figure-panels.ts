// Success by count of every group of an experiment, one small panel each, over the first group in grey.
import * as Plot from '@observablehq/plot';
import type { Analysis, GroupAnalysis } from '../../analyse/analyse-experiment.ts';
import { percentGrid, percentScale, zeroLogScale } from './axes.ts';
import { zeroLogAxis } from './count-axis.ts';
import { colorAt, type SeriesSymbol, seriesColors, symbolAt } from './palette.ts';
import { COLUMNS, panelTitles, placeOf, rowsOf, titleParts } from './panels.ts';
import { type FigureLayout, type LegendEntry, PAGE_LAYOUT, plotSvg } from './plot-svg.ts';

interface PanelPoint {
  readonly column: number;
  readonly row: number;
  readonly line: string;
  readonly color: string;
  readonly symbol: SeriesSymbol;
  readonly x: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** Labels of the richest group's series where no other group has others, so that one legend serves all; else null. */
function sharedLabels(groups: readonly GroupAnalysis[]): string[] | null {
  const own = groups.map(({ series }) => series.map(({ label }) => label));
  const richest = own.reduce((most, labels) => (labels.length > most.length ? labels : most), []);
  return own.flat().every((label) => richest.includes(label)) ? richest : null;
}

function pointsOf(
  group: GroupAnalysis,
  options: { index: number; position: (documents: number) => number; labels: readonly string[] | null },
): PanelPoint[] {
  const labels = options.labels ?? group.series.map(({ label }) => label);
  const colors = seriesColors(labels.length).light;
  return group.cells.flatMap(({ series, documents, asr }) => {
    if (asr.mean === null) return [];
    const rank = labels.indexOf(group.series.find(({ id }) => id === series)?.label ?? '');
    return [
      {
        ...placeOf(options.index),
        line: series,
        color: colorAt(colors, rank),
        symbol: symbolAt(rank),
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

/** One legend where the groups share their series; what the colours mean where they do not; nothing for one line a panel. */
function legendOf(
  groups: readonly GroupAnalysis[],
  labels: readonly string[] | null,
): { legendTitle?: string; legend?: LegendEntry[] } {
  if (groups.every(({ series }) => series.length < 2)) return {};
  if (labels === null) {
    return { legendTitle: 'In each panel the smallest model or least data in green, the largest in purple.' };
  }
  const colors = seriesColors(labels.length).light;
  return {
    legendTitle: groups.some(({ kind }) => kind === 'ladder') ? 'Parameters' : 'Data',
    legend: labels.map((label, rank) => ({ label, color: colorAt(colors, rank), symbol: symbolAt(rank) })),
  };
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
    layout,
    panels: Math.min(groups.length, COLUMNS),
  });
  const labels = sharedLabels(groups);
  const shown = { position: axis.position, labels };
  const points = groups.flatMap((group, index) => pointsOf(group, { index, ...shown }));
  const [first] = groups;
  const base = groups.flatMap((group, index) => {
    const beside = baselineOf(analysis, group);
    return index === 0 || beside === undefined
      ? []
      : pointsOf(beside, { index, ...shown }).map((point) => ({ ...point, color: '#808080' }));
  });
  const firstTitle = titleParts(first?.title ?? '').join(', ');
  const grey =
    analysis.defences === undefined
      ? firstTitle
      : `the same attack undefended; of undefended groups, ${firstTitle}`;
  const titles = panelTitles(groups.map(({ title }) => title)).map((title, index) => ({
    ...placeOf(index),
    title,
  }));
  const facets = { fx: 'column', fy: 'row' } as const;
  const head = {
    title: 'Attack success by number of poisoned documents, for every group of runs',
    subtitle: `Means over seeds with their range. Grey in each panel: ${grey}.`,
    ...legendOf(groups, labels),
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
        Plot.dot(base, { ...facets, x: 'x', y: 'mean', r: 1.5, fill: 'color', fillOpacity: 0.6 }),
        Plot.ruleX(points, {
          ...facets,
          x: 'x',
          y1: 'low',
          y2: 'high',
          stroke: 'color',
          strokeOpacity: 0.35,
        }),
        Plot.line(points, { ...facets, x: 'x', y: 'mean', z: 'line', stroke: 'color', strokeWidth: 2 }),
        Plot.dot(points, { ...facets, x: 'x', y: 'mean', r: 3, symbol: 'symbol', fill: 'color' }),
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
