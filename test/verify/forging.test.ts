// Ways to forge results, hashes made again: `verify --all` must find each. What cannot be found is listed with its reason.
// Over 300 lines: one list of forgeries.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checksumsOf } from '../../src/report/checksums.ts';
import { makeReport } from '../../src/report/make-report.ts';
import { resultsCsv } from '../../src/report/results-csv.ts';
import { resultsJsonl } from '../../src/report/results-jsonl.ts';
import { writeReport } from '../../src/report/write-report.ts';
import type { RunRecord } from '../../src/run/record.ts';
import { readResultsFolder } from '../../src/verify/results-folder.ts';
import { checkFiles } from '../../src/verify/verify-results.ts';
import { runTiny, tinyYaml } from '../run/tiny-experiment.ts';
import { changeLast, verifyTiny } from './tiny-results.ts';

const environment = { version: '0', node: 'v20', engine: 'wasm', revision: null };
const yaml = `${tinyYaml.replace('name: tiny\n', 'name: tiny\ndescription: What is asked here.\n')}sweep:
  grid: { phases.pretrain.poison.documents: [0, 2, 4] }
  seeds: [1, 2]
`;

let root = '';
let honest = '';
let records: readonly RunRecord[] = [];

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'tinypoison-forging-'));
  const outcome = await runTiny(join(root, 'store'), { yaml });
  records = outcome.records.filter((record) => record !== undefined);
  honest = join(root, 'tiny');
  await write(honest, records);
}, 120_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Writes results as the program does: every derived file and hash fits the records. */
async function write(folder: string, own: readonly RunRecord[], configText = yaml): Promise<void> {
  const experiment = { name: 'tiny', description: 'What is asked here.', configText, records: own };
  await writeReport(folder, { experiment, environment });
}

const read = (folder: string, name: string) => readFileSync(join(folder, name), 'utf8');

/** Makes SHA256SUMS again over what it named. */
function rehash(folder: string): void {
  const names = read(folder, 'SHA256SUMS')
    .split('\n')
    .filter(Boolean)
    .map((line) => line.slice(66));
  const there = names.filter((name) => {
    try {
      return readFileSync(join(folder, name)).length >= 0;
    } catch {
      return false;
    }
  });
  const files = new Map(there.map((name) => [name, readFileSync(join(folder, name))] as const));
  writeFileSync(join(folder, 'SHA256SUMS'), checksumsOf(files));
}

function edit(folder: string, name: string, from: string | RegExp, to: string): void {
  const text = read(folder, name);
  const changed = text.replace(from, to);
  expect(changed, `${name} holds ${from}`).not.toBe(text);
  writeFileSync(join(folder, name), changed);
}

const figure = (folder: string, ending = '.svg') =>
  join(
    'figures',
    readdirSync(join(folder, 'figures'))
      .filter((name) => name.endsWith(ending))
      .sort()[0] as string,
  );

const withRecords = (change: (own: readonly RunRecord[]) => readonly RunRecord[]) => (folder: string) =>
  write(folder, change(records));
const changeRun = (change: (record: RunRecord) => RunRecord) =>
  withRecords((own) => own.map((record, place) => (place === 2 ? change(record) : record)));
const changeTable = (change: (lines: readonly string[]) => readonly string[]) => (folder: string) =>
  writeFileSync(join(folder, 'results.csv'), change(read(folder, 'results.csv').split('\n')).join('\n'));
const swapCells = (line: string, change: (cells: string[]) => string[]) => change(line.split(',')).join(',');

type Forgery = readonly [string, (folder: string) => unknown, RegExp];

