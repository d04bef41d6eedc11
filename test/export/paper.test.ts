// The document of docs/export.md, set by pdflatex where that is found: every table and figure fits its column.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandLine } from '../cli/captured-context.ts';
import { temporaryFolder } from '../run/fake-runs.ts';
import { say } from '../say.ts';

const isThere = spawnSync('pdflatex', ['--version']).error === undefined;
if (!isThere) say('SKIPPED: tables and figures set by LaTeX: no pdflatex');

describe.skipIf(!isThere)('a paper', () => {
  it.each(['constant-count', 'sensitivity'])('takes all of %s in, and nothing is too wide', {
    timeout: 120_000,
  }, async (name) => {
    const folder = temporaryFolder();
    const made = await commandLine(['export', join(process.cwd(), 'results', name), '--out', 'paper'], {
      folder,
    });
    expect(made.code, made.err).toBe(0);
    const paper = join(folder, 'paper');
    const tables = readdirSync(join(paper, 'tables')).map(
      (file) => `\\input{tables/${file.replace('.tex', '')}}`,
    );
    const page = readFileSync('docs/export.md', 'utf8');
    const document = /```latex\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
    expect(document).toContain('\\input{tables/success}');
    const whole = document.replace('\\input{tables/success}', () => tables.join('\n'));
    writeFileSync(join(paper, 'main.tex'), whole);
    const { status, stdout } = spawnSync('pdflatex', ['-interaction=nonstopmode', 'main.tex'], {
      cwd: paper,
      encoding: 'latin1',
    });
    expect(stdout.match(/^!.*|Overfull \\hbox.*/gm) ?? []).toEqual([]);
    expect(status).toBe(0);
  });
});
