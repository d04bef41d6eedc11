// Observable Plot without a browser: a figure as an SVG string that stands alone.
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { escapeMarkup } from '../escape-markup.ts';

/** Font stack of every figure; the first is bundled for PNG. */
export const FIGURE_FONT = "'IBM Plex Sans', system-ui, sans-serif";

/** An entry of the legend. */
export interface LegendEntry {
  readonly label: string;
  readonly color: string;
}

/** What stands above a figure. */
export interface FigureHead {
  readonly title: string;
  readonly subtitle: string;
  /** Before the entries, e.g. `parameters`. */
  readonly legendTitle?: string;
  readonly legend?: readonly LegendEntry[];
}

/** Height of the head in pixels: title, subtitle, legend. */
export const HEAD_HEIGHT = 84;

/** About how wide a text is, in pixels. */
function textWidth(text: string, fontSize: number): number {
  return [...text].length * fontSize * 0.55;
}

function legendMarkup(head: FigureHead, x: number): string {
  const fontSize = 12.5;
  const parts: string[] = [];
  let left = x;
  if (head.legendTitle !== undefined) {
    parts.push(
      `<text x="${left}" y="72" fill="currentColor" fill-opacity="0.65">${escapeMarkup(head.legendTitle)}</text>`,
    );
    left += textWidth(head.legendTitle, fontSize) + 14;
  }
  for (const { label, color } of head.legend ?? []) {
    parts.push(`<circle cx="${left + 5}" cy="68" r="5" fill="${color}"/>`);
    parts.push(`<text x="${left + 15}" y="72" fill="currentColor">${escapeMarkup(label)}</text>`);
    left += 15 + textWidth(label, fontSize) + 16;
  }
  return `<g font-size="${fontSize}">${parts.join('')}</g>`;
}

function headMarkup(head: FigureHead): string {
  return (
    '<g text-anchor="start">' +
    `<text x="16" y="26" font-size="17" font-weight="600" fill="currentColor">${escapeMarkup(head.title)}</text>` +
    `<text x="16" y="47" font-size="13" fill="currentColor" fill-opacity="0.75">${escapeMarkup(head.subtitle)}</text>` +
    `${legendMarkup(head, 16)}</g>`
  );
}

/** Coordinates in hundredths of a pixel: enough to see, and the same text whatever the engine's last digits. */
function roundAttributes(svg: string): string {
  const round = (number: string): string => String(Number(Number(number).toFixed(2)));
  return svg.replace(/="[^"]*"/g, (attribute) => attribute.replace(/-?\d+\.\d+(e-?\d+)?/g, round));
}

/**
 * Draws a plot and its head.
 * @param options of Plot.plot; `legend`, `title`, `caption` must not be among them, since they make HTML
 * @returns SVG with its own name space and view box, text in `currentColor`, no background
 */
export function plotSvg(head: FigureHead, options: Plot.PlotOptions): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const figure = Plot.plot({
    width: 760,
    height: 440,
    marginTop: HEAD_HEIGHT + 12,
    marginRight: 24,
    marginBottom: 52,
    marginLeft: 64,
    ...options,
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
  return `${svg.slice(0, start)}${headMarkup(head)}${svg.slice(start)}\n`.replace(
    /><(g|path|circle|line|text)\b/g,
    '>\n<$1',
  );
}
