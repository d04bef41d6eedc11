// Runs that differ from finished ones in their evaluation alone are evaluated from kept weights, with the bytes that
// training gives.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { SweepEvent } from '../../src/run/pool/run-sweep.ts';
import { readProvenance } from '../../src/run/store/read-run-file.ts';
import { runFile } from '../../src/run/store/store.ts';
import { temporaryFolder } from './fake-runs.ts';
import { runTiny, tinyYaml } from './tiny-experiment.ts';

const twoPhases = tinyYaml.replace('evaluation:', '  - name: more\n    tokens: 2048\nevaluation:');
const otherEvaluation = [
  'evaluation.prompts=12',
  'evaluation.temperature=0.7',
  'evaluation.generatedTokens=6',
];
const fewerPoints = [...otherEvaluation, 'evaluation.checkpoints=2'];

/** Runs it; what the run wrote, and what it said. */
async function runAgain(store: string, options: Parameters<typeof runTiny>[1]) {
  const said: string[] = [];
  const onEvent = (event: SweepEvent) => {
    if (event.kind === 'event' && event.event.kind === 'message') said.push(event.event.text);
  };
  const { records, ids } = await runTiny(store, { yaml: twoPhases, onEvent, ...options });
  const id = ids[0] as string;
  const read = (file: 'result' | 'trace' | 'losses' | 'metrics' | 'manifest') =>
    readFileSync(runFile(store, id, file), 'utf8');
  const files = {
    result: read('result'),
    trace: read('trace'),
    losses: read('losses'),
    metrics: read('metrics'),
  };
  const { trainedBy } = (readProvenance(store, id) ?? {}) as { trainedBy?: string };
  return { id, record: records[0], files, trainedBy, said };
}

describe('a run whose training is kept in the store', () => {
  test.each([
    ['the same points', otherEvaluation],
    ['fewer points', fewerPoints],
  ])('is evaluated at %s, with the bytes of a trained one', async (_, set) => {
    const store = temporaryFolder();
    const first = await runAgain(store, { keepWeights: 'all' });
    const second = await runAgain(store, { set, keepWeights: 'all' });
    expect(second.trainedBy).toBe(first.id);
    const trained = await runAgain(temporaryFolder(), { set, keepWeights: 'all' });
    expect(trained.trainedBy).toBeUndefined();
    expect(second.record?.status).toBe('done');
    expect(second.files).toEqual(trained.files);
    expect(existsSync(join(runFile(store, second.id, 'weights'), 'model.safetensors'))).toBe(true);
    // What was evaluated serves in its turn.
    const third = await runAgain(store, { set: [...set, 'evaluation.samples=1'] });
    expect([first.id, second.id]).toContain(third.trainedBy);
  });

  test('is trained where weights of an evaluated step were not kept', async () => {
    const store = temporaryFolder();
    await runAgain(store, {});
    expect((await runAgain(store, { set: otherEvaluation })).trainedBy).toBeUndefined();
  });

  test('is evaluated from the final weights alone where it looks at nothing else', async () => {
    const store = temporaryFolder();
    const { id } = await runAgain(store, { yaml: tinyYaml });
    const set = [...otherEvaluation, 'evaluation.checkpoints=1'];
    const second = await runAgain(store, { yaml: tinyYaml, set });
    expect(second.trainedBy).toBe(id);
    expect(second.files).toEqual((await runAgain(temporaryFolder(), { yaml: tinyYaml, set })).files);
  });

  test('is trained, and says why, where what was kept is damaged', async () => {
    const store = temporaryFolder();
    const { id } = await runAgain(store, { keepWeights: 'all' });
    const path = join(runFile(store, id, 'checkpoints'), '00002', 'model.safetensors');
    const bytes = readFileSync(path);
    bytes.writeFloatLE(0.25, bytes.length - 4);
    writeFileSync(path, bytes);
    const second = await runAgain(store, { set: otherEvaluation });
    expect(second.trainedBy).toBeUndefined();
    expect(second.said.join()).toMatch(/00002.model\.safetensors is damaged.*; the run is trained/);
    expect(second.files).toEqual((await runAgain(temporaryFolder(), { set: otherEvaluation })).files);
  });

  test('is trained where its training differs', async () => {
    const store = temporaryFolder();
    await runAgain(store, { keepWeights: 'all' });
    const second = await runAgain(store, { set: ['phases.pretrain.optimizer.learningRate=0.002'] });
    expect(second.trainedBy).toBeUndefined();
  });
});
