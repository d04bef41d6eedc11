// The matrix of defences as a report shows and writes it, and as `verify` makes it again.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { analyseExperiment } from '../../src/analyse/analyse-experiment.ts';
import { checksumFaults } from '../../src/report/checksums.ts';
import { defenceFigures } from '../../src/report/figures/figures.ts';
import { stealthRows } from '../../src/report/page/defence-words.ts';
import { summaryMarkdown } from '../../src/report/page/summary-markdown.ts';
import { writeReport } from '../../src/report/write-report.ts';
import { checkDerived } from '../../src/verify/derived-files.ts';
import { defendedRecords } from '../analyse/defended-records.ts';
import { SIZES, syntheticRecords } from '../analyse/synthetic-records.ts';

const records = defendedRecords();
const environment = { version: '0.1.0', node: '20.19.0', engine: 'wasm', revision: null };
const analysis = analyseExperiment({ name: 'defences', configText: '', records }, { draws: 50 });

let folder = '';
beforeAll(async () => {
  folder = join(mkdtempSync(join(tmpdir(), 'tinypoison-defences-')), 'defences');
  await writeReport(folder, { experiment: { name: 'defences', configText: '', records }, environment });
}, 240000);
afterAll(() => rmSync(join(folder, '..'), { recursive: true, force: true }));

const derived = () =>
  checkDerived({ folder, name: 'defences', records, csv: null, configText: '' }, { reason: 'no config' });

describe('the matrix of defences in a report', () => {
  it('is a table with R, its interval and the price, hatched where nothing was run', () => {
    const page = readFileSync(join(folder, 'index.html'), 'utf8');
    const { document } = parseHTML(page);
    const cells = [...document.querySelectorAll('table.matrix tbody td')].map(
      ({ textContent }) => textContent,
    );
    expect(cells).toHaveLength(8);
    expect(cells[1]).toMatch(/^R (1\.9|2)\.?\d* \(1\.\d+ to 2\.\d+\)\+0\.050 nats \(0\.050 to 0\.050\)$/);
    expect(cells[2]).toMatch(/^R > \d/);
    expect(cells[3]).toMatch(/^success falls with the count: passes at 50; at most 70 % success/);
    expect(cells[7]).toMatch(/^R .*†/);
    const untested = [...document.querySelectorAll('td.untested')];
    expect(untested.map(({ textContent }) => textContent)).toEqual(['not tested', 'not tested']);
    expect(document.documentElement.textContent).toContain('The price of stealth');
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('is in the summary, too', () => {
    const summary = summaryMarkdown(analysis);
    expect(summary).toContain('## Defences, d32');
    expect(summary).toContain('| not tested | not tested | R ');
    expect(summary).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('shows what stealth costs where attacks differ in nothing else', () => {
    const { defences } = analysis;
    if (defences === undefined) throw new Error('there is no matrix');
    const shares = (own: typeof defences) => stealthRows(own).rows.map((row) => [row[1], row[2]]);
    const expected = [
      ['rare-sequences', '0 %'],
      ['rare-sequences', '2 %'],
    ];
    expect(shares(defences)).toEqual(expected);
    const other = {
      title: 'other',
      settings: { 'phases.pretrain.poison.gibberishTokens': '4 to 8' },
      cleanShare: 0,
    };
    const cells = defences.cells.filter(({ attack }) => attack === 'denial-of-service');
    const more = { ...defences, attacks: [...defences.attacks, other], cells: [...defences.cells] };
    for (const cell of cells) more.cells.push({ ...cell, attack: 'other' });
    expect(shares(more)).toEqual(expected);
  });

  it('looks as it did: ROC curves', async () => {
    const [roc] = defenceFigures(analysis);
    await expect(roc?.svg).toMatchFileSnapshot('./gallery/defences-roc.svg');
    expect(roc?.svg).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('is one file a cell, named in SHA256SUMS, each by itself enough to know what it is of', () => {
    const names = readdirSync(join(folder, 'matrix')).sort();
    expect(names).toHaveLength(6);
    expect(names).toContain('denial-of-service--quality-rules--d32.json');
    const read = (name: string) => JSON.parse(readFileSync(join(folder, 'matrix', name), 'utf8'));
    expect(read('denial-of-service--quality-rules--d32.json')).toMatchObject({
      ...{ experiment: 'defences', status: 'measured', adaptive: false, usesTruth: false },
      ...{ ratio: { state: 'estimated' }, seeds: [1, 2, 3, 4, 5] },
      defend: [{ phase: 'pretrain', defend: [{ kind: 'quality-rules' }] }],
    });
    expect(read('denial-of-service-trigger.cleanshare-0.02--quality-rules--d32.json')).toMatchObject({
      status: 'untested',
    });
    const faults = checksumFaults(
      folder,
      names.map((name) => `matrix/${name}`),
    );
    expect(faults).toEqual({ isThere: true, broken: [], unnamed: [] });
  });

  it('is made again by verify, which notices a changed cell and one too many', async () => {
    const file = join(folder, 'matrix', 'denial-of-service--quality-rules--d32.json');
    const whole = readFileSync(file, 'utf8');
    writeFileSync(file, whole.replace('"estimated"', '"one-sided"'));
    writeFileSync(join(folder, 'matrix', 'more.json'), '{}');
    const texts = (await derived()).findings.map(({ text }) => text).join('\n');
    const { length } = texts.split('\n');
    // each of the two is noticed by SHA256SUMS and beside the records, and nothing else is
    expect(length).toBe(4);
    expect(texts).toContain('quality-rules--d32.json is not what the records give');
    expect(texts).toContain('matrix/more.json is not what the records give');
    writeFileSync(file, whole);
    rmSync(join(folder, 'matrix', 'more.json'));
  }, 240000);

  it('goes with the defences; files of others in that folder stay', async () => {
    mkdirSync(join(folder, 'matrix'), { recursive: true });
    writeFileSync(join(folder, 'matrix', 'mine.json'), '{}');
    const plain = syntheticRecords({ sizes: SIZES.slice(0, 1), counts: [0, 50, 100] });
    await writeReport(folder, {
      experiment: { name: 'defences', configText: '', records: plain },
      environment,
    });
    expect(readdirSync(join(folder, 'matrix'))).toEqual(['mine.json']);
    expect(existsSync(join(folder, 'figures', 'success-by-count.svg'))).toBe(true);
  }, 240000);
});
