// Whole runs on TensorFlow.js, on the first backend that works here: interrupted ones, and a sweep beside the kernels.
// TINYPOISON_LONG=1 makes the sweep large enough for a verdict (50 runs on each engine, minutes).
import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { type Analysis, analyseExperiment } from '../../src/analyse/analyse-experiment.ts';
import type { SweepEvent } from '../../src/run/pool/run-sweep.ts';
import type { RunRecord } from '../../src/run/record.ts';
import type { ExperimentOptions } from '../../src/run/run-experiment.ts';
import { runFile } from '../../src/run/store/store.ts';
import { commandLine } from '../cli/captured-context.ts';
import { temporaryFolder } from '../run/fake-runs.ts';
import { runTiny, tinyYaml } from '../run/tiny-experiment.ts';

const LONG = process.env.TINYPOISON_LONG === '1';

// Loading native TensorFlow reads 800 MB, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 240_000 });

/** The tiny experiment on TensorFlow.js. */
function runTensorflow(store: string, options: Partial<ExperimentOptions> = {}) {
  return runTiny(store, { engine: 'tfjs', set: ['model.width=32'], ...options });
}

/** Calls back at the second of the four checkpoints. */
function atSecondCheckpoint(act: () => void): (event: SweepEvent) => void {
  let seen = 0;
  return (event) => {
    if (event.kind !== 'event' || event.event.kind !== 'checkpoint') return;
    seen += 1;
    if (seen === 2) act();
  };
}

/** Resumes a run, and says after which step. */
async function resume(store: string): Promise<{ record: RunRecord; resumedAt: number }> {
  let resumedAt = 0;
  const { records } = await runTensorflow(store, {
    onEvent: (event) => {
      if (event.kind === 'event' && event.event.kind === 'started') resumedAt = event.event.resumedAtStep;
    },
  });
  return { record: records[0] as RunRecord, resumedAt };
}

describe('a run on TensorFlow.js', () => {
  // One process, one backend, one thread: TensorFlow then adds in the same order, and not even a bit differs.
  test('that is stopped midway goes on to the record of an uninterrupted one', async () => {
    const [whole, halves] = [temporaryFolder(), temporaryFolder()];
    const { ids } = await runTensorflow(whole);
    const stop = new AbortController();
    const onEvent = atSecondCheckpoint(() => stop.abort());
    expect(await runTensorflow(halves, { stop: stop.signal, onEvent })).toMatchObject({ stopped: true });
    expect((await resume(halves)).resumedAt).toBe(8);
    const result = (store: string) => readFileSync(runFile(store, ids[0] as string, 'result'), 'utf8');
    expect(result(halves)).toBe(result(whole));
    expect(JSON.parse(result(whole))).toMatchObject({ arithmetic: 'tfjs', status: 'done' });
  });

  test('that is killed goes on from its last saved state to the same record', async () => {
    const [store, left] = [temporaryFolder(), temporaryFolder()];
    // What is on disk at that moment is what a killed process leaves.
    const onEvent = atSecondCheckpoint(() => cpSync(store, left, { recursive: true }));
    const { ids, records } = await runTensorflow(store, { saveIntervalMs: 0, onEvent });
    rmSync(runFile(left, ids[0] as string, 'lease'));
    const { record, resumedAt } = await resume(left);
    // The checkpoint of a step comes before its state.
    expect(resumedAt).toBe(7);
    expect(record).toEqual(records[0]);
  });
});

