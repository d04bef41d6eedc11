// What becomes of the model after its first phase: success and clean loss by the tokens trained since, a panel a group.
import * as Plot from '@observablehq/plot';
import type { Analysis, GroupAnalysis } from '../../analyse/analyse-experiment.ts';
import { runOutcome } from '../../analyse/run-outcome.ts';
import { mean } from '../../core/sample-statistics.ts';
import type { CheckpointRecord, RunRecord } from '../../run/record.ts';
import { percentGrid, percentScale, plainScale } from './axes.ts';
import { panelTitlesWithCount, placeOf, rowsOf } from './panels.ts';
import { type FigureLayout, PAGE_LAYOUT, plotSvg } from './plot-svg.ts';

/** Above this many panels each group is shown at its largest count alone. */
const MOST_PANELS = 16;
/** A group with a count: one panel. */
interface Panel {
  readonly title: string;
  readonly documents: number;
  readonly poisoned: readonly RunRecord[];
  readonly controls: readonly RunRecord[];
}

interface Style {
  readonly color: string;
  /** Of its line; null: marks alone, for what is measured at few points. */
  readonly dash: string | null;
  readonly label: string;
  readonly symbol: 'circle' | 'diamond';
}

interface Point {
  readonly column: number;
  readonly row: number;
  readonly line: string;
  readonly style: Style;
  /** Million tokens since the first phase. */
  readonly x: number;
  readonly y: number;
}

const TRIGGER: Style = { color: '#2f6aa8', dash: 'none', label: 'with the trigger', symbol: 'circle' };
const NEAR: Style = {
  color: '#c1581a',
  dash: null,
  label: 'the near trigger that fires most',
  symbol: 'diamond',
};
const CLEAN: Style = { color: '#707070', dash: '2 3', label: 'without it', symbol: 'circle' };
const POISONED: Style = { color: '#2f6aa8', dash: 'none', label: 'with poison', symbol: 'circle' };
const CONTROL: Style = { color: '#707070', dash: '8 4', label: 'without', symbol: 'circle' };

function successOf(condition: string) {
  return ({ conditions }: CheckpointRecord): number | null =>
    conditions.find((own) => own.condition === condition && own.poison === undefined)?.successShare ?? null;
}

/** Success under the near trigger that fires most at that checkpoint; null where none was tried. */
function nearSuccess({ conditions }: CheckpointRecord): number | null {
  const shares = conditions.flatMap(({ condition, successShare, poison }) =>
    condition.startsWith('near-') && poison === undefined && successShare !== null ? [successShare] : [],
  );
  return shares.length === 0 ? null : Math.max(...shares);
}

/** Checkpoints from the end of the first phase on, with the million tokens trained since. */
function later({ config, checkpoints }: RunRecord): { x: number; checkpoint: CheckpointRecord }[] {
  const first = config.phases[0]?.name;
  const end = checkpoints.findLast(({ phase }) => phase === first);
  if (end === undefined) return [];
  return checkpoints
    .filter((checkpoint) => checkpoint === end || checkpoint.phase !== first)
    .map((checkpoint) => ({ x: (checkpoint.tokensTrained - end.tokensTrained) / 1e6, checkpoint }));
}

/** Means over seeds, checkpoint by checkpoint. */
function line(
  records: readonly RunRecord[],
  value: (checkpoint: CheckpointRecord) => number | null,
): { x: number; y: number }[] {
  const runs = records.map(later);
  const longest = Math.max(0, ...runs.map((run) => run.length));
  return Array.from({ length: longest }, (_, i) => i).flatMap((i) => {
    const points = runs.flatMap((run) => run.slice(i, i + 1));
    const y = mean(points.map(({ checkpoint }) => value(checkpoint)).filter((own) => own !== null));
    const x = mean(points.map((point) => point.x));
    return y === null || x === null ? [] : [{ x, y }];
  });
}

function panelsOf(group: GroupAnalysis, records: readonly RunRecord[]): Panel[] {
  const done = records.filter(({ id, status }) => group.runIds.includes(id) && status === 'done');
  const isOneSize = group.series.length === 1;
  return group.series.flatMap((series) => {
    const own = done.filter((record) => {
      const { parameters, tokens } = runOutcome(record);
      return parameters === series.parameters && tokens === series.tokens;
    });
    const of = (documents: number) => own.filter((record) => runOutcome(record).documents === documents);
    const counts = [...new Set(own.map((record) => runOutcome(record).documents))].sort((a, b) => a - b);
    const title = [group.title, ...(isOneSize ? [] : [series.label])]
      .filter((part) => part !== '')
      .join(', ');
    return counts
      .filter((documents) => documents > 0)
      .map((documents) => ({
        title,
        documents,
        poisoned: of(documents),
        controls: of(0),
      }));
  });
}

