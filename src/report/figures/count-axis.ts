// A logarithmic axis for counts and shares on which 0 has a place of its own.
import { type FigureLayout, PAGE_LAYOUT } from './plot-svg.ts';

/** Where values stand on the axis, and its ticks. */
export interface ZeroLogAxis {
  /** Position in decades; 0 (and less) goes into the band left of the smallest positive value. */
  readonly position: (value: number) => number;
  readonly domain: readonly [number, number];
  readonly ticks: readonly number[];
  readonly format: (position: number) => string;
  /** Left of this is the band of 0; null if there is no 0. */
  readonly zeroEnd: number | null;
}

/** Drops ticks that would touch their neighbours; both ends stay. */
function spaced(positions: readonly number[], smallestGap: number): number[] {
  const kept: number[] = [];
  for (const position of positions) {
    if (position - (kept.at(-1) ?? Number.NEGATIVE_INFINITY) >= smallestGap) kept.push(position);
  }
  return kept;
}

/** About the pixels of a character, and those beside the axis. */
const CHARACTER = 7;
const MARGINS = 88;

/** Between two ticks, in decades. */
function smallestGap(options: {
  labels: readonly string[];
  decades: number;
  width: number;
  layout?: FigureLayout;
  panels?: number;
}): number {
  const { labels, decades, width, layout = PAGE_LAYOUT, panels = 1 } = options;
  if (layout === PAGE_LAYOUT) return 0.055 * width * panels;
  const widest = Math.max(0, ...labels.map((label) => label.length));
  return (decades * CHARACTER * (widest + 1) * panels) / (layout.width - MARGINS);
}

/**
 * @param values all values to be shown, >= 0
 * @param tickValues positive values at which ticks are wished; those outside the frame are left out
 * @param label writes a value, 0 included
 * @param layout on paper, ticks are as far apart as their labels are wide
 * @param panels side by side, each with this axis (default: 1)
 */
export function zeroLogAxis(options: {
  values: readonly number[];
  tickValues: readonly number[];
  label: (value: number) => string;
  layout?: FigureLayout;
  panels?: number;
}): ZeroLogAxis {
  const positive = options.values.filter((value) => value > 0).map(Math.log10);
  const low = positive.length > 0 ? Math.min(...positive) : 0;
  const high = positive.length > 0 ? Math.max(...positive) : 1;
  const width = Math.max(0.5, high - low);
  const hasZero = options.values.some((value) => value <= 0);
  const zero = low - 0.17 * width;
  const domain = [hasZero ? zero - 0.07 * width : low - 0.07 * width, high + 0.06 * width] as const;
  const labels = new Map(options.tickValues.map((value) => [Math.log10(value), options.label(value)]));
  const inFrame = [...labels.keys()].filter(
    (position) => position >= (hasZero ? low - 0.05 * width : domain[0]) && position <= domain[1],
  );
  const ticks = spaced(
    inFrame.sort((a, b) => a - b),
    smallestGap({ labels: [...labels.values()], decades: domain[1] - domain[0], width, ...options }),
  );
  return {
    position: (value) => (value > 0 ? Math.log10(value) : zero),
    domain,
    ticks: hasZero ? [zero, ...ticks] : ticks,
    format: (position) => labels.get(position) ?? options.label(0),
    zeroEnd: hasZero ? low - 0.085 * width : null,
  };
}
