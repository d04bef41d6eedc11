// Charts of what is known after training: counts, cleaning, and the surprise of documents.
import type { ChartSpec, Series } from '../charts/chart.ts';
import type { PublishedRun } from '../example.ts';
import type { CurvePoint } from '../protocol.ts';
import { decimal, percent, t } from '../text/texts.ts';
import { shareAxis, stepTicks } from './training-charts.ts';

/** A dot of the count chart. */
export interface CountDot {
  readonly size: string;
  readonly documents: number;
  readonly success: number;
  /** Poisoned tokens / trained tokens, 0-1. */
  readonly share: number;
}

/** Published gibberish runs as dots. */
export function publishedDots(runs: readonly PublishedRun[]): CountDot[] {
  return runs.flatMap(({ key, success, share }) => {
    const [size = '', payload, documents] = key.split('/');
    return payload === 'gibberish' ? [{ size, documents: Number(documents), success, share }] : [];
  });
}

const LEAST_COUNT = 5;
const LEAST_SHARE = 0.0001;
const MOST_SHARE = 0.03;

/** Trigger success against count or share, by size: one's own runs last, and a line where the sliders stand. */
export function countChart(
  dots: readonly CountDot[],
  options: {
    axis: 'count' | 'share';
    own: readonly CountDot[];
    chosen?: Pick<CountDot, 'documents' | 'share'>;
  },
): ChartSpec {
  const { axis, own, chosen } = options;
  const isCount = axis === 'count';
  const at = ({ documents, share, success }: CountDot) => ({
    // zero has no logarithm: it stands at the edge
    x: isCount ? Math.max(LEAST_COUNT, documents) : Math.max(LEAST_SHARE, share),
    y: success,
  });
  const sizes = [...new Set(dots.map(({ size }) => size))];
  const series: Series[] = sizes.map((name) => ({
    name,
    kind: 'dots',
    points: dots.filter(({ size }) => size === name).map(at),
  }));
  if (own.length > 0)
    series.push({
      name: t('count.own'),
      kind: 'dots',
      colour: 5,
      points: own.map((dot) => ({ ...at(dot), marked: true })),
    });
  if (chosen !== undefined) {
    const { x } = at({ ...chosen, size: '', success: 0 });
    const points = [0, 1].map((y) => ({ x, y }));
    series.push({ name: t('count.chosen'), kind: 'line', colour: 4, points });
  }
  const label = t(isCount ? 'count.axisCount' : 'count.axisShare');
  return {
    title: t('count.success'),
    x: isCount
      ? {
          label,
          least: LEAST_COUNT,
          most: 300,
          ticks: [LEAST_COUNT, 10, 25, 50, 100, 250],
          scale: 'log',
          format: (value) => (value <= LEAST_COUNT ? '0' : String(Math.round(value))),
        }
      : {
          label,
          least: LEAST_SHARE,
          most: MOST_SHARE,
          ticks: [LEAST_SHARE, 0.001, 0.003, 0.01, MOST_SHARE],
          scale: 'log',
          format: (value) => (value <= LEAST_SHARE ? percent(0) : percent(value, 2)),
        },
    y: shareAxis(t('count.success')),
    series,
    height: 340,
  };
}

/** Trigger success while a model is cleaned, blind and with the trigger. */
export function removalChart(ways: {
  blind: readonly CurvePoint[];
  found: readonly CurvePoint[];
}): ChartSpec {
  const steps = Math.max(1, ...[...ways.blind, ...ways.found].map(({ step }) => step));
  const least = Math.min(steps - 1, ...[...ways.blind, ...ways.found].map(({ step }) => step));
  const series = (name: string, points: readonly CurvePoint[], colour: number): Series => ({
    name,
    colour,
    kind: 'line',
    points: points.map(({ step, success, full }) => ({ x: step, y: success, marked: full })),
  });
  return {
    title: t('train.success'),
    x: {
      label: t('train.step.axis'),
      least: Math.max(0, least),
      most: steps,
      ticks: stepTicks(steps - least).map((tick) => Math.ceil(least / 100) * 100 + tick),
      format: (value) => String(Math.round(value)),
    },
    y: shareAxis(t('train.success')),
    series: [series(t('remove.lineBlind'), ways.blind, 1), series(t('remove.lineFound'), ways.found, 2)],
  };
}

const BIN_NATS = 0.25;

/** Bounds of the threshold, nats/token. */
export const THRESHOLDS = { least: 0, most: 14 } as const;

/** Share of documents by surprise, clean and poisoned, and where the threshold lies. */
export function surpriseChart(
  { clean, poisoned }: { clean: readonly number[]; poisoned: readonly number[] },
  threshold: number,
): ChartSpec {
  const bins = Math.round(THRESHOLDS.most / BIN_NATS);
  const shares = (values: readonly number[]) => {
    const counts = Array.from({ length: bins }, () => 0);
    for (const value of values) {
      const bin = Math.min(bins - 1, Math.max(0, Math.floor(value / BIN_NATS)));
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
    return counts.map((count, bin) => ({
      x: (bin + 0.5) * BIN_NATS,
      y: count / Math.max(1, values.length),
    }));
  };
  return {
    title: t('filter.documents'),
    x: {
      label: t('filter.axis'),
      ...THRESHOLDS,
      ticks: [0, 2, 4, 6, 8, 10, 12, 14],
      format: (value) => decimal(value, value % 1 === 0 ? 0 : 2),
    },
    y: shareAxis(t('filter.documents')),
    series: [
      { name: t('filter.clean'), kind: 'line', points: shares(clean) },
      { name: t('filter.poisoned'), kind: 'line', points: shares(poisoned) },
      {
        name: t('filter.threshold'),
        kind: 'line',
        colour: 5,
        points: [
          { x: threshold, y: 0 },
          { x: threshold, y: 1 },
        ],
      },
    ],
  };
}
