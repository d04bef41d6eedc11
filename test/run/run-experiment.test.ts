import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/core/errors.ts';
import { learningCurve } from '../../src/run/execute/learning-curve.ts';
import type { SweepEvent } from '../../src/run/pool/run-sweep.ts';
import { readCachedJson } from '../../src/run/prepare/cached-json.ts';
import type { RunRecord } from '../../src/run/record.ts';
import { lossesSchema } from '../../src/run/schemas/run-file-schemas.ts';
import { runFile, runFolder, storedRunIds } from '../../src/run/store/store.ts';
import { temporaryFolder } from './fake-runs.ts';
import { runTiny, tinyYaml } from './tiny-experiment.ts';

const DOCUMENTS = 'phases.pretrain.poison.documents';
const resultBytes = (store: string, id: string) => readFileSync(runFile(store, id, 'result'), 'utf8');

function only(records: readonly (RunRecord | undefined)[]): RunRecord {
  expect(records).toHaveLength(1);
  expect(records[0]).toBeDefined();
  return records[0] as RunRecord;
}

function asr(record: RunRecord, condition = 'trigger'): number {
  const conditions = record.checkpoints.at(-1)?.conditions;
  return conditions?.find((item) => item.condition === condition)?.successShare ?? Number.NaN;
}

describe('a run', () => {
  test('with the same config gives the same bytes in another store, whatever the workers', async () => {
    const [a, b] = [temporaryFolder(), temporaryFolder()];
    const sweep = [`${DOCUMENTS}=[0, 4]`];
    const { ids } = await runTiny(a, { sweep });
    await runTiny(b, { sweep, workers: 2 });
    for (const id of ids) {
      expect(resultBytes(b, id)).toBe(resultBytes(a, id));
      for (const file of ['metrics', 'manifest'] as const) {
        expect(readFileSync(runFile(b, id, file), 'utf8')).toBe(readFileSync(runFile(a, id, file), 'utf8'));
      }
    }
    expect(resultBytes(a, ids[0] as string)).not.toContain(a);
  });

  test('keeps its config, manifest, metrics, trace, weights, vocabulary, log and provenance, and no saved state', async () => {
    const store = temporaryFolder();
    const { ids } = await runTiny(store);
    const files = readdirSync(runFolder(store, ids[0] as string)).sort();
    expect(files).toEqual([
      'config.json',
      'curve.csv',
      'log.txt',
      'losses.json',
      'manifest.json',
      'metrics.jsonl',
      'provenance.json',
      'result.json',
      'trace.jsonl',
      'vocabulary.json',
      'weights',
    ]);
  });

  test('has a learning curve that is readable while it trains', async () => {
    const store = temporaryFolder();
    const rows: number[] = [];
    const { ids } = await runTiny(store, {
      saveIntervalMs: 0,
      onEvent: (event) => {
        if (event.kind !== 'event' || event.event.kind !== 'checkpoint') return;
        const [id] = storedRunIds(store) as [string];
        expect(existsSync(runFile(store, id, 'result'))).toBe(false);
        rows.push(
          readFileSync(runFile(store, id, 'curve'), 'utf8')
            .trimEnd()
            .split('\n').length - 1,
        );
      },
    });
    expect(rows.length).toBeGreaterThan(1);
    expect(rows).toEqual(rows.toSorted((a, b) => a - b));
    expect(new Set(rows).size).toBeGreaterThan(1);
    const [id] = ids as [string];
    const losses = readCachedJson(runFile(store, id, 'losses'), lossesSchema);
    expect(readFileSync(runFile(store, id, 'curve'), 'utf8')).toBe(learningCurve(losses));
  });

  test('counts the poisoned documents it has seen: never fewer, all of them at the end', async () => {
    const { records } = await runTiny(temporaryFolder(), { set: [`${DOCUMENTS}=7`] });
    const record = only(records);
    const seen = record.checkpoints.map((checkpoint) => checkpoint.poisonedDocumentsSeen);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(7);
    expect(record.checkpoints.map(({ optimizerStep }) => optimizerStep)).toEqual([4, 8, 12, 16]);
    expect(record.checkpoints.map(({ full }) => full)).toEqual([false, false, false, true]);
    expect(record.poison).toMatchObject([{ documents: 7, attack: 'denial-of-service' }]);
  });

  test('counts exposures over epochs, documents once', async () => {
    const { records } = await runTiny(temporaryFolder(), { set: ['phases.pretrain.epochs=2'] });
    expect(only(records).checkpoints.at(-1)).toMatchObject({ poisonedDocumentsSeen: 4, poisonExposures: 8 });
  });

  test('with zero poisoned documents trains the weights of a run without poison', async () => {
    const store = temporaryFolder();
    const none = only((await runTiny(store, { set: ['phases.pretrain.poison=null'] })).records);
    const zero = only((await runTiny(store, { set: [`${DOCUMENTS}=0`] })).records);
    const four = only((await runTiny(store)).records);
    expect(zero.weightsHash).toBe(none.weightsHash);
    expect(four.weightsHash).not.toBe(none.weightsHash);
    expect(none.poison).toEqual([]);
  });

  test('with much poison learns the backdoor, and without it does not', async () => {
    const yaml = tinyYaml
      .replace('denial-of-service', 'target-phrase')
      .replace(
        '      prefixTokens',
        '      phrase: zzz\n      continuationTokens: { minimum: 0, maximum: 4 }\n      prefixTokens',
      );
    const set = ['phases.pretrain.tokens=24576', 'model.width=32', 'evaluation.temperature=0'];
    const { records } = await runTiny(temporaryFolder(), { yaml, set, sweep: [`${DOCUMENTS}=[0, 150]`] });
    const [control, poisoned] = records as RunRecord[];
    expect(asr(control as RunRecord)).toBe(0);
    expect(asr(poisoned as RunRecord)).toBeGreaterThan(0.8);
    expect(asr(poisoned as RunRecord, 'clean')).toBe(0);
  });

  test('that diverges has a result that says so', async () => {
    const set = [
      'phases.pretrain.optimizer.learningRate=10',
      'phases.pretrain.optimizer.clipNorm=null',
      'phases.pretrain.optimizer.kind=sgd',
      'model.initStandardDeviation=1',
    ];
    const { records } = await runTiny(temporaryFolder(), { set });
    const record = only(records);
    expect(record).toMatchObject({ status: 'diverged', weightsHash: null });
    expect(record.error).toMatch(/diverged.*step/);
  });

  test('goes through its phases with one model, fresh documents and a count that goes on', async () => {
    const store = temporaryFolder();
    const yaml = tinyYaml.replace(
      'evaluation:',
      `  - name: continuation
    tokens: 2048
    batch: { sequences: 8 }
    poison: { attack: denial-of-service, trigger: { text: "<S>" }, documents: 3, prefixTokens: { minimum: 2, maximum: 8 } }
evaluation:`,
    );
    const record = only((await runTiny(store, { yaml })).records);
    expect(record.checkpoints.map(({ phase }) => phase)).toEqual([
      ...Array(4).fill('pretrain'),
      ...Array(4).fill('continuation'),
    ]);
    expect(record.checkpoints[3]).toMatchObject({
      full: true,
      tokensTrained: 4096,
      poisonedDocumentsSeen: 4,
    });
    expect(record.checkpoints[7]).toMatchObject({
      full: true,
      tokensTrained: 6144,
      poisonedDocumentsSeen: 7,
    });
    const { phases } = JSON.parse(readFileSync(runFile(store, record.id, 'manifest'), 'utf8')) as {
      phases: { documents: { text: string }[] }[];
    };
    const texts = phases.flatMap(({ documents }) => documents.map(({ text }) => text));
    expect(new Set(texts).size).toBe(7);
  });
});

