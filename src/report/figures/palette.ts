// Colours of model sizes: one ramp from small (green) to large (purple), of falling lightness, so that it reads
// without colour vision and in grey. A second ramp with the same hues serves dark pages.

const LIGHT = ['#3fae5f', '#1f9090', '#2f6aa8', '#5b1a86'] as const;
const DARK = ['#8fe07a', '#46cfc0', '#74a9f2', '#cb92ff'] as const;

/** Marks of series, in the same order: what colour says is said by shape and dash too, for grey print. */
const SYMBOLS = ['circle', 'square', 'triangle', 'diamond', 'star', 'wye'] as const;
const DASHES = ['none', '8 4', '2 3', '10 3 2 3', '14 5', '5 2 2 2 2 2'] as const;
export type SeriesSymbol = (typeof SYMBOLS)[number];

/** Shape of a series' means. */
export function symbolAt(index: number): SeriesSymbol {
  return SYMBOLS[index % SYMBOLS.length] ?? 'circle';
}

/** Dash of a series' line. */
export function dashAt(index: number): string {
  return DASHES[index % DASHES.length] ?? 'none';
}

/** Colours of one figure's series. */
export interface SeriesColors {
  /** On white. */
  readonly light: readonly string[];
  /** On black. */
  readonly dark: readonly string[];
}

/** The colour of a series; grey for one that is not there. */
export function colorAt(colors: readonly string[], index: number): string {
  return colors[index] ?? '#808080';
}

function channel(color: string, index: number): number {
  return Number.parseInt(color.slice(1 + 2 * index, 3 + 2 * index), 16);
}

/** Colour at a share of the ramp, 0-1, by linear interpolation between its stops. */
function rampColor(stops: readonly string[], share: number): string {
  const position = share * (stops.length - 1);
  const index = Math.min(stops.length - 2, Math.floor(position));
  const rest = position - index;
  const mixed = [0, 1, 2].map((i) =>
    Math.round(channel(colorAt(stops, index), i) * (1 - rest) + channel(colorAt(stops, index + 1), i) * rest),
  );
  return `#${mixed.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}

/** Colours for this many series, smallest model first. */
export function seriesColors(count: number): SeriesColors {
  const shares = Array.from({ length: count }, (_, i) => (count === 1 ? 0.6 : i / (count - 1)));
  return {
    light: shares.map((share) => rampColor(LIGHT, share)),
    dark: shares.map((share) => rampColor(DARK, share)),
  };
}
