// The main figure in a terminal: attack success against the count, by model size, drawn with braille dots.
import type { Analysis, GroupAnalysis } from '../../analyse/analyse-experiment.ts';
import { type DoseResponse, predictAsr } from '../../analyse/fits/dose-response.ts';
import { inert } from '../../core/inert-text.ts';
import { claimSentences } from '../page/claim-words.ts';
import { type ZeroLogAxis, zeroLogAxis } from './count-axis.ts';
import { colorAt, seriesColors } from './palette.ts';

const ROWS = 12;
const MARKERS = ['●', '■', '▲', '◆', '▼', '★', '○', '□'] as const;
const AXIS_WIDTH = 7;

function markerOf(index: number): string {
  return MARKERS[index % MARKERS.length] ?? '●';
}

/** A character cell of the plot. */
interface Cell {
  /** Bits of a braille character. */
  dots: number;
  marker: string | null;
  color: string | null;
}

/** Bit of a braille character by row (0-3) and column (0-1). */
const BRAILLE = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;

interface Canvas {
  readonly width: number;
  readonly cells: Cell[][];
  /** x and y in 0-1, y upwards. */
  dot(x: number, y: number, color: string): void;
  mark(x: number, y: number, marker: string, color: string): void;
}

function createCanvas(width: number): Canvas {
  const cells = Array.from({ length: ROWS }, () =>
    Array.from({ length: width }, (): Cell => ({ dots: 0, marker: null, color: null })),
  );
  const place = (share: number, steps: number): number =>
    Math.min(steps - 1, Math.max(0, Math.round(share * (steps - 1))));
  return {
    width,
    cells,
    dot(x, y, color) {
      const column = place(x, 2 * width);
      const row = place(1 - y, 4 * ROWS);
      const cell = cells[Math.floor(row / 4)]?.[Math.floor(column / 2)];
      if (cell === undefined) return;
      cell.dots |= BRAILLE[row % 4]?.[column % 2] ?? 0;
      if (cell.marker === null) cell.color = color;
    },
    mark(x, y, marker, color) {
      const row = cells[Math.floor(place(1 - y, 4 * ROWS) / 4)];
      const wished = Math.floor(place(x, 2 * width) / 2);
      // beside a marker that is there already, so that none hides another
      const free = [0, 1, -1, 2, -2].map((step) => wished + step).find((at) => row?.[at]?.marker === null);
      const cell = row?.[free ?? wished];
      if (cell === undefined) return;
      cell.marker = marker;
      cell.color = color;
    },
  };
}

/** 24-bit colour, if supported. */
function paint(text: string, color: string | null, enabled: boolean): string {
  if (!enabled || color === null) return text;
  const [r, g, b] = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
  return `\u001b[38;2;${r};${g};${b}m${text}\u001b[39m`;
}

function cellText(cell: Cell, color: boolean): string {
  if (cell.marker !== null) return paint(cell.marker, cell.color, color);
  if (cell.dots === 0) return ' ';
  return paint(String.fromCharCode(0x2800 + cell.dots), cell.color, color);
}

/** Draws one series: its curve (fitted, or straight between the means), then its means. */
function drawSeries(
  canvas: Canvas,
  group: GroupAnalysis,
  options: {
    index: number;
    color: string;
    x: (documents: number) => number;
    curve: DoseResponse | undefined;
  },
): void {
  const { index, color, x, curve } = options;
  const series = group.series[index];
  if (series === undefined) return;
  const cells = group.cells.filter((cell) => cell.series === series.id && cell.asr.mean !== null);
  const poisoned = cells.filter((cell) => cell.documents > 0);
  const steps = 4 * canvas.width;
  for (const [i, to] of poisoned.entries()) {
    const from = poisoned[i - 1] ?? to;
    for (let step = 0; step <= steps; step++) {
      const share = step / steps;
      const documents = from.documents * (to.documents / from.documents) ** share;
      const straight = (from.asr.mean as number) * (1 - share) + (to.asr.mean as number) * share;
      const y = curve === undefined ? straight : predictAsr(curve, { documents, tokens: series.tokens });
      canvas.dot(x(documents), y, color);
    }
  }
  for (const cell of cells) {
    canvas.mark(x(cell.documents), cell.asr.mean as number, markerOf(index), color);
  }
}

