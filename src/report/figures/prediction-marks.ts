// Where half success was predicted, in a figure of success by count: a dashed box on the line of half success.
import * as Plot from '@observablehq/plot';
import type { PredictionOutcome } from '../../analyse/predictions.ts';
import type { ZeroLogAxis } from './count-axis.ts';

const HALF_HEIGHT = 0.045;

interface Box {
  readonly x1: number;
  readonly x2: number;
  readonly label: string;
}

/** One box a range; sizes of which the same is predicted share theirs. */
function boxesOf(outcomes: readonly PredictionOutcome[], axis: ZeroLogAxis): Box[] {
  const [start, end] = axis.domain;
  const from = axis.zeroEnd ?? start;
  const within = (position: number) => Math.min(end, Math.max(from, position));
  const ranges = new Map<string, { low: number | null; high: number | null; sizes: string[] }>();
  for (const { low, high, of } of outcomes) {
    const key = `${low}/${high}`;
    const range = ranges.get(key) ?? { low, high, sizes: [] };
    range.sizes.push(of);
    ranges.set(key, range);
  }
  return [...ranges.values()].flatMap(({ low, high, sizes }) => {
    const x1 = low === null ? from : within(axis.position(low));
    const x2 = high === null ? end : within(axis.position(high));
    if (x2 <= x1) return [];
    return [{ x1, x2, label: ranges.size === 1 ? 'predicted' : `predicted, ${sizes.join(', ')}` }];
  });
}

/** Boxes of the predictions of P50; nothing where there are none. */
export function predictionMarks(outcomes: readonly PredictionOutcome[], axis: ZeroLogAxis): Plot.Markish[] {
  const boxes = boxesOf(outcomes, axis);
  if (boxes.length === 0) return [];
  return [
    Plot.rect(boxes, {
      x1: 'x1',
      x2: 'x2',
      y1: () => 0.5 - HALF_HEIGHT,
      y2: () => 0.5 + HALF_HEIGHT,
      fill: 'currentColor',
      fillOpacity: 0.07,
      stroke: 'currentColor',
      strokeOpacity: 0.7,
      strokeDasharray: '5 3',
    }),
    Plot.text(boxes, {
      x: 'x1',
      y: () => 0.5 + HALF_HEIGHT,
      text: 'label',
      textAnchor: 'start',
      lineAnchor: 'bottom',
      dy: -3,
      fill: 'currentColor',
      fillOpacity: 0.75,
      stroke: 'white',
      strokeWidth: 4,
      fontSize: 12,
    }),
  ];
}
