import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { analyseExperiment } from '../../src/analyse/analyse-experiment.ts';
import { zeroLogAxis } from '../../src/report/figures/count-axis.ts';
import { contrastFigures } from '../../src/report/figures/figures.ts';
import { terminalFigure } from '../../src/report/figures/terminal-figure.ts';
import { writeReport } from '../../src/report/write-report.ts';
import {
  LONG_LADDER,
  SIZES,
  type SyntheticOptions,
  syntheticRecords,
  withSetting,
} from '../analyse/synthetic-records.ts';

const CHANGES: readonly (readonly [path: string, value: unknown, log10P50: number])[] = [
  ['phases.0.batch.sequences', 16, 2.3],
  ['phases.0.optimizer.learningRate', 0.005, 1.7],
  ['phases.0.optimizer.beta2', 0.95, 1.6],
  ['phases.0.poison.placement', 'start', 3],
  ['phases.0.poison.trigger.text', '<b>SUDO</b>', 1.1],
];
const SMALL: SyntheticOptions = { sizes: SIZES.slice(0, 1), counts: [0, 25, 50, 100], dispersion: 0.1 };
const records = [
  ...syntheticRecords(SMALL),
  ...CHANGES.flatMap(([path, value, log10P50]) =>
    syntheticRecords({ ...SMALL, log10P50 }).map((record) => withSetting(record, path, value)),
  ),
];
const experiment = { name: 'sensitivity', configText: '', records };
const analysis = analyseExperiment(experiment, { draws: 50 });

describe('figures of contrasts', () => {
  it.each(
    contrastFigures(analysis).map((figure) => [figure.name, figure] as const),
  )('look as they did: %s', async (name, { svg }) => {
    await expect(svg).toMatchFileSnapshot(`./gallery/${name}.svg`);
    expect(svg).not.toMatch(/NaN|undefined|Infinity|<b>/);
  });

  it('hold one line a setting, and one panel a group', () => {
    const [halfSuccess, success, panels] = contrastFigures(analysis).map(
      ({ svg }) => parseHTML(svg).document,
    );
    const words = halfSuccess?.documentElement.textContent ?? '';
    expect(words).toContain('optimizer.learningRate = 0.005');
    expect(words).toContain('beside base settings');
    expect(success?.querySelectorAll('circle')).toHaveLength(CHANGES.length + 3); // three in the legend
    expect(panels?.documentElement.textContent).toContain('learningRate');
  });

  it('say once what colours and shapes of the panels mean', () => {
    const ladder = syntheticRecords({ ...SMALL, sizes: SIZES.slice(0, 3) });
    const settings = [0.9, 0.92, 0.95, 0.97, 0.98].flatMap((beta2) =>
      ladder.map((record) => withSetting(record, 'phases.0.optimizer.beta2', beta2)),
    );
    const sizes = analyseExperiment({ ...experiment, records: settings }, { draws: 20 });
    const panelsOf = (of: typeof sizes): string =>
      contrastFigures(of).find(({ name }) => name === 'success-by-group')?.svg ?? '';
    const labels = sizes.groups[0]?.series.map(({ label }) => label) ?? [];
    expect(labels).toHaveLength(3);
    expect(panelsOf(sizes)).toMatch(new RegExp(`Parameters</text>[^]*${labels.join('</text>[^]*')}</text>`));
    const renamed = sizes.groups.map((group, index) => ({
      ...group,
      series: group.series.map((series) => ({ ...series, label: `${series.label} of ${index}` })),
    }));
    expect(panelsOf({ ...sizes, groups: renamed })).toContain('the smallest model or least data in green');
  });

  it('leave room between the counts under a panel', () => {
    const counts = [10, 14, 20, 28, 40, 56, 80, 112, 160];
    const axis = { values: counts, tickValues: counts, label: String };
    expect(zeroLogAxis({ ...axis, panels: 4 }).ticks.length).toBeLessThan(zeroLogAxis(axis).ticks.length);
  });

  it('name every setting of a group that changes two, in the panel and on the line', () => {
    const COPIES = [
      [10, 0],
      [10, 0.3],
      [25, 0.3],
    ] as const;
    const pair = COPIES.flatMap(([distinct, share]) =>
      syntheticRecords({ ...SMALL, log10P50: 2 }).map((record) => {
        const copied = withSetting(record, 'phases.0.poison.distinctDocuments', distinct);
        return share === 0 ? copied : withSetting(copied, 'phases.0.poison.rewriteShare', share);
      }),
    );
    const base = syntheticRecords(SMALL);
    const many = [...base, ...pair, ...records.slice(base.length)];
    const figures = contrastFigures(analyseExperiment({ ...experiment, records: many }, { draws: 20 }));
    expect(figures).toHaveLength(3);
    for (const { svg } of figures) {
      const words = parseHTML(svg).document.documentElement.textContent ?? '';
      expect(words).toContain('distinctDocuments = 25');
      expect(words).toContain('rewriteShare = 0.3');
    }
  });

  it('are none for an experiment of one group', () => {
    const alone = analyseExperiment({ ...experiment, records: syntheticRecords(SMALL) }, { draws: 20 });
    expect(contrastFigures(alone)).toEqual([]);
  });
});