/** Each leaves hashes that fit, unless it is about hashes. */
const forgeries: readonly Forgery[] = [
  [
    'the verdict in summary.md',
    (f) => edit(f, 'summary.md', /\*\*(illustration|inconclusive)\*\*/, '**supported**'),
    /summary\.md is not what the records give/,
  ],
  [
    'the verdict in analysis.json',
    (f) =>
      edit(
        f,
        'analysis.json',
        /"status": "(illustration|inconclusive)"(?![\s\S]*"status")/,
        '"status": "supported"',
      ),
    /analysis\.json is not what/,
  ],
  [
    'the verdict on the page',
    (f) => edit(f, 'index.html', /class="badge">\w+</, 'class="badge">supported<'),
    /index\.html is not what/,
  ],
  [
    'a word of a reason on the page',
    (f) => edit(f, 'index.html', '<h3>What not to conclude</h3>', '<h3>What to conclude</h3>'),
    /index\.html/,
  ],
  ['a hash on the page', (f) => edit(f, 'index.html', /<td[^>]*>[0-9a-f]{64}</, '<td>none<'), /index\.html/],
  [
    'a script on the page',
    (f) => edit(f, 'index.html', '</main>', '<script>alert(1)</script></main>'),
    /index\.html/,
  ],
  [
    'the footer turned into markup',
    (f) => edit(f, 'index.html', '<footer>', '<footer><b>verified</b>'),
    /index\.html/,
  ],
  ['an empty page', (f) => writeFileSync(join(f, 'index.html'), ''), /index\.html/],
  ['no page', (f) => unlinkSync(join(f, 'index.html')), /index\.html is not there/],
  ['no summary', (f) => unlinkSync(join(f, 'summary.md')), /summary\.md is not there/],
  ['no analysis', (f) => unlinkSync(join(f, 'analysis.json')), /analysis\.json is not there/],
  [
    'an analysis that is not JSON',
    (f) => writeFileSync(join(f, 'analysis.json'), '{'),
    /analysis\.json is not a valid analysis/,
  ],
  [
    'figures swapped',
    (f) => {
      const [one, other] = readdirSync(join(f, 'figures'))
        .filter((name) => name.endsWith('.svg'))
        .sort() as [string, string];
      const text = read(f, join('figures', one));
      writeFileSync(join(f, 'figures', one), read(f, join('figures', other)));
      writeFileSync(join(f, 'figures', other), text);
    },
    /figures\/.*\.svg is not what/,
  ],
  [
    'a point moved in a figure',
    (f) => edit(f, figure(f), /c([xy])="(\d+)/, 'c$1="9$2'),
    /figures\/.*\.svg is not what/,
  ],
  [
    'a point moved in the figure of the page',
    (f) => edit(f, 'index.html', /c([xy])="(\d+)/, 'c$1="9$2'),
    /index\.html/,
  ],
  [
    'a label in a figure',
    (f) => edit(f, figure(f), /<text([^>]*)>([^<]+)</, '<text$1>supported<'),
    /\.svg is not what/,
  ],
  ['an empty figure', (f) => writeFileSync(join(f, figure(f)), ''), /\.svg is not what/],
  ['no figure', (f) => unlinkSync(join(f, figure(f))), /\.svg is not there/],
  [
    'another picture',
    (f) => {
      const images = readdirSync(join(f, 'figures'))
        .filter((name) => name.endsWith('.png'))
        .sort();
      writeFileSync(
        join(f, 'figures', images[0] as string),
        readFileSync(join(f, 'figures', images[1] as string)),
      );
    },
    /\.png is not what the records give/,
  ],
  [
    'a figure more',
    (f) => writeFileSync(join(f, 'figures', 'proof.svg'), '<svg/>'),
    /figures\/proof\.svg is not what.*no such file/,
  ],
  [
    'rows of the table reversed',
    changeTable(([head = '', ...rows]) => [head, ...rows.filter(Boolean).reverse(), '']),
    /results\.csv/,
  ],
  [
    'a column renamed',
    changeTable(([head = '', ...rows]) => [head.replace('clean_loss_nats', 'loss'), ...rows]),
    /results\.csv/,
  ],
  [
    'a column added in front',
    changeTable((lines) => lines.map((line) => (line === '' ? '' : `0,${line}`))),
    /results\.csv/,
  ],
  [
    'a column removed',
    changeTable((lines) => lines.map((line) => swapCells(line, (cells) => cells.slice(0, -1)))),
    /results\.csv/,
  ],
  [
    'columns in another order',
    changeTable((lines) =>
      lines.map((line) => swapCells(line, ([a = '', b = '', ...rest]) => [b, a, ...rest])),
    ),
    /results\.csv/,
  ],
  ['a cell of the table', (f) => edit(f, 'results.csv', /0\.\d+/, '0.99'), /results\.csv/],
  [
    'a row of the table left out',
    changeTable((lines) => lines.filter((_, place) => place !== 2)),
    /results\.csv/,
  ],
  ['no table', (f) => unlinkSync(join(f, 'results.csv')), /results\.csv is not there/],
  ['no SHA256SUMS', (f) => unlinkSync(join(f, 'SHA256SUMS')), /SHA256SUMS is not there/],
  [
    'a SHA256SUMS that leaves a figure out',
    (f) => edit(f, 'SHA256SUMS', /^.*figures.*\n/m, ''),
    /is not named in SHA256SUMS/,
  ],
  [
    'an empty SHA256SUMS',
    (f) => writeFileSync(join(f, 'SHA256SUMS'), ''),
    /results\.csv is not named in SHA256SUMS/,
  ],
  [
    'a run left out everywhere',
    withRecords((own) => own.slice(1)),
    /lacks 1 of the 6 runs that config\.yaml plans/,
  ],
  [
    'a run left out, and its seed taken out of the config',
    (f) => write(f, records.slice(0, 3), yaml.replace('[1, 2]', '[1]')),
    /lacks|not in the plan/,
  ],
  ['a run twice', withRecords((own) => [...own, own[0] as RunRecord]), /the run is there twice/],
  [
    'runs in another order',
    withRecords((own) => [...own].reverse()),
    /in another order than config\.yaml plans/,
  ],
  [
    'a run turned into a failed one',
    changeRun((record) => ({
      ...record,
      status: 'failed',
      error: 'no memory',
      checkpoints: [],
      samples: [],
      weightsHash: null,
    })),
    /^$/,
  ],
  [
    'a run turned into a diverged one',
    changeRun((record) => ({ ...record, status: 'diverged', error: 'loss' })),
    /^$/,
  ],
  [
    'five seeds in the config instead of two',
    (f) => write(f, records, yaml.replace('[1, 2]', '[1, 2, 3, 4, 5]')),
    /lacks 9 of the 15 runs/,
  ],
  [
    'other counts in the config',
    (f) => write(f, records, yaml.replace('[0, 2, 4]', '[0, 2, 9]')),
    /not in the plan of config\.yaml/,
  ],
  ['a config that plans nothing', (f) => write(f, records, 'schema: 1\n'), /config\.yaml cannot be planned/],
  ['no config', (f) => unlinkSync(join(f, 'config.yaml')), /config\.yaml is not there/],
  [
    'the description in the config',
    (f) => edit(f, 'config.yaml', 'What is asked here.', 'What is proven here.'),
    /index\.html/,
  ],
  ['a measurement, in every file', changeRun((record) => changeLast(record, { cleanLossNats: 1 })), /^$/],
  [
    'a measurement in its last digit, in every file',
    changeRun((record) =>
      changeLast(record, {
        cleanLossNats: (record.checkpoints.at(-1)?.cleanLossNats ?? 0) * (1 + 2e-16) + 1e-15,
      }),
    ),
    /^$/,
  ],
  [
    'the hash of the weights, in every file',
    changeRun((record) => ({ ...record, weightsHash: 'f'.repeat(64) })),
    /^$/,
  ],
  [
    'a generation, in every file',
    changeRun((record) => ({
      ...record,
      samples: record.samples.map((sample) => ({ ...sample, continuation: 'pure noise' })),
    })),
    /^$/,
  ],
  [
    'the dose, in every file',
    changeRun((record) => ({
      ...record,
      poison: record.poison.map((poison) => ({ ...poison, documents: 0 })),
    })),
    /poisoned documents: 0, but its config says/,
  ],
  [
    'the seed of a run',
    changeRun((record) => ({ ...record, config: { ...record.config, seed: 7 } })),
    /id does not follow from its config/,
  ],
  [
    'the results of one run under the id of another',
    changeRun((record) => ({
      ...(records[4] as RunRecord),
      id: record.id,
      config: record.config,
      contracts: record.contracts,
    })),
    /^$/,
  ],
  [
    'a record in another form',
    (f) => {
      edit(f, 'results.jsonl', '{"arithmetic"', '{ "arithmetic"');
    },
    /not written as tinypoison writes it/,
  ],
];

/** Forgeries that are about hashes, or about files whose hashes the program itself wrote. */
const keepsHashes = /SHA256SUMS/;

describe('verify --all', () => {
  test('says that honest results are the same bits', async () => {
    const verification = await verifyTiny(honest);
    expect(verification?.findings).toEqual([]);
    expect(verification).toMatchObject({ outcome: 'same-bits', escapeChance: 0, notes: [] });
    expect(verification?.derivedFiles).toBeGreaterThan(8);
  });

  test('is tried with at least 30 ways', () => {
    expect(forgeries.length).toBeGreaterThanOrEqual(30);
  });

  test.each(forgeries)('finds %s', { timeout: 60_000 }, async (what, forge, finding) => {
    const folder = mkdtempSync(join(root, 'forged-'));
    const own = join(folder, 'tiny');
    cpSync(honest, own, { recursive: true });
    await forge(own);
    if (!keepsHashes.test(what)) rehash(own);
    // What the files alone give away needs no training; a finding makes the outcome `differs`.
    if (finding.source !== '^$') {
      const { findings } = await checkFiles(readResultsFolder(own));
      expect(findings.map(({ text }) => text).join('\n')).toMatch(finding);
      return;
    }
    const verification = await verifyTiny(own);
    expect(verification?.runs.some(({ outcome }) => outcome !== 'same-bits')).toBe(true);
    expect(verification?.outcome).not.toBe('same-bits');
  });
});

describe('what verify cannot know', () => {
  test('a report of an older release is called so, whoever claims it: another outcome, and the verdict of this release', async () => {
    const own = join(mkdtempSync(join(root, 'older-')), 'tiny');
    cpSync(honest, own, { recursive: true });
    edit(own, 'analysis.json', /,\s*"versions": \{[^}]*\}/, '');
    edit(own, 'summary.md', /\*\*(illustration|inconclusive)\*\*/, '**supported**');
    rehash(own);
    const verification = await verifyTiny(own);
    expect(verification).toMatchObject({ outcome: 'older-report', derivedFiles: 0 });
    expect(verification?.notes.join()).toMatch(/of an older release \(analysis 1, report 1; here/);
    expect(verification?.notes.join()).toMatch(/The verdict that this release draws from the records is \w+/);
  });

  test('a report alone that claims an older release leaves the analysis compared', async () => {
    const own = join(mkdtempSync(join(root, 'older-report-')), 'tiny');
    cpSync(honest, own, { recursive: true });
    edit(own, 'analysis.json', /"report": \d+/, '"report": 1');
    rehash(own);
    const { findings, isOlder, compared } = await checkFiles(readResultsFolder(own));
    expect({ findings, isOlder, compared }).toEqual({ findings: [], isOlder: true, compared: 1 });
    edit(
      own,
      'analysis.json',
      /"status": "(illustration|inconclusive)"(?![\s\S]*"status")/,
      '"status": "supported"',
    );
    rehash(own);
    const forged = await checkFiles(readResultsFolder(own));
    expect(forged.findings.map(({ text }) => text).join()).toMatch(
      /analysis\.json is not what the records give/,
    );
  });

  test('results of a newer release are refused, with what to do', async () => {
    const own = join(mkdtempSync(join(root, 'newer-')), 'tiny');
    cpSync(honest, own, { recursive: true });
    edit(own, 'analysis.json', /"analysis": \d+/, '"analysis": 999');
    await expect(verifyTiny(own)).rejects.toThrow(/made by a newer release .*verify it with that release/);
  });

  test('a sample says with what chance one altered run escapes it', async () => {
    const verification = await verifyTiny(honest, { sample: 2 });
    expect(verification?.escapeChance).toBeCloseTo(4 / 6, 12);
  });

  test('a failed run that fails again agrees with its record', () => {
    expect(
      makeReport({ experiment: { ...readResultsFolder(honest) }, environment }).data.get('results.csv'),
    ).toBe(resultsCsv(records));
    expect(read(honest, 'results.jsonl')).toBe(resultsJsonl(records));
  });
});
