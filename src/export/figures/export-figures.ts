// Figures of an export as files: PDF for the paper, SVG to edit, PNG where nothing else is taken, and LaTeX around them.
import type { Analysis } from '../../analyse/analyse-experiment.ts';
import { standaloneSvg } from '../../report/figures/plot-svg.ts';
import { loadPngRenderer } from '../../report/node/svg-to-png.ts';
import type { RunRecord } from '../../run/record.ts';
import { escapeLatex } from '../latex/escape-latex.ts';
import { loadPdfWriter } from '../pdf/svg-to-pdf.ts';
import {
  COLUMN_MILLIMETRES,
  type Column,
  columnPoints,
  type PaperFigure,
  paperFigures,
} from './paper-figures.ts';
import { withResolution } from './png-resolution.ts';

/** What figures are wanted. */
export interface FigureOptions {
  /** Whether the title stands in the figure itself. */
  readonly titles: boolean;
  /** Resolution of PNG images. */
  readonly dotsPerInch: number;
}

const POINTS_PER_INCH = 72;

/** Width of a figure's view box in pixels. */
function pixelWidth(svg: string): number {
  return Number(/viewBox="0 0 ([\d.]+) /.exec(svg)?.[1]);
}

/** With its size on paper in place of pixels. */
function sized(svg: string, column: Column): string {
  const width = COLUMN_MILLIMETRES[column];
  const [, pixels = '1', height = '1'] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg) ?? [];
  const high = ((width * Number(height)) / Number(pixels)).toFixed(2);
  const root = svg.slice(0, svg.indexOf('>'));
  const onPaper = root
    .replace(/ width="[\d.]+"/, ` width="${width}mm"`)
    .replace(/ height="[\d.]+"/, ` height="${high}mm"`);
  return onPaper + svg.slice(root.length);
}

function environment(figure: PaperFigure, label: string): string {
  const { name, column, caption } = figure;
  const kind = column === 'double' ? 'figure*' : 'figure';
  const wide = `${COLUMN_MILLIMETRES[column]}mm`;
  const lines = [
    `\\begin{${kind}}`,
    '  \\centering',
    // Its own width, or the column's where that is narrower.
    `  \\includegraphics[width=\\ifdim\\linewidth<${wide} \\linewidth\\else ${wide}\\fi]{figures/${column}/${name}.pdf}`,
    `  \\caption{${escapeLatex(caption)}}`,
    `  \\label{fig:${label}-${name}}`,
    `\\end{${kind}}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** Each figure once, in one column where it fits there. */
function figuresTex(figures: readonly PaperFigure[], label: string): string {
  const narrow = figures.filter(({ column }) => column === 'single');
  const wide = figures.filter(
    ({ column, name }) => column === 'double' && !narrow.some((figure) => figure.name === name),
  );
  return [...narrow, ...wide].map((figure) => environment(figure, label)).join('\n');
}

/** The figures of an experiment at both widths, by path, and why something is missing. */
export async function exportFigures(
  { analysis, records, label }: { analysis: Analysis; records: readonly RunRecord[]; label: string },
  { titles, dotsPerInch }: FigureOptions,
): Promise<{ files: Map<string, string | Uint8Array>; messages: string[] }> {
  const [toPdf, png] = await Promise.all([loadPdfWriter(), loadPngRenderer()]);
  const figures = (['single', 'double'] as const).flatMap((column) =>
    paperFigures(analysis, records, { column, titles }),
  );
  const files = new Map<string, string | Uint8Array>();
  for (const { svg, name, column } of figures) {
    const path = `figures/${column}/${name}`;
    const widthPoints = columnPoints(column);
    const whole = standaloneSvg(svg);
    files.set(`${path}.pdf`, await toPdf(svg, { widthPoints, title: name }));
    files.set(`${path}.svg`, sized(whole, column));
    if ('reason' in png) continue;
    const zoom = (widthPoints / POINTS_PER_INCH) * (dotsPerInch / pixelWidth(svg));
    files.set(`${path}.png`, withResolution(png.render(whole, zoom), dotsPerInch));
  }
  if (figures.length > 0) files.set('figures.tex', figuresTex(figures, label));
  return { files, messages: 'reason' in png ? [png.reason] : [] };
}