describe('a report on many groups', () => {
  let root = '';
  let files: readonly string[] = [];
  const read = (name: string): string => readFileSync(join(root, name), 'utf8');
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'tinypoison-groups-'));
    const environment = { version: '0.1.0', node: '20.19.0', engine: 'wasm', revision: null };
    ({ files } = await writeReport(root, { experiment, environment }));
  }, 30000);
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('shows the groups side by side and folds each: few figures, one table of contrasts, one of claims', () => {
    expect(files.filter((file) => file.endsWith('.svg'))).toHaveLength(3);
    const { document } = parseHTML(read('index.html'));
    expect(document.querySelectorAll('figure svg')).toHaveLength(3);
    expect(document.querySelectorAll('details.group')).toHaveLength(CHANGES.length + 1);
    const [contrasts] = document.querySelectorAll('#settings > .scroll table');
    const [claims] = document.querySelectorAll('#certainty > .scroll table');
    expect(contrasts.querySelectorAll('tbody tr')).toHaveLength(CHANGES.length + 1); // and the baseline
    expect(claims.querySelectorAll('tbody tr')).toHaveLength(CHANGES.length + 1);
    expect(document.querySelectorAll('main b')).toHaveLength(0);
    expect(document.querySelector('main')?.textContent).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('has no more to say in summary.md than the analysis holds', () => {
    const summary = read('summary.md');
    const stored = JSON.parse(read('analysis.json'));
    const row = summary.split('\n').find((line) => line.startsWith('| optimizer.learningRate = 0.005 | '));
    const claim = stored.claims.find(
      (item: { id: string; group: string }) => item.id === 'same-count' && item.group === 'group-3',
    );
    expect(row).toContain(`| ${claim.status} | ${(2 ** claim.estimate).toFixed(2)} |`);
    expect(summary).toContain(stored.verdict.headline);
    expect(summary).toContain('| change of success, points | 90 % interval |');
    expect(row?.split(' | ').slice(4).join(' ')).not.toContain('%');
    expect(summary).not.toMatch(/NaN|undefined|<b>/);
  });
});

describe('the terminal', () => {
  it('says of which group its figure is, and how many settings came out how', () => {
    const text = terminalFigure(analysis, { columns: 120, color: false });
    expect(text.startsWith('First of 6 groups: base settings\n')).toBe(true);
    expect(text).toContain(analysis.verdict.headline.slice(0, 40));
  });
});

describe('claims in a report', () => {
  const ladder = analyseExperiment(
    { name: 'x', configText: '', records: syntheticRecords({ sizes: LONG_LADDER }) },
    { draws: 50 },
  );

  it('are named by outcome in the terminal', () => {
    const text = terminalFigure(ladder, { columns: 200, color: false });
    expect(text).toContain('Claims supported: count law,');
    expect(text).toContain('Claims contradicted: ');
  });
});
