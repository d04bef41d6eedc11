// An export as a whole: which files, the same bytes each time, and nothing of a stranger that acts.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ExperimentRecords } from '../../src/analyse/experiment-records.ts';
import { canonicalJson } from '../../src/core/canonical-json.ts';
import { type Export, makeExport } from '../../src/export/make-export.ts';
import { writeExport } from '../../src/export/write-export.ts';
import { parseRecord } from '../../src/run/schemas/record-schema.ts';
import { temporaryFolder } from '../run/fake-runs.ts';

const options = { titles: false, dotsPerInch: 300, version: '1.2.3' };
const HOSTILE = '</text><script>alert(1)</script>\\input{x} $x$ \u001b[2J \u202e (evil) Tj /JS';

function golden(): ExperimentRecords {
  const file = 'results/golden/results.jsonl';
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  return {
    name: 'golden',
    configText: '',
    records: lines.map((line) => parseRecord(line, { file, remedy: '' })),
  };
}

/** Golden results of which every free text is another's. */
function hostile(): ExperimentRecords {
  const { records } = golden();
  const changed = records.map((record) =>
    parseRecord(
      canonicalJson(record)
        .replaceAll('"kettle lantern saddle"', JSON.stringify(HOSTILE))
        .replaceAll('"denial-of-service"', JSON.stringify(HOSTILE)),
      { file: '', remedy: '' },
    ),
  );
  return { name: HOSTILE, configText: '', records: changed };
}

const textOf = (made: Export, name: string) => Buffer.from(made.files.get(name) ?? '').toString('latin1');

let plain: Export;
let evil: Export;
beforeAll(async () => {
  plain = await makeExport(golden(), options);
  evil = await makeExport(hostile(), options);
}, 120_000);

describe('the files of an export', () => {
  it('are figures at two widths in three kinds, tables, methods, references, notebook and data', () => {
    const names = [...plain.files.keys()];
    expect(names.filter((name) => name.startsWith('figures/single')).length % 3).toBe(0);
    for (const name of [
      'figures/double/success-by-count-group-1.pdf',
      'figures.tex',
      'tables/success-group-1.tex',
      'methods.tex',
      'methods.txt',
      'references.bib',
      'analysis.ipynb',
      'data/results.csv',
      'data/dictionary.md',
      'data/dictionary.csv',
    ])
      expect(names).toContain(name);
    expect(plain.messages).toEqual([]);
  });

  it('are the same bytes each time', async () => {
    const again = await makeExport(golden(), options);
    for (const [name, content] of plain.files)
      expect(Buffer.from(again.files.get(name) ?? '').equals(Buffer.from(content)), name).toBe(true);
  });

  it('hold the table of the results folder', () => {
    expect(plain.files.get('data/results.csv')).toBe(readFileSync('results/golden/results.csv', 'utf8'));
  });
});

describe('a figure', () => {
  const name = 'figures/single/success-by-count-group-1';

  it('is 85 mm wide in each of its files', () => {
    const [, width] = /MediaBox \[0 0 ([\d.]+)/.exec(textOf(plain, `${name}.pdf`)) ?? [];
    expect((Number(width) * 25.4) / 72).toBeCloseTo(85, 3);
    expect(textOf(plain, `${name}.svg`)).toContain(' width="85mm"');
    const png = Buffer.from(plain.files.get(`${name}.png`) ?? '');
    expect(png.readUInt32BE(16)).toBeGreaterThan((85 / 25.4) * 300 - 2);
    expect(png.readUInt32BE(16)).toBeLessThan((85 / 25.4) * 300 + 2);
    expect(png.subarray(37, 41).toString()).toBe('pHYs');
    expect(png.readUInt32BE(41)).toBe(11811);
  });

  it('is a PDF of vectors with its font embedded, of one page, without a date of today or a script', () => {
    const text = textOf(plain, `${name}.pdf`);
    expect(text).toMatch(/^%PDF-1\./);
    expect(text).toContain('/FontFile2');
    expect(text).not.toContain('/Subtype /Image');
    expect(text.match(/\/Type \/Page\b/g)).toHaveLength(1);
    expect(text.match(/D:\d{8}/g)).toEqual(['D:19700101']);
  });

  it('has its title only where it is wanted', async () => {
    const title = 'Attack success by number';
    expect(textOf(plain, `${name}.svg`).split('\n').slice(1).join('\n')).not.toContain(title);
    const titled = await makeExport(golden(), { ...options, titles: true });
    expect(textOf(titled, `${name}.svg`).split('\n').slice(1).join('\n')).toContain(title);
  });
});

describe('strings of strangers', () => {
  it('act in no file', () => {
    for (const [name, content] of evil.files) {
      if (name.endsWith('.png')) continue;
      const text = Buffer.from(content).toString('utf8');
      if (name.endsWith('.svg')) expect(text, name).not.toContain('<script');
      if (name.endsWith('.pdf')) expect(text, name).not.toMatch(/\/JS|\/JavaScript|\(evil\)/);
      if (name.endsWith('.tex') || name.endsWith('.bib')) expect(text, name).not.toContain('\\input{x}');
      if (name !== 'data/results.csv' && !name.endsWith('.pdf'))
        for (const harmful of ['\u001b', '\u202e']) expect(text, name).not.toContain(harmful);
    }
  });

  it('stand in the notebook as escaped text, and not in its code', () => {
    const { cells } = JSON.parse(String(evil.files.get('analysis.ipynb')));
    const [head, ...others] = cells;
    expect(head.source.join('')).toContain('&lt;script&gt;');
    expect(JSON.stringify(others)).not.toContain('evil');
    expect(String(plain.files.get('analysis.ipynb')).replace('golden', 'x').length).toBeGreaterThan(1000);
  });

  it('give labels of LaTeX that are plain', () => {
    expect(String(evil.files.get('figures.tex'))).toMatch(/\\label\{fig:[a-z0-9-]+\}/);
  });
});

describe('the folder of an export', () => {
  const files = (...names: string[]) => new Map(names.map((name) => [name, 'x']));

  it('loses what an earlier export wrote and this one does not', () => {
    const folder = join(temporaryFolder(), 'out');
    writeExport(folder, files('analysis.ipynb', 'tables/old.tex'), 'out');
    writeFileSync(join(folder, 'mine.txt'), 'kept');
    writeExport(folder, files('analysis.ipynb', 'tables/new.tex'), 'out');
    expect(readdirSync(join(folder, 'tables'))).toEqual(['new.tex']);
    expect(readFileSync(join(folder, 'mine.txt'), 'utf8')).toBe('kept');
  });

  it('is refused where it holds anything else', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'thesis.tex'), 'mine');
    expect(() => writeExport(folder, files('analysis.ipynb'), 'out')).toThrow(
      'out holds files that are no export',
    );
  });

  it('never loses a file outside of it, whatever SHA256SUMS names', () => {
    const folder = join(temporaryFolder(), 'out');
    const outside = join(folder, '..', 'outside.txt');
    writeExport(folder, files('analysis.ipynb'), 'out');
    writeFileSync(outside, 'mine');
    writeFileSync(join(folder, 'SHA256SUMS'), `${'0'.repeat(64)}  ../outside.txt\n`);
    writeExport(folder, files('analysis.ipynb'), 'out');
    expect(readFileSync(outside, 'utf8')).toBe('mine');
  });
});
