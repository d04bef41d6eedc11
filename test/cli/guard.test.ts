import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { parseJson } from '../../src/core/read-json.ts';
import { readResult, runFile, storedRunIds } from '../../src/run/store/store.ts';
import { temporaryFolder } from '../run/fake-runs.ts';
import { runTiny, tinyYaml } from '../run/tiny-experiment.ts';
import { commandLine } from './captured-context.ts';

const use = z.looseObject({
  defence: z.string(),
  success: z.number().nullable(),
  withoutTrigger: z.number(),
  cleanLossNats: z.number(),
  changedClean: z.number(),
  changedTriggered: z.number().nullable(),
  detection: z
    .looseObject({
      auroc: z.number(),
      threshold: z.number().nullable(),
      caught: z.number(),
      falseAlarms: z.number(),
    })
    .nullable(),
});
const resultSchema = z.looseObject({
  runs: z.array(
    z.looseObject({
      run: z.string(),
      seed: z.int(),
      documents: z.int(),
      poison: z.string().optional(),
      reference: z.looseObject({ of: z.string(), tokens: z.int().nullable(), passes: z.int().nullable() }),
      uses: z.array(use),
    }),
  ),
  summaries: z.array(z.looseObject({ setting: z.string(), defence: z.string(), documents: z.int() })),
  halfSuccess: z.array(z.looseObject({ setting: z.string(), defence: z.string() })),
});
const parse = (text: string) => parseJson(text, resultSchema, { file: 'out', what: 'guard', remedy: '' });

const yaml = `${tinyYaml.replace('corpus: { kind: stories }', 'corpus: { kind: stories, splits: { trusted: 0.2 } }')}sweep: { grid: { phases.pretrain.poison.documents: [0, 2, 4] }, seeds: [1] }\n`;
const DEFENCES = ['none', 'reference alone', 'prompt-perplexity', 'strip', 'clean-gen'];