describe('a run that is interrupted', () => {
  /** Runs until so many checkpoints were seen. */
  async function interruptAfter(store: string, checkpoints: number) {
    const stop = new AbortController();
    let seen = 0;
    const onEvent = (event: SweepEvent) => {
      if (event.kind === 'event' && event.event.kind === 'checkpoint') seen += 1;
      if (seen === checkpoints) stop.abort();
    };
    return runTiny(store, { stop: stop.signal, onEvent });
  }

  test.each([
    1, 3,
  ])('after checkpoint %i goes on to the bytes of an uninterrupted one', async (checkpoints) => {
    const [whole, halves] = [temporaryFolder(), temporaryFolder()];
    const { ids } = await runTiny(whole);
    const id = ids[0] as string;
    const first = await interruptAfter(halves, checkpoints);
    expect(first).toMatchObject({ stopped: true, records: [undefined] });
    expect(statSync(runFile(halves, id, 'state')).isFile()).toBe(true);
    let resumedAt = 0;
    await runTiny(halves, {
      onEvent: (event) => {
        if (event.kind === 'event' && event.event.kind === 'started') resumedAt = event.event.resumedAtStep;
      },
    });
    expect(resumedAt).toBe(4 * checkpoints);
    expect(resultBytes(halves, id)).toBe(resultBytes(whole, id));
  });

  test('starts again when its saved state is damaged, and says so', async () => {
    const [whole, halves] = [temporaryFolder(), temporaryFolder()];
    const { ids } = await runTiny(whole);
    const id = ids[0] as string;
    await interruptAfter(halves, 2);
    const state = readFileSync(runFile(halves, id, 'state'));
    state[state.length >> 1] = (state[state.length >> 1] as number) ^ 1;
    writeFileSync(runFile(halves, id, 'state'), state);
    const messages: string[] = [];
    await runTiny(halves, {
      onEvent: (event) => {
        if (event.kind === 'event' && event.event.kind === 'message') messages.push(event.event.text);
      },
    });
    expect(messages).toEqual([expect.stringMatching(/damaged.*starts again/)]);
    expect(resultBytes(halves, id)).toBe(resultBytes(whole, id));
  });

  test('that ended right after its result loses the state that it left behind when it is next met', async () => {
    const store = temporaryFolder();
    const { ids } = await runTiny(store);
    const [path, before] = [runFile(store, ids[0] as string, 'state'), resultBytes(store, ids[0] as string)];
    writeFileSync(path, 'left behind');
    await runTiny(store);
    expect(existsSync(path)).toBe(false);
    expect(resultBytes(store, ids[0] as string)).toBe(before);
  });
});

