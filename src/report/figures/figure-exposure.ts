// How the backdoor is learnt: success against the poisoned documents seen so far, and against training progress.
import * as Plot from '@observablehq/plot';
import type { GroupAnalysis } from '../../analyse/analyse-experiment.ts';
import { learningCurve } from '../../analyse/learning-curve.ts';
import { runOutcome } from '../../analyse/run-outcome.ts';
import { mean } from '../../core/sample-statistics.ts';
import type { RunRecord } from '../../run/record.ts';
import { countPanels, percentGrid, percentScale, plainScale, zeroBand, zeroLogScale } from './axes.ts';
import { zeroLogAxis } from './count-axis.ts';
import { comparedThings } from './figure-success.ts';
import { colorAt, dashAt, seriesColors, symbolAt } from './palette.ts';
import { type FigureLayout, PAGE_LAYOUT, plotSvg } from './plot-svg.ts';

/** Mean over the seeds of one cell at one checkpoint. */
interface LearningPoint {
  /** Place of its series. */
  readonly series: number;
  readonly color: string;
  /** Series and count: one line. */
  readonly line: string;
  readonly documents: number;
  /** Mean poisoned documents seen. */
  readonly seen: number;
  /** Share of all tokens trained, 0-1. */
  readonly progress: number;
  readonly asr: number;
}

/** Points of one run. */
function pointsOfRun(
  record: RunRecord,
  identity: { series: number; line: string; color: string },
): LearningPoint[] {
  const run = runOutcome(record);
  const { documents } = run;
  return learningCurve(run).map(({ seen, progress, asr }) => ({
    ...identity,
    documents,
    seen,
    progress,
    asr,
  }));
}

/** Averages the seeds of a line, checkpoint by checkpoint. */
function averageLines(runs: readonly (readonly LearningPoint[])[]): LearningPoint[] {
  const longest = Math.max(0, ...runs.map((run) => run.length));
  return Array.from({ length: longest }, (_, i) => i).flatMap((i) => {
    const points = runs.flatMap((run) => run.slice(i, i + 1));
    const [first] = points;
    if (first === undefined) return [];
    const meanOf = (name: 'seen' | 'progress' | 'asr') => mean(points.map((point) => point[name])) ?? 0;
    return [{ ...first, seen: meanOf('seen'), progress: meanOf('progress'), asr: meanOf('asr') }];
  });
}

/** The learning curves of a group's poisoned cells. */
function learningPoints(group: GroupAnalysis, records: readonly RunRecord[]): LearningPoint[] {
  const colors = seriesColors(group.series.length).light;
  const members = records.filter((record) => group.runIds.includes(record.id) && record.status === 'done');
  return group.series.flatMap((series, i) => {
    const own = members.filter((record) => {
      const { parameters, tokens } = runOutcome(record);
      return parameters === series.parameters && tokens === series.tokens;
    });
    const counts = [...new Set(own.map((record) => runOutcome(record).documents))].sort((a, b) => a - b);
    return counts
      .filter((documents) => documents > 0)
      .flatMap((documents) =>
        averageLines(
          own
            .filter((record) => runOutcome(record).documents === documents)
            .map((record) =>
              pointsOfRun(record, {
                series: i,
                line: `${series.id}/${documents}`,
                color: colorAt(colors, i),
              }),
            ),
        ),
      );
  });
}

function headOf(group: GroupAnalysis, words: { title: string; subtitle: string }) {
  const colors = seriesColors(group.series.length).light;
  return {
    ...words,
    legendTitle: group.kind === 'ladder' ? 'Parameters' : 'Data',
    legend: group.series.map(({ label }, i) => ({ label, color: colorAt(colors, i), symbol: symbolAt(i) })),
  };
}

