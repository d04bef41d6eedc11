import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { contractVersions, identifyRun } from '../../src/recipe/identity.ts';
import type { TraceEntry } from '../../src/run/execute/trace.ts';
import type { RunRecord } from '../../src/run/record.ts';
import { readTrace } from '../../src/run/store/read-run-file.ts';
import { runFile } from '../../src/run/store/store.ts';
import { impliedIdentity } from '../../src/verify/results-folder.ts';
import { temporaryFolder } from '../run/fake-runs.ts';
import { runTiny } from '../run/tiny-experiment.ts';
import { changeLast, verifyTiny, writeTiny } from './tiny-results.ts';

const folders: string[] = [];
let store = '';
let records: readonly RunRecord[] = [];
let record: RunRecord;

beforeAll(async () => {
  const own = mkdtempSync(join(tmpdir(), 'tinypoison-test-'));
  folders.push(own);
  // where nothing but the tests of this file verifies
  for (const name of ['TMPDIR', 'TMP', 'TEMP']) vi.stubEnv(name, own);
  store = join(own, 'store');
  const outcome = await runTiny(store);
  records = outcome.records.filter((one) => one !== undefined);
  record = records[0] as RunRecord;
}, 120_000);
afterAll(() => {
  vi.unstubAllEnvs();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const scratchStores = () => readdirSync(tmpdir()).filter((name) => name.startsWith('tinypoison-verify-'));

describe('results that come out again', () => {
  test('are the same bits on another engine, without a store, and leave nothing behind', async () => {
    const before = scratchStores();
    const verification = await verifyTiny(writeTiny(temporaryFolder(), records), { engine: 'reference' });
    expect(verification).toMatchObject({
      outcome: 'same-bits',
      total: 1,
      findings: [],
      verdict: null,
      runs: [{ outcome: 'same-bits', difference: null, reasons: [] }],
    });
    expect(scratchStores().filter((name) => !before.includes(name))).toEqual([]);
  });
});

describe('results that were changed', () => {
  test('one measurement in results.jsonl: differs, and results.csv tells which was edited', async () => {
    const changed = changeLast(record, { cleanLossNats: 1.25 });
    const verification = await verifyTiny(writeTiny(temporaryFolder(), [changed], { table: records }));
    expect(verification?.outcome).toBe('differs');
    expect(verification?.findings[0]?.text).toMatch(
      /results\.csv:\d+ clean_loss_nats is .*results\.jsonl gives 1\.25/,
    );
    expect(verification?.runs[0]).toMatchObject({
      outcome: 'differs',
      difference: { weightsDiffer: false, first: { checkpoint: 4, measure: 'cleanLossNats', stored: 1.25 } },
      reasons: [expect.stringMatching(/results\.jsonl was edited: results\.csv/), expect.any(String)],
    });
    expect(verification?.lockstep).toEqual([]);
  });

  test('one measurement in both files, a little: within bands, the weights are the same bits', async () => {
    const cleanLossNats = (record.checkpoints.at(-1)?.cleanLossNats ?? 0) + 0.001;
    const verification = await verifyTiny(
      writeTiny(temporaryFolder(), [changeLast(record, { cleanLossNats })]),
    );
    expect(verification).toMatchObject({ outcome: 'within-bands', findings: [] });
    expect(verification?.runs[0]?.reasons).toEqual([expect.stringMatching(/The weights are the same bits/)]);
  });

  test("another run's weights hash: within bands, and only that is named", async () => {
    const changed = { ...record, weightsHash: '0'.repeat(64) };
    const verification = await verifyTiny(writeTiny(temporaryFolder(), [changed]));
    expect(verification?.outcome).toBe('within-bands');
    expect(verification?.runs[0]).toMatchObject({
      difference: { weightsDiffer: true, first: null },
      reasons: [expect.stringMatching(/only the hash of the weights/)],
    });
  });

  test('the seed in the config: the id no longer follows from it', async () => {
    const changed = { ...record, config: { ...record.config, seed: 2 } };
    const verification = await verifyTiny(writeTiny(temporaryFolder(), [changed]));
    expect(verification?.outcome).toBe('differs');
    expect(verification?.findings.map(({ text }) => text)).toContainEqual(
      expect.stringMatching(/id does not follow from its config/),
    );
  });

  test('a byte against SHA256SUMS, and a file that is not as it was written', async () => {
    const folder = writeTiny(temporaryFolder(), records);
    writeFileSync(join(folder, 'SHA256SUMS'), `${'0'.repeat(64)}  results.jsonl\n`);
    const text = readFileSync(join(folder, 'results.jsonl'), 'utf8');
    writeFileSync(join(folder, 'results.jsonl'), text.replace('{"arithmetic"', '{ "arithmetic"'));
    const verification = await verifyTiny(folder);
    expect(verification?.outcome).toBe('differs');
    expect(verification?.runs[0]?.outcome).toBe('same-bits');
    expect(verification?.findings.map(({ text: finding }) => finding)).toEqual([
      expect.stringMatching(/not written as tinypoison writes it/),
      expect.stringMatching(/results\.jsonl .* does not match SHA256SUMS/),
      expect.stringMatching(/results\.csv is not named in SHA256SUMS/),
      expect.stringMatching(/config\.yaml is not named in SHA256SUMS/),
    ]);
  });

  test('with the store of the original at hand, the first step and tensor are named', async () => {
    // The record and trace of a run whose weights went elsewhere at step 4.
    const own = temporaryFolder();
    const trace = readTrace(store, record.id) as TraceEntry[];
    const [name] = Object.keys(trace[0]?.tensors ?? {}).slice(-1) as [string];
    const strayed = trace.map((entry) =>
      entry.optimizerStep < 4 ? entry : { ...entry, tensors: { ...entry.tensors, [name]: 'elsewhere' } },
    );
    await runTiny(own);
    writeFileSync(runFile(own, record.id, 'trace'), strayed.map((entry) => JSON.stringify(entry)).join('\n'));
    const changed = { ...changeLast(record, { cleanLossNats: 3 }), weightsHash: 'f'.repeat(64) };
    const verification = await verifyTiny(writeTiny(temporaryFolder(), [changed]), { store: own });
    expect(verification?.lockstep.map(({ parted }) => parted)).toEqual([null]);
    expect(verification?.runs[0]).toMatchObject({
      hasTrace: true,
      trace: { equalUntilStep: 2, optimizerStep: 4, tensors: [name] },
      reasons: [expect.stringMatching(/not what the store has of this run, which is as the repeated run/)],
    });
  });

  test('another corpus: named, and not trained again', async () => {
    const contracts = { ...record.contracts, corpusHash: 'a'.repeat(64) };
    const { config } = record;
    const other = { ...record, ...identifyRun(config, () => 'a'.repeat(64)), contracts };
    expect(impliedIdentity(other)).toBe(other.id);
    const verification = await verifyTiny(writeTiny(temporaryFolder(), [other]));
    expect(verification).toMatchObject({ outcome: 'differs', runs: [] });
    expect(verification?.findings[0]?.text).toMatch(/content of its corpus is another: aaaaaaaa/);
  });
});

describe('results that cannot be repeated', () => {
  test('of other contracts name the release that does', async () => {
    const old = { ...record, contracts: { ...record.contracts, train: 0 } };
    const folder = writeTiny(temporaryFolder(), [old]);
    const knownReleases = [{ packages: '0.0.9', contracts: { ...contractVersions(), train: 0 } }];
    await expect(verifyTiny(folder, { knownReleases })).rejects.toThrow(
      /train 0 \(here 1\).*npx tinypoison@0\.0\.9 verify/,
    );
    await expect(verifyTiny(folder)).rejects.toThrow(/no release that this one knows of/);
  });

  test('a failed run is tried again: what comes out differs from its record', async () => {
    const failed: RunRecord = {
      ...record,
      status: 'failed',
      error: 'no memory',
      checkpoints: [],
      samples: [],
    };
    const verification = await verifyTiny(writeTiny(temporaryFolder(), [{ ...failed, weightsHash: null }]));
    expect(verification).toMatchObject({ outcome: 'differs', failedBefore: 1 });
    expect(verification?.runs[0]?.reasons[0]).toMatch(
      /recorded as failed \(no memory\), but repeated it is done/,
    );
  });

  test('stopped in between, they say nothing and leave nothing behind', async () => {
    const before = scratchStores();
    const stop = new AbortController();
    const verification = await verifyTiny(writeTiny(temporaryFolder(), records), {
      stop: stop.signal,
      onEvent: () => stop.abort(),
    });
    expect(verification).toBeNull();
    expect(scratchStores().filter((name) => !before.includes(name))).toEqual([]);
  });
});

describe('results of TensorFlow.js', () => {
  test('are compared by bands only, and say so', async () => {
    const identity = identifyRun(record.config, () => String(record.contracts.corpusHash), 'tfjs');
    const inexact: RunRecord = { ...record, ...identity, arithmetic: 'tfjs' };
    const verification = await verifyTiny(writeTiny(temporaryFolder(), [inexact]));
    expect(verification).toMatchObject({ outcome: 'within-bands', findings: [], lockstep: [] });
    expect(verification?.runs[0]).toMatchObject({
      difference: null,
      bandsBecause: expect.stringMatching(/not bit-reproducible: compared by bands only/),
    });
    expect(verification?.runs[0]?.bands.length).toBeGreaterThan(5);
  });
});
