// What the poison costs on clean text: held-out loss by size and count, beside the controls without poison.
import * as Plot from '@observablehq/plot';
import type { GroupAnalysis } from '../../analyse/analyse-experiment.ts';
import type { Cell } from '../../analyse/cells.ts';
import { plainScale, zeroBand, zeroLogScale } from './axes.ts';
import { zeroLogAxis } from './count-axis.ts';
import { colorAt, seriesColors, symbolAt } from './palette.ts';
import { type FigureLayout, PAGE_LAYOUT, plotSvg } from './plot-svg.ts';

/** Clean held-out loss against the count: every seed, means joined by lines, controls as dashed levels. */
export function cleanLossFigure(group: GroupAnalysis, layout: FigureLayout = PAGE_LAYOUT): string {
  const colors = seriesColors(group.series.length).light;
  const counts = [...new Set(group.cells.map((cell) => cell.documents))];
  const axis = zeroLogAxis({
    values: counts,
    tickValues: counts.filter((count) => count > 0),
    label: String,
    layout,
  });
  const x = (cell: Cell): number => axis.position(cell.documents);
  const marks = group.series.flatMap((series, i): Plot.Markish[] => {
    const cells = group.cells.filter((cell) => cell.series === series.id && cell.cleanLossNats !== null);
    const color = colorAt(colors, i);
    const controls = cells.filter((cell) => cell.documents === 0);
    const seeds = cells.flatMap((cell) =>
      cell.seeds.flatMap((seed) =>
        seed.cleanLossNats === null ? [] : [{ x: x(cell), y: seed.cleanLossNats }],
      ),
    );
    const y = (cell: Cell): number | null => cell.cleanLossNats;
    return [
      Plot.ruleY(controls, { y, stroke: color, strokeDasharray: '5 4', strokeOpacity: 0.55 }),
      Plot.dot(seeds, { x: 'x', y: 'y', r: 2.4, fill: color, fillOpacity: 0.4 }),
      Plot.line(
        cells.filter((cell) => cell.documents > 0),
        { x, y, stroke: color, strokeWidth: 2 },
      ),
      Plot.dot(cells, { x, y, r: 5, symbol: symbolAt(i), fill: color, stroke: 'white', strokeWidth: 1.2 }),
    ];
  });
  const head = {
    title: 'Loss on clean text',
    subtitle: 'A careful attacker leaves it unchanged. Dashed: the same size without poison, same seeds.',
    legendTitle: group.kind === 'ladder' ? 'Parameters' : 'Data',
    legend: group.series.map(({ label }, i) => ({ label, color: colorAt(colors, i), symbol: symbolAt(i) })),
  };
  return plotSvg(
    head,
    {
      x: zeroLogScale(axis, 'Poisoned documents in the training data (logarithmic)'),
      y: plainScale('Clean held-out loss (nats per token)', {
        nice: true,
        inset: 8,
        tickFormat: (value: number) => value.toFixed(2),
      }),
      marks: [Plot.gridY({ stroke: 'currentColor', strokeOpacity: 0.1 }), zeroBand(axis), ...marks],
    },
    layout,
  );
}