/** A panel for each group and count, or for each group at its largest count. */
function allPanels({ groups }: Analysis, records: readonly RunRecord[]): Panel[] {
  const byGroup = groups.map((group) => panelsOf(group, records));
  return byGroup.flat().length <= MOST_PANELS
    ? byGroup.flat()
    : byGroup.flatMap((panels) => panels.slice(-1));
}

function pointsOf(index: number, style: Style, points: readonly { x: number; y: number }[]): Point[] {
  return points.map((point) => ({ ...placeOf(index), line: String(index), style, ...point }));
}

function drawPanels(
  panels: readonly Panel[],
  points: readonly Point[],
  options: {
    title: string;
    styles: readonly Style[];
    y: Plot.ScaleOptions;
    grid: Plot.Markish[];
    layout: FigureLayout;
  },
): string {
  const { title, styles, y, grid, layout } = options;
  const facets = { fx: 'column', fy: 'row' } as const;
  const most = Math.max(...points.map(({ x }) => x));
  // What is drawn last lies on top: the first of the legend.
  const marks = [...styles].reverse().flatMap((style) => {
    const { color, dash, symbol } = style;
    const own = points.filter((point) => point.style === style);
    const at = { ...facets, x: 'x', y: 'y' } as const;
    return [
      dash === null
        ? null
        : Plot.line(own, { ...at, z: 'line', stroke: color, strokeWidth: 1.8, strokeDasharray: dash }),
      Plot.dot(own, { ...at, symbol, r: symbol === 'diamond' ? 4 : 2.5, fill: color }),
    ];
  });
  return plotSvg(
    {
      title,
      subtitle: 'Means over seeds, from the end of the first phase on.',
      legend: styles.map(({ color, label, symbol }) => ({ color, label, symbol })),
    },
    {
      height: 160 + 160 * rowsOf(panels.length),
      marginTop: 112,
      marginLeft: 76,
      x: plainScale('Million tokens trained since the first phase (square-root scale)', {
        type: 'sqrt',
        ticks: [0, most / 4, most],
        tickFormat: (value: number) => String(Number(value.toPrecision(2))),
        inset: 6,
      }),
      y: { ...y, insetTop: 44 },
      fx: { axis: null, padding: 0.08 },
      fy: { axis: null, padding: 0.12 },
      marks: [
        ...grid,
        ...marks,
        Plot.text(
          panelTitlesWithCount(panels).map((text, index) => ({ ...placeOf(index), text })),
          {
            ...facets,
            text: 'text',
            frameAnchor: 'top-left',
            fontSize: 11.5,
            fontWeight: 600,
            lineHeight: 1.1,
          },
        ),
      ],
    },
    layout,
  );
}

/** Success, near triggers and what happens without a trigger, by the tokens since the first phase; null for runs of one phase. */
export function laterSuccessFigure(
  analysis: Analysis,
  records: readonly RunRecord[],
  layout: FigureLayout = PAGE_LAYOUT,
): string | null {
  if (records.every(({ config }) => config.phases.length < 2)) return null;
  const panels = allPanels(analysis, records);
  const points = panels.flatMap(({ poisoned }, index) => [
    ...pointsOf(index, TRIGGER, line(poisoned, successOf('trigger'))),
    ...pointsOf(index, NEAR, line(poisoned, nearSuccess)),
    ...pointsOf(index, CLEAN, line(poisoned, successOf('clean'))),
  ]);
  return points.length === 0
    ? null
    : drawPanels(panels, points, {
        title: 'Attack success after the first phase',
        styles: [TRIGGER, NEAR, CLEAN],
        y: percentScale('Attack success rate', [0, 0.5, 1]),
        grid: percentGrid('y'),
        layout,
      });
}

/** Clean loss by the tokens since the first phase, with poison and without; null for runs of one phase. */
export function laterLossFigure(
  analysis: Analysis,
  records: readonly RunRecord[],
  layout: FigureLayout = PAGE_LAYOUT,
): string | null {
  if (records.every(({ config }) => config.phases.length < 2)) return null;
  const panels = allPanels(analysis, records);
  const points = panels.flatMap(({ poisoned, controls }, index) => [
    ...pointsOf(
      index,
      POISONED,
      line(poisoned, ({ cleanLossNats }) => cleanLossNats),
    ),
    ...pointsOf(
      index,
      CONTROL,
      line(controls, ({ cleanLossNats }) => cleanLossNats),
    ),
  ]);
  return points.length === 0
    ? null
    : drawPanels(panels, points, {
        title: 'Loss on clean text after the first phase',
        styles: [POISONED, CONTROL],
        y: plainScale('Clean loss (nats a token)', { nice: true, ticks: 4 }),
        grid: [Plot.gridY({ stroke: 'currentColor', strokeOpacity: 0.1, ticks: 4 })],
        layout,
      });
}
