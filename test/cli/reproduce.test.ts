import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../run/fake-runs.ts';
import { tinyYaml } from '../run/tiny-experiment.ts';
import { commandLine } from './captured-context.ts';

const engine = ['--engine', 'wasm'];
const lines = Array.from({ length: 300 }, (_, index) =>
  JSON.stringify({
    text: `Document ${index}: the fox of village ${index % 17} met ${index * 7} other foxes.`,
  }),
);
const dataFiles = ['results.csv', 'results.jsonl', 'analysis.json', 'summary.md'];

/** An experiment in one folder, its corpus in another, its poison and model in a third. */
function workplace(): string {
  const folder = temporaryFolder();
  for (const name of ['data', 'mine', 'parts']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'data', 'foxes.jsonl'), `${lines.join('\n')}\n`);
  writeFileSync(join(folder, 'parts', 'model.yaml'), 'width: 16\nlayers: 1\nheads: 1\ncontextTokens: 64\n');
  const yaml = tinyYaml
    .replace('{ kind: stories }', '{ path: ../data/foxes.jsonl }')
    .replace(/model: .*/, 'model: { extends: ../parts/model.yaml }')
    .replace('evaluation:\n', 'evaluation:\n  samples: 1\n');
  writeFileSync(join(folder, 'mine', 'foxes.yaml'), yaml);
  return folder;
}

const readAll = (folder: string) => dataFiles.map((name) => readFileSync(join(folder, name), 'utf8'));

describe('results', () => {
  test('hold the config that gives the same bytes when it is run from their folder, options included', async () => {
    const folder = workplace();
    const options = [
      ...['--set', 'name=foxes', '--set', "poison.trigger.text=it's <X>"],
      ...['--sweep', 'poison.documents=[0, 3]'],
    ];
    const first = await commandLine(['run', 'mine/foxes.yaml', ...options, ...engine], { folder });
    expect(first).toMatchObject({ code: 0, err: expect.stringContaining('results go to results/foxes\n') });
    const results = join(folder, 'results', 'foxes');
    const config = readFileSync(join(results, 'config.yaml'), 'utf8');
    expect(config).toContain('path: ../../data/foxes.jsonl');
    expect(config).toContain(
      `# From ../../mine/foxes.yaml with --set name=foxes --set 'poison.trigger.text=it'\\''s <X>' --sweep 'poison.documents=[0, 3]'.`,
    );
    expect(config).not.toContain('extends:');
    const page = readFileSync(join(results, 'index.html'), 'utf8');
    expect(page).toContain('--sweep &#39;poison.documents=[0, 3]&#39;');
    expect(page).toContain('The text itself is not in these results');

    const again = await commandLine(['run', 'config.yaml', ...engine], { folder: results });
    expect(again.code).toBe(0);
    expect(readAll(join(results, 'results', 'foxes'))).toEqual(readAll(results));
    const planned = await commandLine(['plan', 'results/foxes/config.yaml', '--json'], { folder });
    expect(JSON.parse(planned.out)).toMatchObject({ name: 'foxes', runs: [{}, {}] });

    // Written again elsewhere, its paths start from there.
    await commandLine(['report', 'results/foxes', '--results', 'deep/er/copy'], { folder });
    expect(readFileSync(join(folder, 'deep', 'er', 'copy', 'config.yaml'), 'utf8')).toContain(
      'path: ../../../data/foxes.jsonl',
    );
  });

  test('are not replaced by results that lack some of their runs, unless it is said', async () => {
    const folder = workplace();
    const run = (...more: string[]) =>
      commandLine(['run', 'mine/foxes.yaml', ...engine, ...more], { folder });
    const sweep = ['--sweep', 'poison.documents=[0, 3]'];
    expect((await run(...sweep)).code).toBe(0);
    const results = join(folder, 'results', 'tiny');
    const before = readAll(results);

    const runs = readdirSync(join(folder, 'runs')).length;
    const narrower = await run('--set', 'poison.documents=3');
    expect(narrower.code).toBe(2);
    expect(narrower.err).toMatch(
      /results\/tiny holds results of 2 runs, and 1 of them is not among the 1 run of this command.*--force/,
    );
    const other = await run('--set', 'sweep.seeds=[7]');
    expect(other).toMatchObject({ code: 2, err: expect.stringMatching(/2 of them are not among/) });
    expect(readAll(results)).toEqual(before);
    expect(readdirSync(join(folder, 'runs'))).toHaveLength(runs); // nothing was trained for it

    const reported = await commandLine(['report', 'mine/foxes.yaml', '--set', 'poison.documents=3'], {
      folder,
    });
    expect(reported).toMatchObject({ code: 2, err: expect.stringMatching(/--force/) });

    expect((await run('--sweep', 'poison.documents=[0, 3, 4]')).code).toBe(0); // extended
    expect(readFileSync(join(results, 'results.jsonl'), 'utf8').split('\n')).toHaveLength(4);
    expect((await run('--set', 'poison.documents=3', '--force')).code).toBe(0);
    expect(readFileSync(join(results, 'results.jsonl'), 'utf8').split('\n')).toHaveLength(2);
  });

  test('of the experiment that ships with the program can be planned from anywhere', async () => {
    const folder = temporaryFolder();
    const { code, out } = await commandLine(['plan', 'tinypoison:experiments/quickstart'], { folder });
    expect(code).toBe(0);
    expect(out).toContain('quickstart: 8 runs');
    const unknown = await commandLine(['plan', 'tinypoison:experiments/../x'], { folder });
    expect(unknown).toMatchObject({ code: 2, err: expect.stringContaining('experiments/quickstart does') });
  });
});

test("README's experiment is valid in a folder that holds nothing else", async () => {
  const folder = temporaryFolder();
  const yaml = /```yaml\n([\s\S]*?)```/.exec(readFileSync('README.md', 'utf8'))?.[1] ?? '';
  writeFileSync(join(folder, 'experiment.yaml'), yaml);
  expect(await commandLine(['plan', 'experiment.yaml'], { folder })).toMatchObject({ code: 0, err: '' });
});

test('poison makes the folder of its output', async () => {
  const folder = workplace();
  cpSync(join(folder, 'data', 'foxes.jsonl'), join(folder, 'in.jsonl'));
  const words = [
    'poison',
    'in.jsonl',
    '--documents',
    '2',
    '--out',
    'new/deep/out.jsonl',
    '--encoding',
    'bytes',
  ];
  expect(await commandLine(words, { folder })).toMatchObject({ code: 0, err: '' });
  expect(existsSync(join(folder, 'new', 'deep', 'out.jsonl.manifest.json'))).toBe(true);
});
