import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { guardResults } from '../../src/cli/results/guard-results.ts';
import { CHECKSUMS_FILE, checksumsOf } from '../../src/report/checksums.ts';
import { temporaryFolder } from '../run/fake-runs.ts';
import { tinyYaml } from '../run/tiny-experiment.ts';
import { commandLine } from './captured-context.ts';

const record = (id: string) => `${JSON.stringify({ id })}\n`;
const both = { 'results.jsonl': record('a') + record('b'), 'config.yaml': 'name: x\n', 'index.html': '<p>' };

type Files = Readonly<Record<string, string>>;

function folderOf(files: Files, summed: Files = {}) {
  const folder = temporaryFolder();
  const sums = checksumsOf(new Map(Object.entries(summed)));
  const all = Object.keys(summed).length === 0 ? files : { ...files, [CHECKSUMS_FILE]: sums };
  for (const [name, text] of Object.entries(all)) writeFileSync(join(folder, name), text);
  return folder;
}

const guard = (folder: string, options: { force?: boolean; file?: string } = {}) =>
  guardResults({ folder, shown: 'here', ids: ['a', 'b', 'c'], force: false, ...options });

describe('new results', () => {
  test.each([
    ['no files', {}, {}],
    ['files that no report writes', { 'notes.md': 'x' }, {}],
    ['results', both, both],
    ['results whose writing was interrupted', both, {}],
  ])('go where there are %s', (_, files: Files, summed: Files) => {
    const folder = folderOf(files, summed);
    expect(() => guard(folder)).not.toThrow();
  });

  const { 'results.jsonl': records, ...rest } = both;
  test.each([
    ['files of somebody', rest, {}, 'here is not a folder of results, and holds config.yaml, index.html'],
    ['sums of other files', rest, rest, 'is not a folder of results'],
    ['results without their records', rest, both, 'results.jsonl is missing or empty'],
    ['empty records', { ...rest, 'results.jsonl': '' }, both, 'results.jsonl is missing or empty'],
    [
      'a damaged record',
      { ...both, 'results.jsonl': records.slice(0, -3) },
      both,
      'here holds results of 2 runs, and 1 of them is not among the 3 runs of this command (1 damaged line of',
    ],
  ])('do not replace %s, unless it is said', (_, files: Files, summed: Files, message) => {
    const folder = folderOf(files, summed);
    expect(() => guard(folder)).toThrow(message);
    expect(() => guard(folder)).toThrow(
      /Give --results <another folder> .*, or --force to replace what is there/,
    );
    expect(() => guard(folder, { force: true })).not.toThrow();
  });

  test('replace their experiment only if a report wrote it', () => {
    const written = folderOf(both, both);
    expect(() => guard(written, { file: join(written, 'config.yaml') })).not.toThrow();
    const edited = folderOf({ ...both, 'config.yaml': 'name: mine\n' }, both);
    expect(() => guard(edited, { file: join(edited, 'config.yaml') })).toThrow('is the experiment itself');
    expect(() => guard(edited, { file: join(written, 'config.yaml') })).not.toThrow();
  });
});

test('run, report and plan say that results would replace files of the author', async () => {
  const mine = { 'config.yaml': tinyYaml, 'index.html': 'mine' };
  const folder = folderOf(mine);
  const command = (name: string, ...more: string[]) =>
    commandLine([name, 'config.yaml', '--results', '.', '--engine', 'wasm', ...more], { folder });
  const message = 'config.yaml in . is the experiment itself';
  expect(await command('run')).toMatchObject({ code: 2, err: expect.stringContaining(message) });
  expect(await command('plan')).toMatchObject({ code: 0, out: expect.stringContaining(message) });
  expect(await commandLine(['run', 'config.yaml', '--engine', 'wasm'], { folder })).toMatchObject({
    code: 0,
  });
  expect(await command('report')).toMatchObject({ code: 2, err: expect.stringContaining(message) });
  for (const [name, text] of Object.entries(mine))
    expect(readFileSync(join(folder, name), 'utf8')).toBe(text);
  const results = join(folder, 'results', 'tiny');
  writeFileSync(join(results, 'results.jsonl'), '{');
  const again = (...more: string[]) =>
    commandLine(['run', 'config.yaml', '--engine', 'wasm', ...more], { folder });
  expect(await again()).toMatchObject({ code: 2, err: expect.stringContaining('1 damaged line') });
  expect(await again('--force')).toMatchObject({ code: 0 });
  expect(await again()).toMatchObject({ code: 0 });

  // Records are written first, so that a folder of interrupted results is told from others.
  const stopped = join(folder, 'stopped');
  mkdirSync(join(stopped, 'results.csv'), { recursive: true });
  expect((await again('--results', 'stopped', '--force')).code).not.toBe(0);
  expect(readdirSync(stopped).sort()).toEqual(['results.csv', 'results.jsonl']);
  rmSync(join(stopped, 'results.csv'), { recursive: true });
  writeFileSync(join(stopped, 'results.csv'), '');
  expect(await again('--results', 'stopped')).toMatchObject({ code: 0 });
});
