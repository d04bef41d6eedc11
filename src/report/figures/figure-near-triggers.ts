// How specific the backdoor is: success under the trigger and under texts increasingly different from it.
import * as Plot from '@observablehq/plot';
import type { GroupAnalysis } from '../../analyse/analyse-experiment.ts';
import type { NearTriggerRow } from '../../analyse/near-triggers.ts';
import { type ConditionInfo, gradedConditions } from '../../run/record.ts';
import { countPanels, percentGrid, percentScale } from './axes.ts';
import { colorAt, seriesColors, symbolAt } from './palette.ts';
import { type FigureLayout, PAGE_LAYOUT, plotSvg } from './plot-svg.ts';

/** The conditions of some rows, from the trigger to none. */
export function conditionsOfRows(rows: readonly NearTriggerRow[]): ConditionInfo[] {
  return gradedConditions(rows.flatMap(({ grades }) => grades));
}

/** At most this many panels; the largest counts are kept. */
const MOST_PANELS = 3;

/** Success by grade of likeness, one panel per count, dots by size; null where no near trigger was measured. */
export function nearTriggerFigure(group: GroupAnalysis, layout: FigureLayout = PAGE_LAYOUT): string | null {
  const rows = group.nearTriggers.filter((row) => row.documents > 0);
  if (rows.length === 0) return null;
  const conditions = conditionsOfRows(rows);
  const placeOf = (name: string) => conditions.findIndex(({ condition }) => condition === name);
  const colors = seriesColors(group.series.length).light;
  const counts = [...new Set(rows.map((row) => row.documents))].sort((a, b) => a - b).slice(-MOST_PANELS);
  const shift = (series: string): number => {
    const index = group.series.findIndex((item) => item.id === series);
    return (index - (group.series.length - 1) / 2) * Math.min(0.2, 0.6 / group.series.length);
  };
  const points = rows
    .filter((row) => counts.includes(row.documents))
    .flatMap((row) =>
      row.grades.map(({ condition, success, meanInterval }) => ({
        series: row.series,
        documents: row.documents,
        grade: placeOf(condition) + shift(row.series),
        color: colorAt(
          colors,
          group.series.findIndex((item) => item.id === row.series),
        ),
        mean: success.mean,
        low: meanInterval?.low ?? success.minimum,
        high: meanInterval?.high ?? success.maximum,
      })),
    );
  const head = {
    title: 'Does it take the exact trigger?',
    subtitle: 'Success under texts ever less like the trigger, by number of poisoned documents.',
    legendTitle: group.kind === 'ladder' ? 'Parameters' : 'Data',
    legend: group.series.map(({ label }, i) => ({ label, color: colorAt(colors, i), symbol: symbolAt(i) })),
  };
  return plotSvg(
    head,
    {
      marginTop: 128,
      marginLeft: 124,
      x: percentScale('Share of prompts on which the attack succeeds', [0, 0.5, 1]),
      y: {
        domain: [-0.5, conditions.length - 0.5],
        reverse: true,
        ticks: [...conditions.keys()],
        tickFormat: (index: number) => conditions[index]?.label ?? '',
        tickSize: 0,
        label: null,
      },
      fx: countPanels(counts),
      marks: [
        ...percentGrid('x'),
        Plot.ruleY(points, {
          fx: 'documents',
          y: 'grade',
          x1: 'low',
          x2: 'high',
          stroke: 'color',
          strokeWidth: 1.6,
          strokeOpacity: 0.4,
        }),
        ...group.series.map(({ id }, i) =>
          Plot.dot(
            points.filter(({ series }) => series === id),
            {
              fx: 'documents',
              y: 'grade',
              x: 'mean',
              r: 4,
              symbol: symbolAt(i),
              fill: 'color',
              stroke: 'white',
              strokeWidth: 1,
            },
          ),
        ),
      ],
      color: { type: 'identity' },
    },
    layout,
  );
}
