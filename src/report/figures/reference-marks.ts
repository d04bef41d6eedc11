// The band of another experiment behind a figure of success by count, with its name on it.
import * as Plot from '@observablehq/plot';
import type { BandPoint } from '../../analyse/fits/success-band.ts';
import { visibleText } from '../../core/inert-text.ts';
import type { ReferenceBand } from '../reference.ts';
import type { ZeroLogAxis } from './count-axis.ts';

/** Width of a label as a share of the axis: about 24 characters. */
const LABEL_WIDTH = 0.26;

/** Where the label has most room: above the band at its left end, or below it at its right end. */
function labelPlace(points: readonly { x: number; low: number; high: number }[], axisWidth: number) {
  const first = points[0]?.x ?? 0;
  const last = points.at(-1)?.x ?? 0;
  const width = LABEL_WIDTH * axisWidth;
  const top = Math.max(...points.filter(({ x }) => x <= first + width).map(({ high }) => high));
  const bottom = Math.min(...points.filter(({ x }) => x >= last - width).map(({ low }) => low));
  return 1 - top >= bottom
    ? ({ x: first, y: top, textAnchor: 'start', lineAnchor: 'bottom', dy: -6 } as const)
    : ({ x: last, y: bottom, textAnchor: 'end', lineAnchor: 'top', dy: 6 } as const);
}

/** The band as far as the axis reaches, and its label; nothing where they do not meet. */
export function referenceMarks(reference: ReferenceBand, axis: ZeroLogAxis): Plot.Markish[] {
  const [start, end] = axis.domain;
  const from = axis.zeroEnd ?? start;
  const points = reference.points
    .map((point: BandPoint) => ({ ...point, x: axis.position(point.documents) }))
    .filter(({ x }) => x >= from && x <= end);
  if (points.length < 2) return [];
  const { x, y, ...anchor } = labelPlace(points, end - start);
  return [
    Plot.areaY(points, { x: 'x', y1: 'low', y2: 'high', fill: 'currentColor', fillOpacity: 0.11 }),
    Plot.text([{ x, y }], {
      x: 'x',
      y: 'y',
      text: () => `${visibleText(reference.experiment)}\n${reference.basis}`,
      fill: 'currentColor',
      fillOpacity: 0.65,
      stroke: 'white',
      strokeWidth: 4,
      fontSize: 12,
      ...anchor,
    }),
  ];
}