/** The points of each series, with its place: shape and dash say what colour says. */
function bySeries(points: readonly LearningPoint[]): (readonly [LearningPoint[], number])[] {
  const places = [...new Set(points.map(({ series }) => series))].sort((a, b) => a - b);
  return places.map((place) => [points.filter(({ series }) => series === place), place] as const);
}

/** Round counts between the least and the most seen. */
function seenTicks(values: readonly number[]): number[] {
  const high = Math.max(1, ...values);
  const low = Math.min(high, ...values.filter((value) => value > 0));
  return [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000].filter(
    (tick) => tick >= low * 0.9 && tick <= high * 1.05,
  );
}

/** Success against the poisoned documents seen by then: one line per size and count, mean over seeds. */
export function seenFigure(
  group: GroupAnalysis,
  records: readonly RunRecord[],
  layout: FigureLayout = PAGE_LAYOUT,
): string {
  const points = learningPoints(group, records);
  const values = points.map((point) => (point.seen < 1 ? 0 : point.seen));
  const axis = zeroLogAxis({ values, tickValues: seenTicks(values), label: String, layout });
  const x = (point: LearningPoint): number => axis.position(point.seen < 1 ? 0 : point.seen);
  const head = headOf(group, {
    title: 'Attack success by poisoned documents seen so far',
    subtitle: 'One line per size and count, through the checkpoints of training (mean over seeds).',
  });
  return plotSvg(
    head,
    {
      x: zeroLogScale(axis, 'Poisoned documents trained on by then'),
      y: percentScale('Attack success rate'),
      marks: [
        ...percentGrid('y'),
        zeroBand(axis),
        ...bySeries(points).flatMap(([own, i]) => [
          Plot.line(own, {
            x,
            y: 'asr',
            z: 'line',
            stroke: 'color',
            strokeWidth: 1.6,
            strokeOpacity: 0.6,
            strokeDasharray: dashAt(i),
          }),
          Plot.dot(own, { x, y: 'asr', r: 2.6, symbol: symbolAt(i), fill: 'color', fillOpacity: 0.8 }),
        ]),
      ],
      color: { type: 'identity' },
    },
    layout,
  );
}

/** At most this many panels; the largest counts are kept. */
const MOST_PANELS = 5;

/** Success against training progress: one panel per count, one line per size, mean over seeds. */
export function progressFigure(
  group: GroupAnalysis,
  records: readonly RunRecord[],
  layout: FigureLayout = PAGE_LAYOUT,
): string {
  const all = learningPoints(group, records);
  const counts = [...new Set(all.map((point) => point.documents))].sort((a, b) => a - b).slice(-MOST_PANELS);
  const points = all.filter((point) => counts.includes(point.documents));
  const things = comparedThings(group);
  const head = headOf(group, {
    title: 'Attack success during training',
    subtitle: `One panel per number of poisoned documents.${things === null ? '' : ` Lines of all ${things} on top of each other mean: ${group.kind === 'ladder' ? 'size' : 'the amount'} does not matter.`}`,
  });
  return plotSvg(
    head,
    {
      marginTop: 128,
      x: plainScale('Share of training done', {
        domain: [0, 1],
        ticks: [0, 0.5, 1],
        tickFormat: (value: number) => `${Math.round(100 * value)} %`,
        insetLeft: 8,
        insetRight: 12,
      }),
      y: percentScale('Attack success rate'),
      fx: countPanels(counts),
      marks: [
        ...percentGrid('y'),
        ...bySeries(points).flatMap(([own, i]) => [
          Plot.line(own, {
            fx: 'documents',
            x: 'progress',
            y: 'asr',
            z: 'line',
            stroke: 'color',
            strokeWidth: 2,
            strokeDasharray: dashAt(i),
          }),
          Plot.dot(own, {
            fx: 'documents',
            x: 'progress',
            y: 'asr',
            r: 2.4,
            symbol: symbolAt(i),
            fill: 'color',
          }),
        ]),
      ],
      color: { type: 'identity' },
    },
    layout,
  );
}
