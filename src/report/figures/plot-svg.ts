// Observable Plot without a browser: a figure as an SVG string that stands alone.
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { escapeMarkup } from '../escape-markup.ts';
import type { SeriesSymbol } from './palette.ts';

/** Font stack of every figure; the first is bundled for PNG. */
export const FIGURE_FONT = "'IBM Plex Sans', system-ui, sans-serif";

/** An entry of the legend. */
export interface LegendEntry {
  readonly label: string;
  readonly color: string;
  /** Shape of its marks; left out: a circle. */
  readonly symbol?: SeriesSymbol;
}

/** Shapes in a square of 10 around 0, as paths; a circle is drawn as one. */
const SHAPES: Readonly<Record<Exclude<SeriesSymbol, 'circle'>, string>> = {
  square: 'M-4.5,-4.5h9v9h-9Z',
  triangle: 'M0,-5.6L5.4,4.2H-5.4Z',
  diamond: 'M0,-6L4,0L0,6L-4,0Z',
  star: 'M0,-6L1.4,-1.9H5.7L2.2,0.7L3.5,4.9L0,2.3L-3.5,4.9L-2.2,0.7L-5.7,-1.9H-1.4Z',
  wye: 'M-1.6,0.9V5H1.6V0.9L5.1,-1.1L3.5,-3.9L0,-1.8L-3.5,-3.9L-5.1,-1.1Z',
};

function symbolMarkup({ color, symbol = 'circle' }: LegendEntry, x: number, y: number): string {
  return symbol === 'circle'
    ? `<circle cx="${x}" cy="${y}" r="5" fill="${color}"/>`
    : `<path transform="translate(${x},${y})" d="${SHAPES[symbol]}" fill="${color}"/>`;
}

/** What stands above a figure. */
export interface FigureHead {
  readonly title: string;
  readonly subtitle: string;
  /** Before the entries, e.g. `parameters`. */
  readonly legendTitle?: string;
  readonly legend?: readonly LegendEntry[];
}

/** How large a figure is drawn, and what stands above it. */
export interface FigureLayout {
  readonly width: number;
  /** Height of a figure without a height of its own, below the head. */
  readonly bodyHeight: number;
  /** page: title, subtitle and legend in one line; legend: the legend alone; title: it and the title, in lines. */
  readonly head: 'page' | 'legend' | 'title';
}

/** As pages show it. */
export const PAGE_LAYOUT: FigureLayout = { width: 760, bodyHeight: 344, head: 'page' };

/** Height of the head of a page's figure in pixels: title, subtitle, legend, and the room below. */
const PAGE_HEAD = 96;
const FONT_SIZE = 12.5;

/** About how wide a text is, in pixels. */
function textWidth(text: string, fontSize: number): number {
  return [...text].length * fontSize * 0.55;
}

interface Legend {
  readonly markup: string;
  /** Lines that it takes. */
  readonly lines: number;
}

/** The legend from a base line on, in lines as wide as the figure. */
function legendMarkup(head: FigureHead, { top, right }: { top: number; right: number }): Legend {
  const parts: string[] = [];
  const start = 16;
  let left = start;
  let line = 0;
  if (head.legendTitle !== undefined) {
    parts.push(
      `<text x="${left}" y="${top}" fill="currentColor" fill-opacity="0.65">${escapeMarkup(head.legendTitle)}</text>`,
    );
    left += textWidth(head.legendTitle, FONT_SIZE) + 14;
  }
  for (const entry of head.legend ?? []) {
    const { label } = entry;
    const width = 15 + textWidth(label, FONT_SIZE);
    if (left + width > right && left > start) {
      line += 1;
      left = start;
    }
    const y = top + 20 * line;
    parts.push(symbolMarkup(entry, left + 5, y - 4));
    parts.push(`<text x="${left + 15}" y="${y}" fill="currentColor">${escapeMarkup(label)}</text>`);
    left += width + 16;
  }
  const markup = `<g font-size="${FONT_SIZE}">${parts.join('')}</g>`;
  return { markup, lines: parts.length === 0 ? 0 : line + 1 };
}

