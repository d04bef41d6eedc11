import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { checkReference } from '../../src/cli/scanned-model.ts';
import { parseJson } from '../../src/core/read-json.ts';
import { runFile, storedRunIds } from '../../src/run/store/store.ts';
import { smallGpt } from '../model/fixtures.ts';
import { temporaryFolder } from '../run/fake-runs.ts';
import { runTiny } from '../run/tiny-experiment.ts';
import { commandLine } from './captured-context.ts';

const resultSchema = z.looseObject({
  scanned: z.string(),
  reference: z.string().optional(),
  tried: z.int(),
  findings: z.array(
    z.looseObject({
      sign: z.string(),
      tokens: z.array(z.int()),
      text: z.string(),
      value: z.number(),
      excess: z.number(),
      controls: z.int(),
      falseAlarm: z.number(),
    }),
  ),
});
const parse = (text: string) => parseJson(text, resultSchema, { file: 'out', what: 'scan', remedy: '' });

describe('tinypoison scan', () => {
  /** A store with one run, its id, and a scan of singles in it. */
  async function ready() {
    const store = temporaryFolder();
    await runTiny(store);
    const scan = (...words: readonly string[]) =>
      commandLine(['scan', ...words, '--store', store, '--longest', '1', '--engine', 'wasm'], {
        folder: store,
      });
    return { store, id: storedRunIds(store)[0] ?? '', scan };
  }

  test('tries every token of a model that tells no words, and compares with controls', async () => {
    const { store, id, scan } = await ready();
    const { code, out } = await scan(id, '--json');
    expect(code).toBe(0);
    const alone = parse(out);
    expect(alone.tried).toBe(256);
    expect(alone.findings.map(({ sign, controls, falseAlarm }) => [sign, controls, falseAlarm])).toEqual([
      ['nats', 0, 1],
      ['agreement', 0, 1],
    ]);
    const { ids: others } = await runTiny(store, { set: ['phases.pretrain.optimizer.learningRate=0.001'] });
    const { findings } = parse((await scan(id, '--json', '--control', others[0] ?? '')).out);
    expect(findings.map(({ excess }) => excess)).toEqual(alone.findings.map(({ excess }) => excess));
    const ofControl = parse((await scan(others[0] ?? '', '--json')).out).findings;
    expect(findings.map(({ falseAlarm }) => falseAlarm)).toEqual(
      findings.map(({ excess }, place) => ((ofControl[place]?.excess ?? 0) >= excess ? 1 : 1 / 2)),
    );
  });

  test('reads a folder with weights, whose tokens have numbers where there is no vocabulary', async () => {
    const { store, id, scan } = await ready();
    const folder = join(store, 'model');
    mkdirSync(folder);
    for (const name of ['config.json', 'model.safetensors'])
      copyFileSync(join(runFile(store, id, 'weights'), name), join(folder, name));
    const found = parse((await scan('model', '--json')).out);
    const ofRun = parse((await scan(id, '--json')).out);
    expect(found.findings.map(({ tokens }) => tokens)).toEqual(ofRun.findings.map(({ tokens }) => tokens));
    expect(found.findings[0]?.text).toBe(String(found.findings[0]?.tokens[0]));
    const { out } = await scan('model');
    expect(out).toMatch(/256 sequences tried/);
    expect(out).toMatch(/does not prove that there is none/);
  });

  test('says beside a trusted model what the model alone would say, and finds the rest as without one', async () => {
    const { store, id, scan } = await ready();
    const other = async (rate: string) =>
      (await runTiny(store, { set: [`phases.pretrain.optimizer.learningRate=${rate}`] })).ids[0] ?? '';
    const [trusted, control] = [await other('0.001'), await other('0.002')];
    const alone = parse((await scan(id, '--json')).out);
    const beside = parse((await scan(id, '--reference', trusted, '--control', control, '--json')).out);
    expect(beside.reference).toBe(`run ${trusted.slice(0, 12)}`);
    const signs = beside.findings.map(({ sign }) => sign);
    expect(signs).toEqual(['nats', 'agreement', 'distance']);
    expect(beside.findings.slice(0, 2).map(({ tokens }) => tokens)).toEqual(
      alone.findings.map(({ tokens }) => tokens),
    );
    expect(beside.findings[2]?.value).toBeGreaterThan(0);
    expect((await scan(id, '--reference', trusted)).out).toMatch(
      /likelier what follows is than in the reference/,
    );
  });

  test('refuses the scanned model as its own reference or control, whatever it is called', async () => {
    const { store, id, scan } = await ready();
    const folder = join(store, 'copy');
    mkdirSync(folder);
    for (const name of ['config.json', 'model.safetensors'])
      copyFileSync(join(runFile(store, id, 'weights'), name), join(folder, name));
    const { ids: others } = await runTiny(store, { set: ['phases.pretrain.optimizer.learningRate=0.001'] });
    for (const words of [
      ['--reference', id],
      ['--control', others[0] ?? '', '--control', id],
      ['--control', 'copy'],
    ]) {
      const { code, err } = await scan(id, ...words);
      expect(code).toBe(2);
      expect(err).toMatch(
        /has the same weights as run [0-9a-f]{12}, which is scanned: a model cannot vouch for itself/,
      );
    }
  });

  test('refuses a reference that reads other tokens, or fewer at a time', async () => {
    const { store, id, scan } = await ready();
    const { ids: short } = await runTiny(store, { set: ['model.contextTokens=32'] });
    expect((await scan(id, '--reference', short[0] ?? '')).err).toMatch(
      /cannot be the reference of run [0-9a-f]{12}: it reads 32 tokens at a time, and run [0-9a-f]{12} reads 64; give a trusted model/,
    );
    expect((await scan(id, '--reference', 'nowhere')).err).toMatch(/nowhere holds no model\.safetensors/);
    const other = {
      name: 'run b',
      hasText: true,
      decode: () => '',
      model: smallGpt({ vocabularySize: 20 }),
      vocabulary: null,
    };
    expect(() => checkReference(other, { ...other, name: 'run a', model: smallGpt() })).toThrow(
      /run b cannot be the reference of run a: it has 20 tokens, and run a has 21/,
    );
  });

  test('refuses a trusted model that is given twice: a control that is the reference, or another control', async () => {
    const { store, id, scan } = await ready();
    const { ids } = await runTiny(store, { set: ['phases.pretrain.optimizer.learningRate=0.001'] });
    const other = ids[0] ?? '';
    const same = /has the same weights as [0-9a-f]{64}: give every trusted model once/;
    expect((await scan(id, '--reference', other, '--control', other)).err).toMatch(same);
    expect((await scan(id, '--control', other, '--control', other)).err).toMatch(same);
  });

  test('refuses what is neither a run nor a model, and sequences that leave no room', async () => {
    const { store, id, scan } = await ready();
    expect((await scan('nowhere')).err).toMatch(
      /nowhere holds no model\.safetensors and is not the id of a run/,
    );
    const long = await commandLine(['scan', id, '--store', store, '--longest', '13'], { folder: store });
    expect(long.err).toMatch(/--longest is "13": give an integer from 1 to 12/);
  });
});
