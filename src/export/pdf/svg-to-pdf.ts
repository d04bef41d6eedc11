// A figure as PDF: vectors and text, fonts embedded, the same bytes for the same figure. It knows the part of SVG that our
// figures use, and refuses the rest.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DOMParser } from 'linkedom';
import { fixedDate } from '../../core/clock.ts';
import {
  initialStyle,
  lengthOf,
  type SvgElement,
  type SvgStyle,
  styleOf,
  transformsOf,
} from './svg-style.ts';

// Beside src/ and beside dist/.
const FONTS = fileURLToPath(new URL('../../../data/fonts/', import.meta.url));

type Document = PDFKit.PDFDocument;

function paint(document: Document, style: SvgStyle): void {
  const fills = style.fill !== 'none';
  const strokes = style.stroke !== 'none' && style.strokeWidth > 0;
  if (fills) document.fillColor(style.fill, style.fillOpacity);
  if (strokes) {
    document.lineWidth(style.strokeWidth).lineCap(style.lineCap).lineJoin(style.lineJoin);
    document.strokeColor(style.stroke, style.strokeOpacity);
    if (style.dashes.length > 0)
      document.dash(style.dashes[0] ?? 1, { space: style.dashes[1] ?? style.dashes[0] });
  }
  if (fills && strokes) document.fillAndStroke();
  else if (fills) document.fill();
  else if (strokes) document.stroke();
}

/** Adds the outline of a shape to the page; false for one without any. */
function outline(document: Document, element: SvgElement): boolean {
  const number = (name: string) => Number(element.getAttribute(name) ?? 0);
  switch (element.tagName) {
    case 'path':
      document.path(element.getAttribute('d') ?? '');
      return (element.getAttribute('d') ?? '') !== '';
    case 'line':
      document.moveTo(number('x1'), number('y1')).lineTo(number('x2'), number('y2'));
      return true;
    case 'circle':
      document.circle(number('cx'), number('cy'), number('r'));
      return true;
    case 'rect':
      document.rect(number('x'), number('y'), number('width'), number('height'));
      return true;
    default:
      throw new RangeError(
        `a figure has an element <${element.tagName}>, which the PDF writer does not know`,
      );
  }
}

/** One line of text; an outline behind it where it has a stroke. */
function drawText(
  document: Document,
  text: string,
  options: { x: number; y: number; style: SvgStyle },
): void {
  const { x, y, style } = options;
  const line = text.replace(/\s+/g, ' ');
  document.font(style.isBold ? 'semibold' : 'regular').fontSize(style.fontSize);
  const share = { start: 0, middle: 0.5, end: 1 }[style.anchor];
  const left = x - share * document.widthOfString(line);
  const place = { lineBreak: false, baseline: 'alphabetic' } as const;
  if (style.stroke !== 'none') {
    document.lineWidth(style.strokeWidth).lineJoin('round').strokeColor(style.stroke, style.strokeOpacity);
    document.text(line, left, y, { ...place, stroke: true, fill: false });
  }
  document.fillColor(style.fill, style.fillOpacity).text(line, left, y, place);
}

function drawTextElement(document: Document, element: SvgElement, style: SvgStyle): void {
  const at = (part: SvgElement, name: string) => lengthOf(part.getAttribute(name), style.fontSize);
  let y = at(element, 'y') + at(element, 'dy');
  const parts = [...element.children].filter(({ tagName }) => tagName === 'tspan');
  if (parts.length === 0) {
    drawText(document, element.textContent ?? '', { x: at(element, 'x') + at(element, 'dx'), y, style });
    return;
  }
  for (const part of parts) {
    const own = part.getAttribute('y');
    y = (own === null ? y : lengthOf(own, style.fontSize)) + at(part, 'dy');
    const x = part.getAttribute('x') === null ? at(element, 'x') : at(part, 'x');
    drawText(document, part.textContent ?? '', { x, y, style: styleOf(part, style) });
  }
}

/** Plot writes the title of a mark for screen readers; it is not drawn. */
const NOT_DRAWN = new Set(['title', 'desc']);

function draw(document: Document, element: SvgElement, outer: SvgStyle): void {
  if (NOT_DRAWN.has(element.tagName)) return;
  const style = styleOf(element, outer);
  document.save();
  for (const step of transformsOf(element)) {
    if (step.kind === 'translate') document.translate(step.x, step.y);
    else document.rotate(step.degrees);
  }
  if (element.tagName === 'g' || element.tagName === 'svg')
    for (const child of element.children) draw(document, child, style);
  else if (element.tagName === 'text') drawTextElement(document, element, style);
  else if (outline(document, element)) paint(document, style);
  document.restore();
}

/** How large a figure is on paper, and what its document says of it. */
export interface PdfOptions {
  readonly widthPoints: number;
  readonly title: string;
}

/** Loads the writer (pdfkit), and gives what turns SVG into PDF. */
export async function loadPdfWriter(): Promise<(svg: string, options: PdfOptions) => Promise<Uint8Array>> {
  const { default: PDFDocument } = await import('pdfkit');
  const fonts = ['regular', 'semibold'].map((weight) => readFileSync(`${FONTS}ibm-plex-sans-${weight}.ttf`));
  return async (svg, { widthPoints, title }) => {
    const root = new DOMParser().parseFromString(svg, 'image/svg+xml')
      .documentElement as unknown as SvgElement;
    const [, , width = 1, height = 1] = (root.getAttribute('viewBox') ?? '').split(' ').map(Number);
    const scale = widthPoints / width;
    // A fixed date, and no compression, whose bytes depend on the version of zlib: the same figure, the same bytes.
    const document = new PDFDocument({
      size: [widthPoints, height * scale],
      margin: 0,
      compress: false,
      info: { Title: title, Creator: 'tinypoison', CreationDate: fixedDate() },
    });
    const chunks: Uint8Array[] = [];
    const ended = new Promise<void>((resolve, reject) => {
      document.on('data', (chunk: Uint8Array) => chunks.push(chunk));
      document.on('end', resolve);
      document.on('error', reject);
    });
    document.registerFont('regular', fonts[0] as Buffer);
    document.registerFont('semibold', fonts[1] as Buffer);
    document.scale(scale);
    draw(document, root, initialStyle);
    document.end();
    await ended;
    return Buffer.concat(chunks);
  };
}
