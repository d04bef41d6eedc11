// An adaptive sweep on the command line: planned, run, interrupted, reported and verified.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readResultsFolder } from '../../src/verify/results-folder.ts';
import { checkFiles } from '../../src/verify/verify-results.ts';
import { tinyYaml } from '../run/tiny-experiment.ts';
import { commandLine } from './captured-context.ts';

const folder = mkdtempSync(join(tmpdir(), 'tinypoison-adaptive-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const COUNTS = '[0, 1, 2, 3, 4]';
const adaptive = (budgetFlops: number, goal = '{kind: half-success, factor: 1.2}') => [
  ...['--set', `sweep.adaptive={goal: ${goal}, budgetFlops: ${budgetFlops}, controls: 1}`],
  ...['--set', 'sweep.seeds=[1, 2, 3, 4, 5]'],
  ...['--sweep', `phases.pretrain.poison.documents=${COUNTS}`],
];
const tiny = (command: string, store: string, ...more: string[]) => [
  ...[command, 'tiny.yaml', '--store', store, '--engine', 'wasm'],
  ...more,
];
const running = ['--executor', 'in-process', '--workers', '1'];

interface Forecast {
  readonly runs: readonly { readonly flops: number }[];
  readonly forecast: {
    readonly nextBatch: readonly number[];
    readonly runs: number;
    readonly expected: { readonly runs: number; readonly flops: number };
  };
}

const planned = async (store: string, ...words: string[]): Promise<Forecast> => {
  const { out, code, err } = await commandLine(tiny('plan', store, '--json', ...words), { folder });
  expect(`${code} ${err}`).toContain('0 ');
  return JSON.parse(out) as Forecast;
};

let flops = 0;
beforeAll(async () => {
  writeFileSync(join(folder, 'tiny.yaml'), tinyYaml);
  flops = (await planned('none', ...adaptive(1e18))).runs[0]?.flops ?? 0;
}, 60_000);

describe('an adaptive sweep', () => {
  it('is planned with its first batch and what it is expected to cost', async () => {
    const { forecast } = await planned('none', ...adaptive(12 * flops));
    // A control, and two seeds at each of four counts.
    expect(forecast.nextBatch).toHaveLength(9);
    expect(forecast.expected.runs).toBeGreaterThan(8);
    const { out } = await commandLine(tiny('plan', 'none', ...adaptive(12 * flops)), { folder });
    expect(out).toContain('The first batch has 9 runs.');
    expect(out).toContain('At most, the budget:');
  }, 60_000);

  it('runs batch after batch within its budget, writes its decisions down, and verifies', async () => {
    const { code, err, out } = await commandLine(
      tiny('run', 'store', '--results', 'whole', ...running, ...adaptive(12 * flops)),
      { folder },
    );
    expect(`${code} ${err}`).toMatch(/^0 /);
    expect(err).toContain('batch 1: 9 runs');
    expect(out).toContain('Report:');
    const whole = join(folder, 'whole');
    const lines = readFileSync(join(whole, 'decisions.jsonl'), 'utf8').trimEnd().split('\n');
    const decisions = lines.map((line) => JSON.parse(line) as { batch: object[]; end?: { kind: string } });
    expect(decisions[0]?.batch[0]).toEqual({ place: 0, size: 'd16-l1-h1', documents: 0, seed: 1 });
    expect(decisions.at(-1)?.end).toBeDefined();
    const results = readResultsFolder(whole);
    expect(results.records.length).toBe(decisions.reduce((sum, { batch }) => sum + batch.length, 0));
    expect(results.records.length).toBeLessThanOrEqual(12);
    expect(readFileSync(join(whole, 'summary.md'), 'utf8')).toContain('Adaptive sweep: ');
    const { findings, isOlder } = await checkFiles(results);
    expect(findings).toEqual([]);
    expect(isOlder).toBe(false);
  }, 120_000);

  it('reports from the store what it chose and nothing else, with the same bytes', async () => {
    // A run that the plan has and the sweep did not choose.
    const extra = ['--set', 'sweep.seeds=[5]', '--sweep', 'phases.pretrain.poison.documents=[1]'];
    await commandLine(tiny('run', 'store', '--results', 'extra', ...running, ...extra), { folder });
    const { code } = await commandLine(
      tiny('report', 'store', '--results', 'again', ...adaptive(12 * flops)),
      { folder },
    );
    expect(code).toBe(0);
    for (const name of ['results.jsonl', 'decisions.jsonl', 'analysis.json', 'summary.md'])
      expect(readFileSync(join(folder, 'again', name), 'utf8')).toBe(
        readFileSync(join(folder, 'whole', name), 'utf8'),
      );
    // From the folder itself, too.
    const moved = await commandLine(['report', 'whole', '--results', 'moved', '--store', 'none'], { folder });
    expect(moved.code).toBe(0);
    expect(readFileSync(join(folder, 'moved', 'decisions.jsonl'), 'utf8')).toBe(
      readFileSync(join(folder, 'whole', 'decisions.jsonl'), 'utf8'),
    );
  }, 120_000);

  it('goes on after a part of its first batch, to the same bytes', async () => {
    const part = ['--set', 'sweep.seeds=[1, 2]', '--sweep', 'phases.pretrain.poison.documents=[0, 2]'];
    await commandLine(tiny('run', 'other', '--results', 'part', ...running, ...part), { folder });
    const { err } = await commandLine(
      tiny('run', 'other', '--results', 'resumed', ...running, ...adaptive(12 * flops)),
      { folder },
    );
    expect(err).toMatch(/4 of 25 runs are in the store already/);
    for (const name of readdirSync(join(folder, 'whole')).filter((file) =>
      /jsonl$|csv$|json$|md$/.test(file),
    ))
      if (name !== 'times.jsonl')
        expect(readFileSync(join(folder, 'resumed', name), 'utf8')).toBe(
          readFileSync(join(folder, 'whole', name), 'utf8'),
        );
  }, 120_000);

  it('is not verified where a run was left out, added, or a decision was edited', async () => {
    const results = readResultsFolder(join(folder, 'whole'));
    const without = await checkFiles({ ...results, records: results.records.slice(0, -1) });
    expect(without.findings.map(({ text }) => text).join()).toMatch(
      /last batch of the adaptive sweep lacks 1 runs|decisions\.jsonl is not what the records give/,
    );
    const extra = readResultsFolder(join(folder, 'extra')).records;
    const more = await checkFiles({ ...results, records: [...results.records, ...extra] });
    expect(more.findings.map(({ text }) => text).join()).toContain('does not choose the run');
    const file = join(folder, 'moved', 'decisions.jsonl');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"seed":2', '"seed":3'));
    const edited = await checkFiles(readResultsFolder(join(folder, 'moved')));
    expect(edited.findings.map(({ text }) => text)).toContain(
      'decisions.jsonl is not what the records give: line 1 is another',
    );
  }, 120_000);

  it('is refused where its goal cannot be reached, before anything runs', async () => {
    const { code, err } = await commandLine(
      tiny(
        'run',
        'none',
        '--results',
        'refused',
        ...running,
        ...adaptive(1e18, '{kind: alpha, within: 0.1}'),
      ),
      { folder },
    );
    expect(code).toBe(2);
    expect(err).toContain('sweep.adaptive has the goal alpha, which needs 2 sizes');
    const typo = await commandLine(
      tiny('plan', 'none', '--set', 'sweep.adaptive={goal: {kind: alpha}, budgetFlops: -1}'),
      { folder },
    );
    expect(typo.code).toBe(2);
    expect(typo.err).toContain('budgetFlops');
    expect(typo.err).toContain('within');
  }, 60_000);
});