/** A text in lines of at most a width. */
function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const longer = `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && textWidth(longer, FONT_SIZE) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/** What stands above a figure, and how high it is. */
function headMarkup(head: FigureHead, layout: FigureLayout): { markup: string; height: number } {
  if (layout.head === 'page') {
    const markup =
      '<g text-anchor="start">' +
      `<text x="16" y="26" font-size="17" font-weight="600" fill="currentColor">${escapeMarkup(head.title)}</text>` +
      `<text x="16" y="47" font-size="13" fill="currentColor" fill-opacity="0.75">${escapeMarkup(head.subtitle)}</text>` +
      `${legendMarkup(head, { top: 72, right: Number.POSITIVE_INFINITY }).markup}</g>`;
    return { markup, height: PAGE_HEAD };
  }
  const titles = layout.head === 'title' ? wrapText(head.title, layout.width - 32) : [];
  const lines = titles.map(
    (text, index) =>
      `<text x="16" y="${16 + 17 * index}" font-weight="600" fill="currentColor">${escapeMarkup(text)}</text>`,
  );
  const top = 17 * titles.length;
  const legend = legendMarkup(head, { top: top + 16, right: layout.width - 8 });
  const markup = `<g text-anchor="start">${lines.join('')}${legend.markup}</g>`;
  return { markup, height: top + 20 * legend.lines + 14 };
}

/** Coordinates in hundredths of a pixel: enough to see, and the same text whatever the engine's last digits. */
function roundAttributes(svg: string): string {
  const round = (number: string): string => String(Number(Number(number).toFixed(2)));
  return svg.replace(/="[^"]*"/g, (attribute) => attribute.replace(/-?\d+\.\d+(e-?\d+)?/g, round));
}

/**
 * Draws a plot and its head.
 * @param options of Plot.plot, with height and upper margin as on a page; `legend`, `title`, `caption` must not be among them, since they make HTML
 * @returns SVG with its own name space and view box, text in `currentColor`, no background
 */
export function plotSvg(
  head: FigureHead,
  options: Plot.PlotOptions,
  layout: FigureLayout = PAGE_LAYOUT,
): string {
  const above = headMarkup(head, layout);
  const { height = PAGE_HEAD + layout.bodyHeight, marginTop = PAGE_HEAD } = options;
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const figure = Plot.plot({
    width: layout.width,
    marginRight: 24,
    marginBottom: 52,
    marginLeft: 64,
    ...options,
    // Figures count from below the head of a page.
    height: height - PAGE_HEAD + above.height,
    marginTop: marginTop - PAGE_HEAD + above.height,
    document: document as never,
  }) as unknown as {
    querySelectorAll(selector: string): Iterable<{ remove(): void }>;
    setAttribute(name: string, value: string): void;
    removeAttribute(name: string): void;
    outerHTML: string;
  };
  // Plot's own style sheet names classes; here the attributes below say it all
  for (const style of figure.querySelectorAll('style')) style.remove();
  figure.removeAttribute('class');
  figure.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  figure.setAttribute('font-family', FIGURE_FONT);
  figure.setAttribute('font-size', '12.5');
  figure.setAttribute('role', 'img');
  figure.setAttribute('aria-label', escapeMarkup(`${head.title}. ${head.subtitle}`));
  // hundredths of a pixel: enough to see, and the same text whatever the engine's last digits
  const svg = roundAttributes(figure.outerHTML);
  const start = svg.indexOf('>') + 1;
  return `${svg.slice(0, start)}${above.markup}${svg.slice(start)}\n`.replace(
    /><(g|path|circle|line|text)\b/g,
    '>\n<$1',
  );
}

/** On a white ground and in dark ink, whatever page it is put into. */
export function standaloneSvg(svg: string): string {
  const start = svg.indexOf('>') + 1;
  const root = svg.slice(0, start - 1);
  return `${root} color="#1c1e22"><rect width="100%" height="100%" fill="white"/>${svg.slice(start)}`;
}