describe('the artefacts of an experiment', () => {
  const cacheFiles = (store: string) =>
    readdirSync(join(store, 'cache'), { recursive: true, encoding: 'utf8' })
      .filter((name) => statSync(join(store, 'cache', name)).isFile())
      .map((name) => `${name} ${statSync(join(store, 'cache', name)).mtimeMs}`)
      .sort();

  test('are made once and shared by runs that differ in count', async () => {
    const store = temporaryFolder();
    await runTiny(store, { sweep: [`${DOCUMENTS}=[0, 4]`] });
    const before = cacheFiles(store);
    expect(before.filter((name) => name.startsWith('evaluation/'))).toHaveLength(1);
    expect(before.filter((name) => name.startsWith('poison/'))).toHaveLength(1);
    await runTiny(store, { sweep: [`${DOCUMENTS}=[1, 4]`] });
    expect(cacheFiles(store)).toEqual(before);
  });

  test('a trigger that occurs in clean text is refused before anything runs', async () => {
    const set = ['phases.pretrain.poison.trigger.text=the'];
    await expect(runTiny(temporaryFolder(), { set })).rejects.toThrow(InputError);
    await expect(runTiny(temporaryFolder(), { set })).rejects.toThrow(/the trigger "the" occurs/);
  });

  test('poison that does not fit its phase is refused before anything runs', async () => {
    const set = [`${DOCUMENTS}=60`, 'phases.pretrain.poison.gibberishTokens.minimum=60'];
    await expect(runTiny(temporaryFolder(), { set })).rejects.toThrow(
      /60 poisoned documents take \d+ tokens/,
    );
  });

  test('a corpus with too little text is refused with what it holds', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'texts'));
    const lines = Array.from({ length: 300 }, (_, index) =>
      JSON.stringify({ text: `Line ${index} of a small corpus that soon ends.` }),
    );
    writeFileSync(join(folder, 'texts', 'a.jsonl'), lines.join('\n'));
    const yaml = tinyYaml.replace(
      'corpus: { kind: stories }',
      `corpus: { path: ${join(folder, 'texts', 'a.jsonl')}, splits: { heldOut: 0.1, prompts: 0.1, calibration: 0.1, judge: 0.1 } }`,
    );
    await expect(runTiny(folder, { yaml, set: ['phases.pretrain.tokens=40960'] })).rejects.toThrow(
      /trains on 40961 tokens.*holds/,
    );
  });
});