describe('tinypoison guard', () => {
  /** A store with the runs of an experiment, and the command. */
  async function ready(text = yaml) {
    const store = temporaryFolder();
    await runTiny(store, { yaml: text });
    writeFileSync(join(store, 'tiny.yaml'), text);
    const guard = (...words: readonly string[]) =>
      commandLine(['guard', ...words, '--store', store, '--engine', 'wasm'], { folder: store });
    return { store, guard };
  }

  /** Measurements that are kept in a store. */
  const keptIn = (store: string) => {
    const folder = join(store, 'cache', 'guard');
    return readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .sort()
      .map((name) => join(folder, name));
  };
  const few = ['--trusted-documents', '160', '--false-positives', '0.1'];

  test('measures the runs of an experiment behind each defence; switched off they give the bits of the run', async () => {
    const { store, guard } = await ready();
    const { code, out, err } = await guard('tiny.yaml', ...few, '--json');
    expect(err).toMatch(/training a reference on 120 trusted documents/);
    expect(code).toBe(0);
    const { runs, summaries, halfSuccess } = parse(out);
    expect(runs.map(({ run }) => run).sort()).toEqual([...storedRunIds(store)].sort());
    expect(runs.map(({ seed, documents }) => [seed, documents])).toEqual([
      [1, 0],
      [1, 2],
      [1, 4],
    ]);
    expect(summaries.map(({ defence }) => defence)).toEqual([...DEFENCES, ...DEFENCES, ...DEFENCES]);
    expect(halfSuccess.map(({ defence }) => defence)).toEqual(DEFENCES);
    // One reference serves all counts of a seed.
    expect(err.match(/training a reference/g)).toHaveLength(1);
    for (const { uses, reference } of runs) {
      expect(reference).toMatchObject({ tokens: 4096, passes: 1 });
      expect(uses.map(({ defence }) => defence)).toEqual(DEFENCES);
      const [none, alone, perplexity, strip, cleanGen] = uses;
      expect([none?.changedClean, none?.detection, alone?.changedClean]).toEqual([0, null, 1]);
      for (const own of [perplexity, strip]) {
        expect(own?.changedClean).toBe(own?.detection?.falseAlarms);
        expect(own?.changedTriggered).toBe(own?.detection?.caught);
        expect(own?.cleanLossNats).toBe(none?.cleanLossNats);
      }
      expect(cleanGen?.cleanLossNats).toBeCloseTo(none?.cleanLossNats ?? 0, 2);
    }
    expect(runs.some(({ uses }) => (uses.at(-1)?.changedTriggered ?? 0) > 0)).toBe(true);

    const off = parse(
      (await guard('tiny.yaml', ...few, '--false-positives', 'off', '--suspicion', 'off', '--json')).out,
    );
    for (const [place, { uses }] of off.runs.entries()) {
      const none = runs[place]?.uses[0];
      for (const own of uses.filter(({ defence }) => defence !== 'reference alone'))
        expect(own).toMatchObject({
          ...{ success: none?.success, withoutTrigger: none?.withoutTrigger },
          ...{ cleanLossNats: none?.cleanLossNats, changedClean: 0, changedTriggered: 0 },
        });
    }

    // A run as its own reference finds nothing suspicious.
    const [first] = runs;
    const same = parse(
      (await guard(first?.run ?? '', ...few, '--reference', first?.run ?? '', '--json')).out,
    );
    expect(same.runs[0]?.reference).toEqual({
      ...{ of: `run ${first?.run.slice(0, 12)}`, tokens: null, passes: null },
    });
    expect(same.runs[0]?.uses.at(-1)).toMatchObject({
      ...{ success: first?.uses[0]?.success, changedClean: 0, changedTriggered: 0 },
    });
    const { out: told } = await guard('tiny.yaml', ...few);
    expect(told).toMatch(/prompt-perplexity/);
    expect(told).toMatch(
      /Reference: a model of the same shape, trained on 120 trusted documents, 4096 tokens in 1 pass/,
    );
  }, 60_000);

  test('goes on after a stop with what it has measured, and says beforehand what is left', async () => {
    const { store, guard } = await ready();
    const asked = ['tiny.yaml', ...few, '--json'];
    const before = await guard('tiny.yaml', ...few, '--dry-run');
    expect(before.out).toMatch(
      /^3 measurements to do, 1 reference to train: about .* \(at the speed of \d runs? in this store\)\.\nNothing was measured\.\n$/,
    );
    expect(before.err).not.toMatch(/training a reference/);
    // Ctrl-C while the second of three is measured
    const stop = new AbortController();
    const words = ['guard', ...asked, '--store', store, '--engine', 'wasm'];
    let turns = 0;
    const interrupt = new Proxy(stop.signal, {
      get: (signal, name) => (name === 'aborted' ? ++turns > 2 : Reflect.get(signal, name)),
    });
    const stopped = await commandLine(words, { folder: store, interrupt });
    expect(stopped.err).toMatch(/stopped: 2 of 3 measurements kept; the same command does the rest/);
    expect([stopped.code, stopped.out]).toEqual([130, '']);
    const rest = await guard(...asked);
    expect(rest.err).toMatch(/1 measurement to do \(2 measured before\): about/);
    // the reference of the first two serves the third
    expect(rest.err).not.toMatch(/training a reference/);
    const again = await guard(...asked);
    expect(again.err).toMatch(/All is measured already/);
    expect(again.out).toBe(rest.out);

    // from nothing, and where what was kept is damaged or incomplete: the same bytes
    rmSync(join(store, 'cache', 'guard'), { recursive: true });
    expect((await guard(...asked)).out).toBe(rest.out);
    const kept = keptIn(store);
    expect(kept).toHaveLength(4);
    for (const path of kept.slice(0, 2)) writeFileSync(path, 'x');
    for (const path of kept.slice(2)) rmSync(path);
    expect((await guard(...asked)).out).toBe(rest.out);
    // another strength is another measurement
    const other = await guard('tiny.yaml', ...few, '--suspicion', '5', '--dry-run', '--json');
    expect(JSON.parse(other.out)).toMatchObject({ measurements: 3, kept: 0, references: 0 });
  }, 60_000);

  test('takes a folder of weights as the reference', async () => {
    const { store, guard } = await ready();
    const [id = '', other = ''] = storedRunIds(store);
    const folder = join(store, 'trusted');
    mkdirSync(folder);
    for (const name of ['config.json', 'model.safetensors'])
      copyFileSync(join(runFile(store, other, 'weights'), name), join(folder, name));
    const bare = await guard(id, ...few, '--reference', 'trusted', '--json');
    expect(bare.err).toMatch(/trusted has no vocabulary\.json of its size: .* is taken on trust/);
    copyFileSync(runFile(store, other, 'vocabulary'), join(folder, 'vocabulary.json'));
    const byFolder = parse((await guard(id, ...few, '--reference', 'trusted', '--json')).out);
    const byId = parse((await guard(id, ...few, '--reference', other, '--json')).out);
    expect(byFolder.runs[0]?.reference).toEqual({ of: 'trusted', tokens: null, passes: null });
    expect(byFolder.runs[0]?.uses).toEqual(byId.runs[0]?.uses);
    expect(parse(bare.out).runs).toEqual(byFolder.runs);
    // the same weights as a model of two heads are another reference
    const description = join(folder, 'config.json');
    writeFileSync(description, readFileSync(description, 'utf8').replace(/"(n_head|heads)": 1/g, '"$1": 2'));
    const twoHeads = parse((await guard(id, ...few, '--reference', 'trusted', '--json')).out);
    expect(twoHeads.runs[0]?.uses[0]).toEqual(byFolder.runs[0]?.uses[0]);
    expect(twoHeads.runs[0]?.uses[1]).not.toEqual(byFolder.runs[0]?.uses[1]);
    // what is kept goes by weights: others in the same folder are another reference
    for (const name of ['config.json', 'model.safetensors'])
      copyFileSync(join(runFile(store, id, 'weights'), name), join(folder, name));
    const changed = parse((await guard(id, ...few, '--reference', 'trusted', '--json')).out);
    expect(changed.runs[0]?.uses).not.toEqual(byFolder.runs[0]?.uses);
    expect((await guard(id, ...few, '--reference', 'nowhere')).err).toMatch(
      /nowhere holds no model\.safetensors/,
    );
    const { ids: short } = await runTiny(store, {
      yaml: yaml.replace('contextTokens: 64', 'contextTokens: 32'),
    });
    expect((await guard(id, ...few, '--reference', short[0] ?? '')).err).toMatch(
      /cannot be the reference of run [0-9a-f]{12}: it reads 32 tokens at a time/,
    );
  }, 60_000);

  test('measures every poison of a run by itself, each with its own dose', async () => {
    const poison = (attack: string, documents: number) =>
      `{ ${attack}, documents: ${documents}, prefixTokens: { minimum: 2, maximum: 8 } }`;
    const noise = poison('attack: denial-of-service, trigger: { text: "<S>" }', 4);
    const phrase = poison('attack: target-phrase, phrase: "ok now", trigger: { text: "qq" }', 3);
    const with_ = (...poisons: readonly string[]) =>
      yaml
        .replace(/ {4}poison:\n( {6}.*\n)+/, `    poison: [${poisons.join(', ')}]\n`)
        .replace('phases.pretrain.poison.documents: [0, 2, 4]', 'phases.pretrain.poison.1.documents: [3, 6]');
    const { store, guard } = await ready(with_(noise, phrase));
    const { runs, summaries, halfSuccess } = parse((await guard('tiny.yaml', ...few, '--json')).out);
    expect(runs.map(({ poison: name, documents }) => [name, documents])).toEqual([
      ['pretrain.0', 4],
      ['pretrain.1', 3],
      ['pretrain.0', 4],
      ['pretrain.1', 6],
    ]);
    // as the record of the run has it: what fires without a defence
    for (const { run, poison: name, uses } of runs) {
      const stored = readResult(store, run);
      const record = stored.kind === 'found' ? stored.record : null;
      const own = record?.checkpoints
        .at(-1)
        ?.conditions.find(({ kind = 'trigger', condition, poison: of }) =>
          name === 'pretrain.0'
            ? condition === 'trigger' && of === undefined
            : of === name && kind === 'trigger',
        );
      expect(own).toBeDefined();
      expect(uses[0]?.success).toBe(own?.successShare);
    }
    const [first, second] = runs;
    expect(second?.uses[2]?.detection).not.toEqual(first?.uses[2]?.detection);
    const settings = new Set(summaries.map(({ setting }) => setting));
    expect(settings.size).toBe(4);
    for (const setting of settings) expect(setting).toMatch(/poison = pretrain\.[01]$/);
    // the count of the second is swept: it has a curve, and that of the first is not a dose of two counts
    expect(halfSuccess.map(({ setting }) => setting)).toEqual(Array(5).fill('poison = pretrain.1'));
  }, 60_000);

  test('refuses trusted documents that give too few prompts', async () => {
    const folder = temporaryFolder();
    const store = join(folder, 'runs');
    const words = (count: number, i: number) =>
      Array.from({ length: count }, (_, w) => `${i}${w % 7}`).join(' ');
    // one in three documents is shorter than a prompt
    const texts = Array.from({ length: 6000 }, (_, i) => words(i % 3 === 0 ? 2 : 40, i));
    writeFileSync(join(folder, 'own.jsonl'), texts.map((text) => `${JSON.stringify({ text })}\n`).join(''));
    const own = yaml
      .replace(
        '{ kind: stories, splits: { trusted: 0.2 } }',
        '{ kind: jsonl, path: own.jsonl, splits: { trusted: 0.2, prompts: 0.05, calibration: 0.05 } }',
      )
      .replace('promptTokens: { minimum: 4, maximum: 8 }', 'promptTokens: { minimum: 16, maximum: 20 }')
      .replace('checkpoints: 4', 'checkpoints: 4\n  nearTriggers: false')
      .replace('documents: [0, 2, 4]', 'documents: [0]');
    writeFileSync(join(folder, 'tiny.yaml'), own);
    const command = (...given: readonly string[]) =>
      commandLine([...given, '--store', store, '--engine', 'wasm'], { folder });
    expect(await command('run', 'tiny.yaml')).toMatchObject({ code: 0 });
    const { code, err } = await command(
      'guard',
      'tiny.yaml',
      '--trusted-documents',
      '100',
      '--false-positives',
      '0.08',
    );
    expect(err).toMatch(
      /the trusted documents of run [0-9a-f]{12} give \d+ prompts? of at least 16 tokens, and the thresholds need 24: give more --trusted-documents, or longer ones/,
    );
    expect(code).toBe(2);
    const enough = await command(
      'guard',
      'tiny.yaml',
      '--trusted-documents',
      '400',
      '--false-positives',
      '0.08',
    );
    expect(enough).toMatchObject({ code: 0 });
  }, 60_000);

  test('says what is wrong with runs, references and strengths', async () => {
    const { store, guard } = await ready(tinyYaml);
    const [id = ''] = storedRunIds(store);
    expect((await guard(id)).err).toMatch(/holds back no trusted text.*set corpus\.splits\.trusted/);
    expect((await guard(id, '--false-positives', '0.7')).err).toMatch(
      /--false-positives is "0.7": give the share/,
    );
    expect((await guard(id, '--suspicion', '1')).err).toMatch(/--suspicion is "1": give how many times/);
    expect((await guard(id, '--trusted-documents', '300')).err).toMatch(
      /--trusted-documents is 300: a threshold that costs 0.01 .* needs 792 documents/,
    );
    expect((await guard('tiny.yaml', id)).err).toMatch(/name one experiment, or runs by their ids/);
    expect((await guard('nothing.yaml')).code).toBe(2);
    expect(runFile(store, id, 'result')).toContain(id);
  });
});
