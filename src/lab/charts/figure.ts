// A chart in the page: its picture, a legend, and its numbers as a table.
import { h, ht } from '../dom.ts';
import { type ChartSpec, colourOf, drawChart } from './chart.ts';

const MOST_ROWS = 200;
const LEAST_WIDTH = 300;
const MOST_WIDTH = 760;

function legend({ series }: ChartSpec): HTMLElement {
  const list = h('ul', { class: 'legend' });
  for (const [place, { name, colour = place }] of series.entries()) {
    const sign = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    sign.setAttribute('viewBox', '0 0 10 10');
    sign.setAttribute('aria-hidden', 'true');
    sign.innerHTML = `<circle cx="5" cy="5" r="4" fill="${colourOf(colour)}"/>`;
    list.append(h('li', {}, sign, name));
  }
  return list;
}

function dataTable({ title, x, y, series }: ChartSpec): HTMLElement {
  const body = h('tbody');
  for (const { name, points } of series) {
    for (const point of points.slice(-MOST_ROWS)) {
      const interval =
        point.low === undefined || point.high === undefined
          ? ''
          : ` (${y.format(point.low)}–${y.format(point.high)})`;
      body.append(
        h(
          'tr',
          {},
          h('th', { scope: 'row' }, name),
          h('td', {}, x.format(point.x)),
          h('td', {}, `${y.format(point.y)}${interval}`),
        ),
      );
    }
  }
  const head = h('tr', {}, h('td'), h('th', { scope: 'col' }, x.label), h('th', { scope: 'col' }, y.label));
  return h('table', {}, h('caption', {}, title), h('thead', {}, head), body);
}

/** A chart that can be drawn again with other numbers. */
export class ChartFigure {
  readonly element: HTMLElement;
  readonly #picture = h('div', { class: 'chart' });
  readonly #legend = h('div');
  readonly #details: HTMLDetailsElement;
  #spec: ChartSpec | undefined;
  #room = 0;
  #named = '';

  constructor() {
    this.#details = h('details', {}, ht('summary', 'page.table'));
    this.#details.addEventListener('toggle', () => this.#fillTable());
    this.element = h('figure', {}, this.#picture, this.#legend, this.#details);
    // the room is known from here alone: to measure it at each drawing would lay out the page
    new ResizeObserver(([entry]) => {
      this.#room = entry?.contentRect.width ?? 0;
      this.#drawPicture();
    }).observe(this.#picture);
  }

  draw(spec: ChartSpec): void {
    this.#spec = spec;
    this.#drawPicture();
    const named = spec.series.map(({ name, colour }) => `${name}/${colour}`).join();
    if (named !== this.#named) this.#legend.replaceChildren(legend(spec));
    this.#named = named;
    this.#fillTable();
  }

  /** As wide as its place, so that letters keep their size. */
  #drawPicture(): void {
    if (this.#spec === undefined || this.#room === 0) return;
    const width = Math.min(MOST_WIDTH, Math.max(LEAST_WIDTH, Math.round(this.#room)));
    this.#picture.innerHTML = drawChart({ ...this.#spec, width });
  }

  /** The table is made when it is opened: while a model is trained its numbers change often. */
  #fillTable(): void {
    this.#details.querySelector('table')?.remove();
    if (this.#details.open && this.#spec !== undefined) this.#details.append(dataTable(this.#spec));
  }
}