/** The line of counts under the axis. */
function tickLine(axis: ZeroLogAxis, x: (position: number) => number, width: number): string {
  let line = '';
  for (const tick of axis.ticks) {
    const text = axis.format(tick);
    const start = Math.round(x(tick) * (width - 1) - (text.length - 1) / 2);
    if (start < line.length + (line === '' ? 0 : 1)) continue;
    line = line.padEnd(start) + text;
  }
  return line;
}

function plotLines(group: GroupAnalysis, options: { columns: number; color: boolean }): string[] {
  const width = Math.min(90, Math.max(24, options.columns - AXIS_WIDTH - 2));
  const counts = [...new Set(group.cells.map((cell) => cell.documents))];
  const axis = zeroLogAxis({
    values: counts,
    tickValues: counts.filter((count) => count > 0),
    label: String,
  });
  const [low, high] = axis.domain;
  const x = (position: number): number => (position - low) / (high - low);
  const canvas = createCanvas(width);
  const colors = seriesColors(group.series.length).dark;
  group.series.forEach(({ id }, index) => {
    const curve = group.halfSuccess.find(({ series }) => series === id)?.curve ?? undefined;
    drawSeries(canvas, group, {
      index,
      color: colorAt(colors, index),
      x: (count) => x(axis.position(count)),
      curve,
    });
  });
  const rowLabels = new Map([
    [0, '100 %'],
    [Math.round((ROWS - 1) / 2), '50 %'],
    [ROWS - 1, '0 %'],
  ]);
  const rows = canvas.cells.map((row, i) => {
    const label = (rowLabels.get(i) ?? '').padStart(AXIS_WIDTH - 1);
    return `${label} ┤${row.map((cell) => cellText(cell, options.color)).join('')}`.trimEnd();
  });
  const legend = group.series.map(
    (series, i) => `${paint(markerOf(i), colorAt(colors, i), options.color)} ${inert(series.label)}`,
  );
  const indent = ' '.repeat(AXIS_WIDTH);
  return [
    `Attack success by poisoned documents (logarithmic axis)    ${legend.join('   ')}${group.kind === 'ladder' ? ' parameters' : ''}`,
    ...rows,
    `${indent}└${'─'.repeat(width)}`,
    `${indent} ${tickLine(axis, x, width)}`,
  ];
}

/**
 * The figure of the first group with an attack, the verdict and the outcome of the claims as text. Controls alone have no figure.
 * @param columns width of the terminal in characters
 * @param color whether to use 24-bit colours; without them markers tell the sizes apart
 * @returns lines joined by LF, no LF at the end
 */
export function terminalFigure(analysis: Analysis, options: { columns: number; color: boolean }): string {
  const group = analysis.groups.find(({ cells }) =>
    cells.some(({ documents, asr }) => documents > 0 && asr.mean !== null),
  );
  const { verdict } = analysis;
  const words = [
    `${verdict.status.toUpperCase()}  ${verdict.headline}`,
    ...verdict.reasons,
    ...claimSentences(analysis),
  ];
  const text = words.flatMap((line) => wrap(inert(line), options.columns));
  if (group === undefined) return text.join('\n');
  const place = group === analysis.groups[0] ? 'First' : 'One';
  const title =
    analysis.groups.length > 1 ? [inert(`${place} of ${analysis.groups.length} groups: ${group.title}`)] : [];
  return [...title, ...plotLines(group, options), '', ...text].join('\n');
}

/** Breaks a text at blanks into lines of at most `columns` characters. */
function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > Math.max(20, columns)) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
