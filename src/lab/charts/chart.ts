// Charts as text of SVG, from numbers alone: the page draws them, and so does the script that makes the committed figures.
// No style of their own: the page's policy forbids it, and an image has none.

import { log } from '../../core/math.ts';

/** One series. */
export interface Series {
  readonly name: string;
  readonly points: readonly ChartPoint[];
  readonly kind: 'line' | 'dots';
  /** Place in the palette; default: its place among the series. */
  readonly colour?: number;
}

export interface ChartPoint {
  readonly x: number;
  readonly y: number;
  /** Drawn as a ring. */
  readonly marked?: boolean;
  /** Ends of an interval. */
  readonly low?: number;
  readonly high?: number;
}

export interface Axis {
  readonly label: string;
  readonly least: number;
  readonly most: number;
  readonly ticks: readonly number[];
  readonly scale?: 'linear' | 'log';
  readonly format: (value: number) => string;
}

export interface ChartSpec {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
  readonly height?: number;
  /** Of the drawing; its letters are 13 high whatever its width. Default: 640. */
  readonly width?: number;
}

/** Told apart on light and dark ground, and by colour-blind eyes. */
export const PALETTE = ['#2f6fde', '#c2410c', '#0f8a5f', '#a23bb5', '#8a6d00', '#7b8591'] as const;
export const colourOf = (place: number): string => PALETTE[place % PALETTE.length] ?? PALETTE[0];

const WIDTH = 640;
const MARGIN = { top: 14, right: 14, bottom: 46, left: 58 };

export const escapeText = (text: string): string =>
  text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

const round = (value: number): number => Math.round(value * 10) / 10;

/** Position of a value, in pixels. */
type Place = (value: number) => number;

/** Position of a value on an axis, in pixels from `from` to `to`. */
export function place({ least, most, scale = 'linear' }: Axis, from: number, to: number): Place {
  const map = scale === 'log' ? (value: number) => log(Math.max(value, least)) : (value: number) => value;
  const start = map(least);
  const span = map(most) - start || 1;
  return (value) =>
    round(from + ((map(Math.min(most, Math.max(least, value))) - start) / span) * (to - from));
}

function drawSeries(series: Series, colour: string, at: { x: Place; y: Place }) {
  const { points, kind } = series;
  const parts: string[] = [];
  if (kind === 'line' && points.length > 1) {
    const path = points.map(({ x, y }, i) => `${i === 0 ? 'M' : 'L'}${at.x(x)} ${at.y(y)}`).join('');
    parts.push(`<path d="${path}" fill="none" stroke="${colour}" stroke-width="2" stroke-linejoin="round"/>`);
  }
  for (const { x, low, high } of points)
    if (low !== undefined && high !== undefined)
      parts.push(
        `<line x1="${at.x(x)}" x2="${at.x(x)}" y1="${at.y(low)}" y2="${at.y(high)}" stroke="${colour}" stroke-width="2"/>`,
      );
  for (const { x, y, marked } of points) {
    if (kind === 'line' && marked !== true && points.length > 40) continue;
    const look = marked === true ? `fill="none" stroke="${colour}" stroke-width="2"` : `fill="${colour}"`;
    const radius = marked === true ? 6 : kind === 'line' ? 3 : 4;
    const faint = kind === 'dots' ? ' fill-opacity="0.65"' : '';
    parts.push(
      `<circle cx="${at.x(x)}" cy="${at.y(y)}" r="${radius}" ${look}${marked === true ? '' : faint}/>`,
    );
  }
  return parts.join('');
}

const CHARACTER_WIDTH = 8;

/** Ticks whose labels do not touch the one before. */
function roomyTicks({ ticks, format }: Axis, at: Place): number[] {
  const kept: number[] = [];
  let end = Number.NEGATIVE_INFINITY;
  for (const tick of ticks) {
    const half = (format(tick).length * CHARACTER_WIDTH) / 2;
    if (at(tick) - half < end) continue;
    kept.push(tick);
    end = at(tick) + half + CHARACTER_WIDTH / 2;
  }
  return kept;
}

/** The chart. It scales with its place. */
export function drawChart({ title, x, y, series, height = 280, width = WIDTH }: ChartSpec): string {
  const left = MARGIN.left;
  const right = width - MARGIN.right;
  const bottom = height - MARGIN.bottom;
  const at = { x: place(x, left, right), y: place(y, bottom, MARGIN.top) };
  const text = (content: string, attributes: string) =>
    `<text class="chart-text" font-size="13" font-family="system-ui, sans-serif" ${attributes}>${escapeText(content)}</text>`;
  const lines = y.ticks.map(
    (tick) =>
      `<line class="chart-grid" x1="${left}" x2="${right}" y1="${at.y(tick)}" y2="${at.y(tick)}" stroke="#8885"/>` +
      text(y.format(tick), `x="${left - 8}" y="${at.y(tick) + 4}" text-anchor="end"`),
  );
  const ticks = roomyTicks(x, at.x).map((tick) =>
    text(x.format(tick), `x="${at.x(tick)}" y="${bottom + 18}" text-anchor="middle"`),
  );
  const labels =
    text(x.label, `x="${(left + right) / 2}" y="${height - 8}" text-anchor="middle"`) +
    text(
      y.label,
      `x="14" y="${(MARGIN.top + bottom) / 2}" text-anchor="middle" transform="rotate(-90 14 ${(MARGIN.top + bottom) / 2})"`,
    );
  const drawn = series.map((one, i) => drawSeries(one, colourOf(one.colour ?? i), at));
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeText(title)}">` +
    `${lines.join('')}${ticks.join('')}${labels}${drawn.join('')}</svg>`
  );
}
