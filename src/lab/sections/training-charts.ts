// The two charts of a training: trigger success and loss, by step.
import type { ChartSpec } from '../charts/chart.ts';
import type { CurvePoint } from '../protocol.ts';
import { decimal, percent, t } from '../text/texts.ts';

/** What was seen of a training so far. */
export interface Seen {
  readonly steps: number;
  readonly points: readonly CurvePoint[];
  readonly live: readonly (readonly [step: number, success: number])[];
  readonly losses: readonly (readonly [step: number, lossNats: number])[];
}

/** Ticks, about a given number of them. */
export function stepTicks(steps: number): number[] {
  const rough = steps / 5;
  const unit = [50, 100, 200, 250, 500, 1000, 2000].find((size) => size >= rough) ?? 5000;
  return Array.from({ length: Math.floor(steps / unit) + 1 }, (_, i) => i * unit);
}

const stepAxis = (steps: number) => ({
  label: t('train.step.axis'),
  least: 0,
  most: Math.max(1, steps),
  ticks: stepTicks(steps),
  format: (value: number) => String(Math.round(value)),
});

export const shareAxis = (label: string) => ({
  label,
  least: 0,
  most: 1,
  ticks: [0, 0.25, 0.5, 0.75, 1],
  format: (value: number) => percent(value),
});

/** Trigger success: measured points, and live ones between them. */
export function successChart({ steps, points, live }: Seen): ChartSpec {
  return {
    title: t('train.success'),
    x: stepAxis(steps),
    y: shareAxis(t('train.success')),
    series: [
      {
        name: t('train.success'),
        kind: 'line',
        points: points.map(({ step, success, full }) => ({ x: step, y: success, marked: full })),
      },
      {
        name: t('train.live'),
        kind: 'dots',
        colour: 5,
        points: live.map(([x, y]) => ({ x, y })),
      },
    ],
  };
}

/** Loss of training. */
export function lossChart({ steps, losses }: Seen): ChartSpec {
  return {
    title: t('train.loss'),
    x: stepAxis(steps),
    y: {
      label: t('train.loss'),
      least: 0,
      most: 7,
      ticks: [0, 1, 2, 3, 4, 5, 6, 7],
      format: (value) => decimal(value, value % 1 === 0 ? 0 : 2),
    },
    height: 220,
    series: [{ name: t('train.loss'), kind: 'line', points: losses.map(([x, y]) => ({ x, y })) }],
  };
}
