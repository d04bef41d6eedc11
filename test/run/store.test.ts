import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/core/errors.ts';
import {
  findRunId,
  forgetResult,
  readResult,
  runFile,
  runFolder,
  storedRunIds,
  writeResult,
} from '../../src/run/store/store.ts';
import { fakeRecord, temporaryFolder } from './fake-runs.ts';

describe('the run store', () => {
  test('gives back the record that was written', () => {
    const store = temporaryFolder();
    const record = fakeRecord('a');
    writeResult(store, record);
    expect(readResult(store, record.id)).toEqual({ kind: 'found', record, files: {} });
  });

  test('a run without a result is missing, even if its folder is there', () => {
    const store = temporaryFolder();
    const { id } = fakeRecord('a');
    mkdirSync(runFolder(store, id), { recursive: true });
    expect(readResult(store, id)).toEqual({ kind: 'missing' });
  });

  test.each([
    ['a changed number', (text: string) => text.replace('"parameters": 10', '"parameters": 11')],
    ['a cut file', (text: string) => text.slice(0, 60)],
    ['an empty file', () => ''],
    ['a missing hash', (text: string) => text.replace('sha256', 'sha512')],
  ])('notices %s', (_, damage) => {
    const store = temporaryFolder();
    const record = fakeRecord('a');
    writeResult(store, record);
    const path = runFile(store, record.id, 'result');
    writeFileSync(path, damage(readFileSync(path, 'utf8')));
    expect(readResult(store, record.id)).toMatchObject({
      kind: 'damaged',
      reason: expect.stringContaining(path),
    });
  });

  test('notices the result of another run', () => {
    const store = temporaryFolder();
    const [a, b] = [fakeRecord('a'), fakeRecord('b')];
    writeResult(store, a);
    writeResult(store, b);
    writeFileSync(runFile(store, b.id, 'result'), readFileSync(runFile(store, a.id, 'result')));
    expect(readResult(store, b.id)).toMatchObject({ kind: 'damaged' });
  });

  test('numbers that are not finite come back as null and still match the hash', () => {
    const store = temporaryFolder();
    const checkpoint = {
      phase: 'pretrain',
      checkpoint: 1,
      optimizerStep: 1,
      tokensTrained: 1,
      phaseProgress: 1,
      poisonedDocumentsSeen: 0,
      poisonExposures: 0,
      trainLossNats: Number.NaN,
      full: false,
      cleanLossNats: Number.POSITIVE_INFINITY,
      thresholdNats: null,
      conditions: [],
    };
    const record = { ...fakeRecord('a'), checkpoints: [checkpoint] };
    writeResult(store, record);
    expect(readResult(store, record.id)).toMatchObject({
      kind: 'found',
      record: { checkpoints: [{ trainLossNats: null, cleanLossNats: null }] },
    });
  });

  test('a forgotten result takes the saved training state with it', () => {
    const store = temporaryFolder();
    const record = fakeRecord('a');
    writeResult(store, record);
    writeFileSync(runFile(store, record.id, 'state'), 'x');
    forgetResult(store, record.id);
    expect(existsSync(runFile(store, record.id, 'state'))).toBe(false);
    expect(readResult(store, record.id)).toEqual({ kind: 'missing' });
  });

  test('an abbreviated id finds its run, and says what is wrong otherwise', () => {
    const store = temporaryFolder();
    const names = Array.from({ length: 40 }, (_, index) => `run ${index}`);
    for (const name of names) writeResult(store, fakeRecord(name));
    const { id } = fakeRecord('run 7');
    expect(findRunId(store, id.slice(0, 12))).toBe(id);
    expect(() => findRunId(store, 'XYZ')).toThrow(/not a run id/);
    const absent = fakeRecord('never').id.slice(0, 12);
    expect(() => findRunId(store, absent)).toThrow(InputError);
    expect(() => findRunId(store, absent)).toThrow(/no run in the store/);
    expect(storedRunIds(store)).toHaveLength(40);
  });

  test('two runs with a common beginning are told apart only by more digits', () => {
    const store = temporaryFolder();
    const ids = [`abcd1${'0'.repeat(59)}`, `abcd2${'0'.repeat(59)}`];
    for (const id of ids) writeResult(store, { ...fakeRecord('a'), id });
    expect(() => findRunId(store, 'abcd')).toThrow(/2 runs .* Give more digits/);
    expect(findRunId(store, 'abcd2')).toBe(ids[1]);
  });

  test('an id that is none leads nowhere', () => {
    for (const id of ['../../etc', '', 'ab/../../x', `${'a'.repeat(63)}/`])
      expect(() => runFolder('/store', id)).toThrow(/is not the identity of a run/);
  });

  test('a store that does not exist holds no runs', () => {
    expect(storedRunIds('/nowhere/at/all')).toEqual([]);
  });
});
