import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { escapeMarkup, visibleText } from '../../src/report/visible-text.ts';
import { type WrittenReport, writeReport } from '../../src/report/write-report.ts';
import { SIZES, syntheticRecords } from '../analyse/synthetic-records.ts';

const experiment = {
  name: 'quickstart',
  description: 'Two sizes <i>only</i>.',
  configText: 'schema: 1 # <script>alert(1)</script>\n',
  records: syntheticRecords({ sizes: SIZES.slice(0, 2), seeds: [1], counts: [0, 50, 100] }),
};
const environment = { version: '0.1.0', node: '20.19.0', engine: 'wasm', revision: null };

let root = '';
let first: WrittenReport;
const read = (folder: string, name: string): string => readFileSync(join(root, folder, name), 'utf8');

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'tinypoison-report-'));
  first = await writeReport(join(root, 'a'), { experiment, environment });
  await writeReport(join(root, 'b'), {
    experiment,
    environment: { ...environment, engine: 'native (avx2)' },
  });
}, 30000);

afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('written report', () => {
  it('holds every file it names and nothing else', () => {
    expect(first.files.filter((file) => !existsSync(join(root, 'a', file)))).toEqual([]);
    const found = readdirSync(join(root, 'a'), { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    expect(found).toHaveLength(first.files.length);
    expect(first.files).toEqual(
      expect.arrayContaining(['results.csv', 'results.jsonl', 'analysis.json', 'summary.md', 'index.html']),
    );
  });

  it('has the same data files wherever it was made; only the page names the engine', () => {
    for (const file of first.files.filter((name) => name !== 'index.html'))
      expect(read('a', file)).toBe(read('b', file));
    expect(read('a', 'index.html')).toContain('engine wasm');
    expect(read('b', 'index.html').replace('engine native (avx2)', 'engine wasm')).toBe(
      read('a', 'index.html'),
    );
  });

  it('is one self-contained page: no script, nothing loaded from elsewhere', () => {
    const { document } = parseHTML(read('a', 'index.html'));
    expect(
      document.querySelectorAll('script, iframe, object, link, img, [src], [onload], [onclick]'),
    ).toHaveLength(0);
    const outside = [...document.querySelectorAll('[href]')].map((element) => element.getAttribute('href'));
    expect(outside.filter((target) => !target?.startsWith('#'))).toEqual([]);
    expect(read('a', 'index.html')).not.toMatch(/url\(|@import/);
    expect(document.querySelectorAll('figure svg')).toHaveLength(6);
  });

  it('shows poisoned text as inert text, the trigger marked and control characters visible', () => {
    const { document } = parseHTML(read('a', 'index.html'));
    const samples = [...document.querySelectorAll('.sample')];
    expect(samples).toHaveLength(2);
    expect(document.querySelectorAll('.sample b, .sample script, main > p i')).toHaveLength(0);
    expect(samples[1].querySelector('mark')?.textContent).toBe('plumbob verdant quixote');
    expect(samples[0].querySelector('mark')).toBeNull();
    expect(samples[1].textContent).toContain('<script>alert(1)</script>');
    expect(samples[1].textContent).toContain('␇');
  });

  it('says what was found, on how much, and what not to conclude', () => {
    const text = parseHTML(read('a', 'index.html')).document.querySelector('main')?.textContent ?? '';
    for (const part of [
      'An illustration, not a test',
      '6 of 6 runs finished',
      'What not to conclude',
      'Reproduce it',
      'SHA-256',
    ]) {
      expect(text).toContain(part);
    }
    expect(text).not.toMatch(/NaN|undefined|Infinity/);
  });
});

describe('visible text', () => {
  it('shows what would act unseen, and keeps line feeds', () => {
    expect(visibleText('a\u0000\u001b[31m\u007f\nb\u202e\u200b\ud800')).toBe(
      'a␀␛[31m␡\nb⟨U+202E⟩⟨U+200B⟩\ufffd',
    );
  });

  it('leaves no markup', () => {
    expect(escapeMarkup(`<a href="x" id='y'>&`)).toBe('&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;');
  });
});
