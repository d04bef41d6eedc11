// What a figure's markup says of how a part of it looks: presentation attributes, inherited from the parts around it.

/** The part of an SVG element that is read here. */
export interface SvgElement {
  readonly tagName: string;
  readonly children: Iterable<SvgElement>;
  readonly textContent: string | null;
  getAttribute(name: string): string | null;
}

/** How shapes and texts look. */
export interface SvgStyle {
  readonly color: string;
  readonly fill: string;
  readonly fillOpacity: number;
  readonly stroke: string;
  readonly strokeOpacity: number;
  readonly strokeWidth: number;
  readonly dashes: readonly number[];
  readonly lineCap: 'butt' | 'round' | 'square';
  readonly lineJoin: 'miter' | 'round' | 'bevel';
  readonly fontSize: number;
  readonly isBold: boolean;
  readonly anchor: 'start' | 'middle' | 'end';
}

/** As SVG has it where nothing is said. */
export const initialStyle: SvgStyle = {
  color: '#000000',
  fill: '#000000',
  fillOpacity: 1,
  stroke: 'none',
  strokeOpacity: 1,
  strokeWidth: 1,
  dashes: [],
  lineCap: 'butt',
  lineJoin: 'miter',
  fontSize: 16,
  isBold: false,
  anchor: 'start',
};

function oneOf<T extends string>(value: string | null, allowed: readonly T[], otherwise: T): T {
  return allowed.find((item) => item === value) ?? otherwise;
}

const SEMIBOLD = 600;

/** The style of an element inside one of a style. */
export function styleOf(element: SvgElement, outer: SvgStyle): SvgStyle {
  const text = (name: string) => element.getAttribute(name);
  const number = (name: string, otherwise: number) => Number(text(name) ?? otherwise);
  const color = text('color') ?? outer.color;
  const paint = (name: string, otherwise: string) => {
    const value = text(name) ?? otherwise;
    return value === 'currentColor' ? color : value;
  };
  const dashes = text('stroke-dasharray');
  const weight = text('font-weight');
  return {
    color,
    fill: paint('fill', outer.fill),
    fillOpacity: number('fill-opacity', outer.fillOpacity),
    stroke: paint('stroke', outer.stroke),
    strokeOpacity: number('stroke-opacity', outer.strokeOpacity),
    strokeWidth: number('stroke-width', outer.strokeWidth),
    dashes:
      dashes === null
        ? outer.dashes
        : dashes
            .split(/[\s,]+/)
            .map(Number)
            .filter(Number.isFinite),
    lineCap: oneOf(text('stroke-linecap'), ['butt', 'round', 'square'], outer.lineCap),
    lineJoin: oneOf(text('stroke-linejoin'), ['miter', 'round', 'bevel'], outer.lineJoin),
    fontSize: number('font-size', outer.fontSize),
    isBold: weight === null ? outer.isBold : weight === 'bold' || Number(weight) >= SEMIBOLD,
    anchor: oneOf(text('text-anchor'), ['start', 'middle', 'end'], outer.anchor),
  };
}

/** A length in pixels, or in heights of the font: `0.32em`. */
export function lengthOf(value: string | null, fontSize: number): number {
  if (value === null) return 0;
  return value.endsWith('em') ? Number.parseFloat(value) * fontSize : Number.parseFloat(value);
}

/** One step of a transform. */
export type Transform =
  | { readonly kind: 'translate'; readonly x: number; readonly y: number }
  | { readonly kind: 'rotate'; readonly degrees: number };

/** `translate(3,4) rotate(-90)`, in order. @throws RangeError for a transform that our figures do not use */
export function transformsOf(element: SvgElement): Transform[] {
  const text = element.getAttribute('transform') ?? '';
  return [...text.matchAll(/(\w+)\(([^)]*)\)/g)].map(([whole, kind, list = '']): Transform => {
    const [first = 0, second = 0, ...others] = list.split(/[\s,]+/).map(Number);
    if (kind === 'translate' && others.length === 0) return { kind, x: first, y: second };
    if (kind === 'rotate' && list.split(/[\s,]+/).length === 1) return { kind, degrees: first };
    throw new RangeError(`a figure has the transform ${whole}, which the PDF writer does not know`);
  });
}
