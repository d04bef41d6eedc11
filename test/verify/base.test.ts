// Runs that start from stored weights are repeated where those are found: by hash, wherever they lie.
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readResult, runFile } from '../../src/run/store/store.ts';
import { baseFolders } from '../../src/verify/base-finder.ts';
import { commandLine } from '../cli/captured-context.ts';
import { runTiny, tinyYaml } from '../run/tiny-experiment.ts';

const engine = ['--engine', 'wasm', '--workers', '1'];

describe('results of runs that start from a stored run', () => {
  let folder = '';
  let first = '';

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tinypoison-based-'));
    const store = join(folder, 'runs');
    first = (await runTiny(store)).ids[0] as string;
    const based = tinyYaml
      .replace('name: tiny', 'name: based')
      .replace('phases:', `base: { run: ${first} }\nphases:`);
    writeFileSync(join(folder, 'based.yaml'), based);
    const { code, err } = await commandLine(['run', 'based.yaml', '--executor', 'in-process', ...engine], {
      folder,
    });
    expect(code, err).toBe(0);
    // as somebody else has them: the model apart, and no store
    const model = join(folder, 'model');
    cpSync(runFile(store, first, 'weights'), model, { recursive: true });
    cpSync(runFile(store, first, 'vocabulary'), join(model, 'vocabulary.json'));
  }, 120_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const verify = (...words: string[]) =>
    commandLine(['verify', 'results/based', ...engine, ...words], { folder });

  test.each([
    ['the store, by the hash that their record has', []],
    ['a folder that is named', ['--store', 'none', '--base', 'model']],
    ['a run that is named', ['--base', 'RUN']],
  ] as const)(
    'are repeated from %s',
    async (_, words) => {
      const { code, out, err } = await verify(
        ...words.map((word) => (word === 'RUN' ? first.slice(0, 10) : word)),
      );
      expect(code, err + out).toBe(0);
      expect(out).toMatch(/same bits/i);
    },
    60_000,
  );

  test('say what is missing, what was searched, and how to name it', async () => {
    const stored = readResult(join(folder, 'runs'), first);
    const hash = stored.kind === 'found' ? String(stored.record.weightsHash).slice(0, 16) : '';
    const { code, err } = await verify('--store', 'none', '--base', 'results');
    expect(code).toBe(2);
    expect(err).toContain(
      `these runs start from stored weights, model.safetensors with SHA-256 ${hash}…, which are not in`,
    );
    expect(err).toMatch(/results, the runs of .*none\. Name their folder .*with --base/);
  });

  test('never start from other weights than those of the record', async () => {
    const other = join(folder, 'other');
    cpSync(join(folder, 'model'), other, { recursive: true });
    writeFileSync(join(other, 'model.safetensors'), 'changed');
    const { code, err } = await verify('--store', 'none', '--base', 'other');
    expect(code).toBe(2);
    expect(err).toContain('which are not in');
  });
});

test('the weights that config.yaml names are a place to look in', () => {
  const text = tinyYaml.replace('phases:', 'base: { path: ../model }\nphases:');
  expect(baseFolders('/results/tiny/config.yaml', text)).toEqual(['/results/model']);
  expect(baseFolders('/results/tiny/config.yaml', tinyYaml)).toEqual([]);
  expect(baseFolders('/results/tiny/config.yaml', 'nonsense')).toEqual([]);
});
