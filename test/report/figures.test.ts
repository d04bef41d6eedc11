import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { analyseExperiment, type GroupAnalysis } from '../../src/analyse/analyse-experiment.ts';
import { zeroLogAxis } from '../../src/report/figures/count-axis.ts';
import { groupFigures } from '../../src/report/figures/figures.ts';
import { seriesColors } from '../../src/report/figures/palette.ts';
import { loadPngRenderer } from '../../src/report/node/svg-to-png.ts';
import { referenceBand } from '../../src/report/reference.ts';
import { SIZES, type SyntheticOptions, syntheticRecords } from '../analyse/synthetic-records.ts';

function figuresOf(options: SyntheticOptions, draws = 20) {
  const records = syntheticRecords(options);
  const [group] = analyseExperiment({ name: 'x', configText: '', records }, { draws }).groups;
  if (group === undefined) throw new Error('there are no runs');
  return groupFigures(group, records);
}

const QUICKSTART: SyntheticOptions = { sizes: SIZES.slice(0, 2), seeds: [1], counts: [0, 25, 50, 100, 200] };

describe('figures', () => {
  it.each([
    ['ladder', {}],
    ['quickstart', QUICKSTART],
  ] as [string, SyntheticOptions][])('look as they did: %s', async (name, options) => {
    const figures = figuresOf(options, 200);
    expect(figures).toHaveLength(6);
    for (const figure of figures) {
      await expect(figure.svg).toMatchFileSnapshot(`./gallery/${name}-${figure.name}.svg`);
    }
  });

  it.each([
    ['sizes', SIZES.slice(0, 2), /all sizes/, /amounts of data|more data reach/],
    [
      'amounts of data',
      [1, 4].map((times) => ({ width: 32, parameters: 57_664, tokens: 1_000_000 * times })),
      /all amounts of data/,
      /sizes|larger models/,
    ],
    [
      'one alone',
      SIZES.slice(0, 1),
      /One model size, one amount of data/,
      /all sizes|amounts of data|on top of each other/,
    ],
  ] as const)('say what is compared: %s', (_, sizes, said, unsaid) => {
    const words = figuresOf({ ...QUICKSTART, sizes }, 50)
      .filter(({ name }) => /by-count|by-share|by-progress/.test(name))
      .map(({ svg, caption }) => `${parseHTML(svg).document.documentElement.textContent} ${caption}`)
      .join('\n');
    expect(words).toMatch(said);
    expect(words).not.toMatch(unsaid);
  });

  /** Figures of the quickstart over a band like that of an analysis.json. */
  function overReference(reference: SyntheticOptions & { readonly name?: string }, options = QUICKSTART) {
    const { name = 'constant-count', ...grid } = reference;
    const records = syntheticRecords(options);
    const of = (experiment: string, list: typeof records) =>
      analyseExperiment({ name: experiment, configText: '', records: list }, { draws: 50 });
    const [group] = of('quickstart', records).groups as [GroupAnalysis];
    return groupFigures(group, records, referenceBand(of(name, syntheticRecords(grid)), group));
  }

  it('are drawn over the band of a reference, which is named on it: success by count alone', async () => {
    const [count, ...others] = overReference({});
    await expect(count?.svg).toMatchFileSnapshot('./gallery/quickstart-over-reference.svg');
    const words = parseHTML(count?.svg ?? '').document.documentElement.textContent;
    expect(words).toContain('constant-count');
    expect(words).toContain('3 sizes, 5 seeds, 90 %');
    expect(count?.caption).toContain('constant-count (3 sizes, 5 seeds, 90 %)');
    const plain = figuresOf(QUICKSTART, 50);
    expect(others.map(({ svg }) => svg)).toEqual(plain.slice(1).map(({ svg }) => svg));
    expect(plain[0]?.svg).not.toContain('constant-count');
  });

  it.each([
    ['tried other counts', { counts: [0, 400, 1000, 4000] }],
    ['tried more counts on both sides', { counts: [0, 2, 10, 50, 250, 5000] }],
    ['needs few documents', { log10P50: 0.5 }],
    ['needs many documents', { log10P50: 3 }],
    ['is called by markup', { name: '<script>alert(1)</script>' }],
  ] as [
    string,
    SyntheticOptions & { name?: string },
  ][])('keep their axis and stay within it where the reference %s', (_, reference) => {
    const [count] = overReference(reference);
    const [plain] = figuresOf(QUICKSTART, 50);
    expect(count?.svg).not.toMatch(/NaN|undefined|Infinity|null|<script/);
    const dots = (svg = '') => [...svg.matchAll(/<circle [^>]*>/g)].map(([circle]) => circle);
    expect(dots(count?.svg)).toEqual(dots(plain?.svg));
  });

  it('have no band where the reference has none for their attack, or too few seeds', () => {
    for (const reference of [{ attack: 'target-phrase' }, { seeds: [1, 2] }]) {
      expect(overReference(reference)).toEqual(figuresOf(QUICKSTART, 50));
    }
  });

  it.each([
    ['one run', { sizes: SIZES.slice(0, 1), seeds: [1], counts: [50] }],
    ['controls only', { counts: [0] }],
    ['no success', { log10P50: 6 }],
    ['success everywhere', { log10P50: -3 }],
  ] as [string, SyntheticOptions][])('are drawn without a number that is not one: %s', (_, options) => {
    for (const { svg } of figuresOf(options)) {
      expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
      expect(svg).not.toMatch(/NaN|undefined|Infinity|null/);
    }
  });

  it('hold one large dot a cell, and the seeds as small ones', () => {
    const svg = figuresOf({})[0]?.svg ?? '';
    const { document } = parseHTML(svg);
    const radii = [...document.querySelectorAll('circle')].map((circle) => circle.getAttribute('r'));
    expect(radii.filter((radius) => radius === '2.2')).toHaveLength(3 * 6 * 5);
    expect(radii.filter((radius) => radius === '5')).toHaveLength(6 + 1); // and one in the legend
    // Every seed of every size stands at its true dose: six counts, six places.
    const rings = [...document.querySelectorAll('circle[r="2.2"]')];
    expect(new Set(rings.map((ring) => ring.getAttribute('cx'))).size).toBe(6);
    // Each series has a shape and a dash of its own, so that grey print tells them apart.
    const shapes = [...document.querySelectorAll('path[transform]')].map((path) => path.getAttribute('d'));
    const counts = new Map(shapes.map((shape) => [shape, shapes.filter((other) => other === shape).length]));
    // Two shapes in the legend, two in the plot, and the ticks of the axes.
    expect([...counts.values()].sort()).toEqual([1, 1, 5, 6, 6, 6]);
    for (const dash of ['8 4', '2 3'])
      expect(svg).toMatch(new RegExp(`stroke-dasharray="${dash.replace(' ', ',? ?')}"`));
  });

  it('give 0 a place of its own on the logarithmic axis', () => {
    const axis = zeroLogAxis({ values: [0, 10, 1000], tickValues: [10, 1000], label: String });
    expect(axis.position(0)).toBeLessThan(axis.zeroEnd as number);
    expect(axis.zeroEnd).toBeLessThan(axis.position(10));
    expect(axis.ticks.map(axis.format)).toEqual(['0', '10', '1000']);
    expect(zeroLogAxis({ values: [10, 1000], tickValues: [10], label: String }).zeroEnd).toBeNull();
  });

  it('give every size a colour of its own, darker with size on white', () => {
    for (const count of [1, 2, 3, 6]) {
      const { light, dark } = seriesColors(count);
      expect(new Set(light).size).toBe(count);
      expect(new Set(dark).size).toBe(count);
      const brightness = light.map((color) => Number.parseInt(color.slice(3, 5), 16));
      expect([...brightness].sort((a, b) => b - a)).toEqual(brightness);
    }
  });

  it('render as PNG with the bundled font: text leaves marks where there is text only', async () => {
    const renderer = await loadPngRenderer();
    if ('reason' in renderer) {
      expect(renderer.reason).toContain('@resvg/resvg-js');
      return;
    }
    const svg = (text: string) =>
      `<svg xmlns="http://www.w3.org/2000/svg" width="80" height="20"><text x="2" y="15" font-family="'IBM Plex Sans'">${text}</text></svg>`;
    const [empty, words] = [renderer.render(svg('')), renderer.render(svg('α poison'))];
    expect([...words.slice(1, 4)]).toEqual([80, 78, 71]); // PNG
    expect(words.length).toBeGreaterThan(empty.length + 100);
  });
});

it('wishes for no tick outside the frame', () => {
  const axis = zeroLogAxis({ values: [0, 0.004, 0.16], tickValues: [0.002, 0.005, 0.1, 0.2], label: String });
  const [low, high] = axis.domain;
  expect(axis.ticks.every((tick) => tick >= low && tick <= high)).toBe(true);
  expect(axis.ticks.map(axis.format)).toEqual(['0', '0.005', '0.1']);
});