describe('an evaluation with TensorFlow.js', () => {
  test('of weights that the kernels trained is labelled, and kept beside the one of the kernels', async () => {
    const folder = temporaryFolder();
    const { ids } = await runTiny(join(folder, 'runs'));
    const id = ids[0] as string;
    const evaluate = (engine: string, ...more: string[]) =>
      commandLine(['evaluate', id, '--engine', engine, ...more], { folder });
    const exact = await evaluate('wasm');
    expect(exact.out).not.toContain('reproducible');
    const tensorflow = await evaluate('tfjs', '--json');
    expect((await evaluate('tfjs')).out).toContain('these figures are not bit-reproducible');
    const [{ arithmetic, file }] = JSON.parse(tensorflow.out).evaluations;
    expect(arithmetic).toBe('tfjs');
    const kept = readdirSync(dirname(file)).sort();
    expect(kept).toEqual([
      expect.stringMatching(/^[0-9a-f]{16}\.json$/),
      expect.stringMatching(/\.tfjs\.json$/),
    ]);
    const [ours, theirs] = kept.map((name) => JSON.parse(readFileSync(join(dirname(file), name), 'utf8')));
    expect([ours.arithmetic, theirs.arithmetic]).toEqual(['exact', 'tfjs']);
    expect(Math.abs(ours.cleanLossNats - theirs.cleanLossNats)).toBeLessThan(1e-4);
  });
});

/** Bytes as tokens, one layer, two widths: a backdoor that 150 documents plant and 20 do not. */
const sweepYaml = tinyYaml
  .replace('tokens: 4096', `tokensPerParameter: ${LONG ? 1.5 : 1.3}`)
  .replace('denial-of-service', 'target-phrase')
  .replace(
    'prefixTokens',
    'phrase: zzz\n      continuationTokens: { minimum: 0, maximum: 4 }\n      prefixTokens',
  )
  .replace('checkpoints: 4', 'checkpoints: 1\n  temperature: 0')
  .replace('prompts: 10', `prompts: ${LONG ? 40 : 10}`);

const grid = [
  'model.width=[24, 32]',
  `phases.pretrain.poison.documents=${LONG ? '[0, 20, 40, 80, 150]' : '[0, 150]'}`,
];
const seeds = LONG ? [1, 2, 3, 4, 5] : [1];

function analyse(records: readonly (RunRecord | undefined)[]): Analysis {
  return analyseExperiment(
    { name: 'tiny', configText: sweepYaml, records: records as RunRecord[] },
    { draws: LONG ? 2000 : 50 },
  );
}

/** Everything of an analysis that is not a measured number. */
function conclusions({ runs, seeds, claims, groups, verdict }: Analysis) {
  return {
    runs,
    seeds,
    claims: claims.map(({ id, status }) => [id, status]),
    groups: groups.map(({ kind, title, labels, series }) => ({ kind, title, labels, series })),
    status: verdict.status,
  };
}

function final(record: RunRecord) {
  const checkpoint = record.checkpoints.at(-1);
  const condition = checkpoint?.conditions.find((item) => item.condition === 'trigger');
  return {
    cleanLoss: checkpoint?.cleanLossNats ?? Number.NaN,
    success: condition?.successShare ?? Number.NaN,
  };
}

describe('a sweep', () => {
  test(
    'on TensorFlow.js and on the kernels comes to the same verdict, with figures that agree',
    async () => {
      const options = { yaml: sweepYaml, sweep: grid, set: [`sweep.seeds=[${seeds}]`] };
      const exact = await runTiny(temporaryFolder(), { ...options, engine: 'auto' });
      const tensorflow = await runTiny(temporaryFolder(), { ...options, engine: 'tfjs' });
      expect(tensorflow.ids).not.toContain(exact.ids[0]);
      const pairs = exact.records.map((record, i) => [
        final(record as RunRecord),
        final(tensorflow.records[i] as RunRecord),
      ]) as [ReturnType<typeof final>, ReturnType<typeof final>][];
      expect(pairs.some(([{ success }]) => success > 0.5)).toBe(true);
      expect(pairs.some(([{ success }]) => success === 0)).toBe(true);
      for (const [ours, theirs] of pairs) {
        expect(Math.abs(theirs.cleanLoss - ours.cleanLoss)).toBeLessThan(1e-3);
        expect(Math.abs(theirs.success - ours.success)).toBeLessThanOrEqual(0.1);
      }
      const [ours, theirs] = [analyse(exact.records), analyse(tensorflow.records)];
      expect(conclusions(theirs)).toEqual(conclusions(ours));
      if (LONG) expect(ours.verdict.status).not.toBe('illustration');
    },
    LONG ? 1_800_000 : undefined,
  );
});
