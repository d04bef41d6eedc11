import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { hashFile } from '../../src/core/node/sha256.ts';
import type { Provenance } from '../../src/run/execute/provenance.ts';
import { outputPath } from '../../src/run/execute/provenance.ts';
import { programVersion } from '../../src/run/execute/source-version.ts';
import { compareTraces, type TraceEntry } from '../../src/run/execute/trace.ts';
import { readTrace } from '../../src/run/store/read-run-file.ts';
import { runFile } from '../../src/run/store/store.ts';
import { temporaryFolder } from './fake-runs.ts';
import { runTiny } from './tiny-experiment.ts';

const entry = (optimizerStep: number, tensors: Record<string, string>): TraceEntry => ({
  optimizerStep,
  phase: 'pretrain',
  lossNats: optimizerStep,
  tensors,
});

describe('a trace', () => {
  test('has the initial weights, the first steps densely, and every checkpoint', async () => {
    const store = temporaryFolder();
    const { ids } = await runTiny(store);
    const trace = readTrace(store, ids[0] as string) ?? [];
    // 16 steps, four checkpoints
    expect(trace.map(({ optimizerStep }) => optimizerStep)).toEqual([0, 1, 2, 4, 8, 12, 16]);
    const hashes = trace.flatMap(({ tensors }) => Object.values(tensors));
    expect(hashes.every((hash) => /^[0-9a-f]{64}$/.test(hash))).toBe(true);
    const [first, second] = trace as [TraceEntry, TraceEntry];
    expect(compareTraces([first], [{ ...second, optimizerStep: 0, lossNats: null }])?.tensors).toEqual(
      Object.keys(first.tensors),
    );
  });

  test('is the same for a run on another engine and one that was stopped and resumed', async () => {
    const [a, b, c] = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
    const { ids } = await runTiny(a);
    const id = ids[0] as string;
    await runTiny(b, { engine: 'reference' });
    const stop = new AbortController();
    await runTiny(c, {
      stop: stop.signal,
      onEvent: (event) => {
        if (event.kind === 'event' && event.event.kind === 'checkpoint') stop.abort();
      },
    });
    expect(readTrace(c, id)).toBeNull();
    await runTiny(c);
    const bytes = (store: string) => readFileSync(runFile(store, id, 'trace'), 'utf8');
    expect(bytes(b)).toBe(bytes(a));
    expect(bytes(c)).toBe(bytes(a));
  });

  test('tells the first step at which two runs part, and the tensors', () => {
    const one = [entry(1, { a: '1', b: '1' }), entry(2, { a: '2', b: '2' }), entry(4, { a: '4', b: '4' })];
    const other = [entry(1, { a: '1', b: '1' }), entry(2, { a: '2', b: 'x' }), entry(4, { a: 'y', b: 'z' })];
    const parted = { equalUntilStep: 1, optimizerStep: 2, tensors: ['b'], lossDiffers: false };
    expect(compareTraces(one, other)).toMatchObject(parted);
    expect(compareTraces(one, one)).toBeNull();
    expect(compareTraces(one, [entry(3, { a: 'x', b: 'x' })])).toBeNull();
  });

  test('that cannot be read is named with its line', async () => {
    const store = temporaryFolder();
    const { ids } = await runTiny(store);
    writeFileSync(runFile(store, ids[0] as string, 'trace'), '{"optimizerStep": 1');
    expect(() => readTrace(store, ids[0] as string)).toThrow(/trace\.jsonl:1 .*it is not JSON/);
  });
});

describe('the provenance of a run', () => {
  test('names code and machine, and has the hash of every input and output', async () => {
    const store = temporaryFolder();
    const { ids } = await runTiny(store);
    const id = ids[0] as string;
    const provenance = JSON.parse(readFileSync(runFile(store, id, 'provenance'), 'utf8')) as Provenance;
    expect(provenance.code).toMatchObject({ version: programVersion(), node: process.version });
    expect(provenance.code.kernels).toMatchObject({ file: expect.stringMatching(/kernels\.wasm$/) });
    for (const output of ['weights', 'metrics', 'manifest', 'trace'] as const)
      expect(provenance.outputs[output]).toBe(hashFile(outputPath(store, id, output)));
    const { vocabulary, evaluation, phases } = provenance.inputs;
    const ofPoison = phases.flatMap(({ poisons }) => poisons.flatMap((own) => [own.documents, own.trigger]));
    const files = [vocabulary, evaluation, ...phases.map(({ tokens }) => tokens), ...ofPoison];
    expect(files).toHaveLength(5);
    for (const file of files) {
      expect(file?.file).toMatch(/^cache/);
      expect(file?.sha256).toBe(hashFile(`${store}/${file?.file}`));
    }
    expect(phases[0]?.cleanDocumentsHash).toMatch(/^[0-9a-f]{64}$/);
  });

  test('is no part of the result', async () => {
    const [a, b] = [temporaryFolder(), temporaryFolder()];
    const { ids } = await runTiny(a);
    await runTiny(b, { engine: 'reference' });
    const bytes = (store: string, file: 'result' | 'provenance') =>
      readFileSync(runFile(store, ids[0] as string, file), 'utf8');
    expect(bytes(b, 'provenance')).not.toBe(bytes(a, 'provenance'));
    expect(bytes(b, 'result')).toBe(bytes(a, 'result'));
  });
});
