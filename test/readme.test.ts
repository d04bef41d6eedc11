// What the README tells its readers to type, typed: every command of its table and of its shell blocks on an experiment of
// a second, and its experiment planned.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { program } from './reliability/built-program.ts';
import { temporaryFolder } from './run/fake-runs.ts';
import { tinyYaml } from './run/tiny-experiment.ts';

const root = resolve('.');
const readme = readFileSync('README.md', 'utf8');
const table = readme.slice(readme.indexOf('| command |'), readme.indexOf('Every command that reports'));

/** Fenced blocks of a language. */
const blocks = (language: string) =>
  [...readme.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map(([, text]) => text ?? '');

/** A command's words, quotes taken off. */
const wordsOf = (command: string) =>
  (command.match(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g) ?? []).map((word) => word.replace(/['"]/g, ''));

/** Commands in the first column of the table, and those that shell blocks give to `npx tinypoison`. */
function commands(): string[] {
  const rows = [...table.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, command = '']) => command.replace(/^tinypoison /, '')),
  );
  const typed = blocks('sh').flatMap((block) => block.match(/(?<=^npx tinypoison ).+/gm) ?? []);
  return [...rows, ...typed];
}

/** What would take minutes here is done on less. */
const CHEAPER: readonly (readonly [RegExp, string])[] = [
  [/^verify results\/constant-count$/, `verify ${join(root, 'results', 'golden')} --sample 1`],
  [/^run experiments\/real-text/, `plan ${join(root, 'experiments', 'real-text')}`],
  [/^lab$/, 'lab --single lab.html'],
  [/--documents 250/, '--documents 5'],
];

function type(command: string, folder: string): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...wordsOf(command)], {
    cwd: folder,
    encoding: 'utf8',
  });
  return { status, output: `${stdout}${stderr}` };
}

test('every command of the README works, in its order', () => {
  const folder = temporaryFolder();
  const lines = Array.from({ length: 60 }, (_, i) =>
    JSON.stringify({ text: `Once upon a time there were ${i} cats.` }),
  );
  for (const name of ['in.jsonl', 'my-corpus.jsonl'])
    writeFileSync(join(folder, name), `${lines.join('\n')}\n`);
  // What is exported and signed: small results in the place of large ones.
  cpSync(join(root, 'results', 'golden'), join(folder, 'results', 'constant-count'), { recursive: true });
  const parts = [1, 2, 3].map((part) => `[{ kind: partition, parts: 3, part: ${part} }]`);
  writeFileSync(
    join(folder, 'parts.yaml'),
    `${tinyYaml.replace('name: tiny', 'name: parts')}sweep: { grid: { phases.pretrain.defend: [${parts.join(', ')}] }, seeds: [1] }\n`,
  );
  writeFileSync(
    join(folder, 'guarded.yaml'),
    `${tinyYaml.replace('{ kind: stories }', '{ kind: stories, splits: { trusted: 0.2 } }').replace('name: tiny', 'name: guarded')}sweep: { seeds: [1] }\n`,
  );
  const all = commands();
  expect(all.length).toBeGreaterThan(14);
  for (const command of all) {
    const [store] = existsSync(join(folder, 'runs')) ? storedRuns(join(folder, 'runs')) : [];
    const cheap = CHEAPER.reduce((text, [pattern, other]) => text.replace(pattern, other), command);
    const { status, output } = type(cheap.replace('<run>', store ?? 'no-run-yet'), folder);
    expect(status, `${command}\n${output}`).toBe(0);
    if (command.startsWith('init '))
      writeFileSync(join(folder, 'my.yaml'), `${tinyYaml}sweep: { seeds: [1] }\n`);
  }
}, 300_000);

/** Ids of the runs in a store. */
function storedRuns(store: string): string[] {
  return readdirSync(store, { recursive: true, encoding: 'utf8' })
    .filter((path) => /result\.json$/.test(path))
    .map((path) => path.split(/[\\/]/).at(-2) ?? '');
}

test('the table names every command of the program', () => {
  const { output } = type('--help', root);
  const offered = [...(output.split('Commands:')[1] ?? '').matchAll(/^ {2}([a-z]+)/gm)].map(
    ([, name]) => name,
  );
  expect(offered).toContain('run');
  const missing = offered.filter(
    (name) => name !== 'help' && !new RegExp(`\`(tinypoison )?${name}\\b`).test(table),
  );
  expect(missing).toEqual([]);
});

test('its experiment can be planned in a clone', () => {
  const folder = temporaryFolder();
  cpSync('configs', join(folder, 'configs'), { recursive: true });
  for (const [index, yaml] of blocks('yaml').entries()) {
    writeFileSync(join(folder, `${index}.yaml`), yaml);
    const { status, output } = type(`plan ${index}.yaml`, folder);
    expect(status, output).toBe(0);
  }
  expect(blocks('yaml')).not.toEqual([]);
});

test('npm knows the scripts that it and CONTRIBUTING name', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
  const pages = readme + readFileSync('CONTRIBUTING.md', 'utf8');
  const named = [...pages.matchAll(/npm (?:run )?(start|test\b(?!:)|(?<=run )[\w:]+)/g)].map(
    ([, name]) => name,
  );
  expect(named).toEqual(expect.arrayContaining(['start', 'test', 'test:slow', 'check']));
  expect(named.filter((name) => scripts[name ?? ''] === undefined)).toEqual([]);
});
