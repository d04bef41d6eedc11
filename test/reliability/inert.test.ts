// Text of a corpus, a trigger, a payload or a description that wants to act: on a terminal, in a spreadsheet, in a page.
// It goes the whole way, run -> report -> list, inspect, prompt, and stays text.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';
import { type Captured, commandLine } from '../cli/captured-context.ts';
import { temporaryFolder } from '../run/fake-runs.ts';
import { tinyYaml } from '../run/tiny-experiment.ts';
import { filesBelow } from './built-program.ts';

const TERMINAL = '\u001b]0;owned\u0007\u001b[2J\u009b31m\u202e\u2066';
const MARKUP = '<script>alert(1)</script>"><img src=x onerror=alert(1)>\'</title></svg>&lt;]]>';
const MARKDOWN = '[x](javascript:alert(1)) ![y](http://z) `*_|\n# head\n<b>';
const FORMULA = '=HYPERLINK("http://z","1")';
const HOSTILE = [TERMINAL, MARKUP, MARKDOWN, FORMULA, '@SUM(1)', '+1', '-1', '\t=1', '\r=1'];

/** What a terminal would obey; a line feed is not in it. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const OBEYED = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/;

function hostileFolder(): string {
  const folder = temporaryFolder();
  const documents = Array.from({ length: 1500 }, (_, i) => ({
    text: `${HOSTILE[i % HOSTILE.length]} document ${i} ends.`,
  }));
  writeFileSync(
    join(folder, 'corpus.jsonl'),
    documents.map((document) => `${JSON.stringify(document)}\n`).join(''),
  );
  const text = (value: string) => JSON.stringify(value);
  const yaml = tinyYaml
    .replace(
      'corpus: { kind: stories }',
      'corpus: { path: corpus.jsonl, splits: { prompts: 0.2, calibration: 0.2 } }',
    )
    .replace('name: tiny\n', `name: tiny\ndescription: ${text(`${HOSTILE.join(' ')}`)}\n`)
    .replace('trigger: { text: "<S>" }', `trigger: { text: "start", inCleanText: allow }`)
    .replace(
      'attack: denial-of-service',
      `attack: target-phrase\n      phrase: ${text(`${MARKUP.slice(0, 40)}${TERMINAL}`)}`,
    )
    .replace(/ {6}prefixTokens.*\n/, '')
    .replace('contextTokens: 64', 'contextTokens: 256')
    .replace('tokens: 4096', 'tokens: 16384')
    .replace('generatedTokens: 8', 'generatedTokens: 80');
  const triggers = [FORMULA, `${MARKUP}${TERMINAL}`, '\t=1', MARKDOWN].map(text).join(', ');
  writeFileSync(
    join(folder, 'tiny.yaml'),
    `${yaml}sweep:\n  grid: { phases.pretrain.poison.trigger.text: [${triggers}] }\n`,
  );
  return folder;
}

/** Cells of a CSV text. */
function cellsOf(csv: string): string[] {
  return [...csv.matchAll(/"((?:[^"]|"")*)"|([^",\n]+)/g)].map(([, quoted, plain]) =>
    (quoted ?? plain ?? '').replaceAll('""', '"'),
  );
}

function checkTerminal({ out, err, code }: Captured, what: string): void {
  expect(code, `${what}: ${err}`).toBe(0);
  expect(OBEYED.exec(out)?.[0], `${what}, standard output`).toBeUndefined();
  expect(OBEYED.exec(err)?.[0], `${what}, standard error`).toBeUndefined();
}

/** Nothing in a page or a figure that a browser would run or fetch. */
function checkMarkup(text: string, name: string): void {
  const { document } = parseHTML(text);
  for (const element of document.querySelectorAll('*')) {
    const what = `<${element.tagName}> in ${name}`;
    expect(element.tagName.toLowerCase(), what).not.toMatch(/^(b|iframe|object|embed|foreignobject)$/);
    if (element.tagName.toLowerCase() === 'script')
      expect(element.textContent, what).not.toContain('alert(1)');
    for (const attribute of element.getAttributeNames()) {
      expect(attribute, what).not.toMatch(/^on/);
      if (/^(src|href|xlink:href|action)$/.test(attribute))
        expect(element.getAttribute(attribute), what).toMatch(
          /^(#|data:image\/|data:text\/|data:application\/|https:\/\/|figures\/|[\w.-]+$)/,
        );
    }
  }
}

test('hostile text stays text from the corpus to the report', { timeout: 60_000 }, async () => {
  const folder = hostileFolder();
  const engine = ['--engine', 'wasm', '--workers', '1'];
  checkTerminal(await commandLine(['plan', 'tiny.yaml'], { folder }), 'plan');
  checkTerminal(await commandLine(['run', 'tiny.yaml', ...engine], { folder }), 'run');
  checkTerminal(await commandLine(['report', 'tiny.yaml', '--json'], { folder }), 'report --json');
  checkTerminal(await commandLine(['list'], { folder }), 'list');
  const listed = await commandLine(['list', '--json'], { folder });
  checkTerminal(listed, 'list --json');
  const { runs } = JSON.parse(listed.out) as { runs: { id: string }[] };
  expect(runs).toHaveLength(4);
  for (const { id } of runs) {
    checkTerminal(await commandLine(['inspect', id, '--full'], { folder }), 'inspect');
    checkTerminal(await commandLine(['inspect', id, '--json'], { folder }), 'inspect --json');
    for (const flag of [[], ['--json']])
      checkTerminal(
        await commandLine(
          ['prompt', id, `${FORMULA}${TERMINAL}`, '--tokens', '4', '--engine', 'wasm', ...flag],
          {
            folder,
          },
        ),
        'prompt',
      );
  }
  const results = join(folder, 'results', 'tiny');
  const read = (name: string) => readFileSync(join(results, name), 'utf8');
  const cells = cellsOf(read('results.csv'));
  expect(cells.some((cell) => cell.includes('HYPERLINK'))).toBe(true);
  for (const cell of cells)
    if (/^[=+\-@\t\r]/.test(cell)) expect(Number.isFinite(Number(cell)), cell).toBe(true);
  for (const name of filesBelow(results)) if (/\.(html|svg)$/.test(name)) checkMarkup(read(name), name);
  expect(read('index.html')).toContain('&lt;script&gt;alert(1)');
  expect(read('summary.md')).not.toMatch(/(?<!\\)(<(script|img|b)|\]\(javascript|&lt;)|^# head/m);
  for (const name of filesBelow(results).filter((path) => /\.(html|svg|md)$/.test(path)))
    expect(OBEYED.exec(read(name).replaceAll('\t', ' '))?.[0], name).toBeUndefined();
});
