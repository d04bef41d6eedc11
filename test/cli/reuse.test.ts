// run --reuse: finished runs of published results count as done.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunTimes } from '../../src/cli/results/record-times.ts';
import { checksumsOf } from '../../src/report/checksums.ts';
import { resultsCsv } from '../../src/report/results-csv.ts';
import { resultsJsonl } from '../../src/report/results-jsonl.ts';
import type { RunRecord } from '../../src/run/record.ts';
import { parseRecord } from '../../src/run/schemas/record-schema.ts';
import { readProvenance } from '../../src/run/store/read-run-file.ts';
import { runFolder, writeResult } from '../../src/run/store/store.ts';
import { impliedIdentity } from '../../src/verify/results-folder.ts';
import { tinyYaml } from '../run/tiny-experiment.ts';
import { commandLine } from './captured-context.ts';

const folder = mkdtempSync(join(tmpdir(), 'tinypoison-reuse-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const published = join(folder, 'published');
const grid = (counts: string) => ['--sweep', `phases.pretrain.poison.documents=${counts}`];
const words = (results: string, store: string, ...more: string[]) => [
  ...['run', 'tiny.yaml', '--store', store, '--results', results],
  ...['--engine', 'wasm', '--executor', 'in-process', '--workers', '1', ...more],
];
const recordsOf = (results: string): RunRecord[] =>
  readFileSync(join(results, 'results.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line, i) => parseRecord(line, { file: results, line: i + 1, remedy: '' }));

/** The published results with other records, as if they had been written so. */
function forged(name: string, change: (record: RunRecord) => RunRecord): string {
  const target = join(folder, name);
  cpSync(published, target, { recursive: true });
  const records = recordsOf(published).map(change);
  const files = new Map([
    ['results.jsonl', resultsJsonl(records)],
    ['results.csv', resultsCsv(records)],
  ]);
  for (const [file, text] of files) writeFileSync(join(target, file), text);
  writeFileSync(join(target, 'SHA256SUMS'), checksumsOf(files));
  return target;
}

beforeAll(async () => {
  writeFileSync(join(folder, 'tiny.yaml'), tinyYaml);
  const { code, err } = await commandLine(words(published, 'store', ...grid('[0, 4]')), { folder });
  expect(err).not.toContain('error');
  expect(code).toBe(0);
}, 60_000);

describe('run --reuse', () => {
  it('trains only what the results lack, and gives what training all of it gives', async () => {
    const both = join(folder, 'both');
    const reused = await commandLine(words(both, 'new', '--reuse', published, ...grid('[0, 4, 6]')), {
      folder,
    });
    expect(reused.code).toBe(0);
    expect(reused.err).toContain('2 of 3 runs are taken from published, without weights');
    const whole = join(folder, 'whole');
    await commandLine(words(whole, 'other', ...grid('[0, 4, 6]')), { folder });
    for (const file of ['results.jsonl', 'results.csv', 'analysis.json'])
      expect(readFileSync(join(both, file), 'utf8')).toBe(readFileSync(join(whole, file), 'utf8'));
    const [first, , last] = recordsOf(both).map(({ id }) => readProvenance(join(folder, 'new'), id));
    expect(first).toMatchObject({ reusedFrom: { results: 'published' } });
    expect(last?.engine).toContain('WebAssembly');
  }, 60_000);

  it('writes when each run was done beside the results, a line a run that was trained here, and never again', async () => {
    const timesOf = (results: string) =>
      readFileSync(join(results, 'times.jsonl'), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as RunTimes);
    const whole = timesOf(published);
    expect(whole.map(({ run }) => run)).toEqual(recordsOf(published).map(({ id }) => id));
    for (const { started, finished, engine, machine, seconds } of whole) {
      expect(started <= finished).toBe(true);
      expect(started).toMatch(/^\d{4}-\d\d-\d\dT/);
      expect(engine).toContain('WebAssembly');
      expect(machine).toContain('cores');
      expect(seconds).toBeGreaterThan(0);
    }
    const both = join(folder, 'times');
    const again = words(both, 'timed', '--reuse', published, ...grid('[0, 4, 8]'));
    for (let i = 0; i < 2; i++) expect((await commandLine(again, { folder })).code).toBe(0);
    expect(timesOf(both)).toHaveLength(1);
    expect(readFileSync(join(both, 'SHA256SUMS'), 'utf8')).not.toContain('times');
  }, 60_000);

  const refused = async (results: string, ...more: string[]) => {
    const { code, err } = await commandLine(
      words(join(folder, 'refused'), 'refused-store', '--reuse', results, ...grid('[0, 4]'), ...more),
      { folder },
    );
    expect(code).toBe(2);
    return err;
  };

  it('refuses results that were changed, in whatever their checksums say', async () => {
    const broken = join(folder, 'broken');
    cpSync(published, broken, { recursive: true });
    const file = join(broken, 'results.jsonl');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/"cleanLossNats":\d/, '"cleanLossNats":9'));
    expect(await refused(broken)).toContain('SHA256SUMS');
    writeFileSync(join(broken, 'SHA256SUMS'), '');
    expect(await refused(broken)).toContain('SHA256SUMS');
    const renamed = forged('renamed', (record) => ({ ...record, id: '0'.repeat(64) }));
    expect(await refused(renamed)).toContain('id does not follow');
  });

  it('refuses runs of other contracts, other experiments, and where weights are wanted', async () => {
    const foreign = forged('foreign', (record) => {
      const other = { ...record, contracts: { ...record.contracts, train: 99 } };
      return { ...other, id: impliedIdentity(other) };
    });
    expect(await refused(foreign)).toMatch(/other contracts \(train 99/);
    expect(await refused(published, '--set', 'corpus.seed=elsewhere')).toContain('hold none of the 2 runs');
    expect(await refused(published, '--keep-weights', 'all')).toContain('hold no weights');
  });

  it('takes over a run that failed here, and leaves one that ended', async () => {
    const store = join(folder, 'failed-here');
    const [first, second] = recordsOf(published) as [RunRecord, RunRecord];
    mkdirSync(runFolder(store, first.id), { recursive: true });
    const failed = { ...first, status: 'failed' as const, error: 'no memory', checkpoints: [], samples: [] };
    writeResult(store, { ...failed, tokensTrained: 0, weightsHash: null });
    mkdirSync(runFolder(store, second.id), { recursive: true });
    writeResult(store, second);
    const results = join(folder, 'taken-over');
    const { code, err } = await commandLine(
      words(results, 'failed-here', '--reuse', published, ...grid('[0, 4]')),
      { folder },
    );
    expect(err).toContain(
      '2 of 2 runs are taken from published, without weights (1 of them in the store before)',
    );
    expect(code).toBe(0);
    expect(recordsOf(results)).toEqual(recordsOf(published));
    expect(readProvenance(store, second.id)).toBeNull();
  });
});
