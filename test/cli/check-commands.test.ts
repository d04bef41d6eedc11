import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runCommandLine } from '../../src/cli/command-line.ts';
import { runFile, storedRunIds } from '../../src/run/store/store.ts';
import { temporaryFolder } from '../run/fake-runs.ts';
import { tinyYaml } from '../run/tiny-experiment.ts';
import { commandLine } from './captured-context.ts';

const engine = ['--engine', 'wasm'];
const PROMPTS = 'evaluation.prompts=12';

/** A folder in which the tiny experiment has run, with its store and results. */
async function ranFolder(...options: readonly string[]): Promise<string> {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'experiments', 'tiny'), { recursive: true });
  writeFileSync(join(folder, 'experiments', 'tiny', 'experiment.yaml'), tinyYaml);
  expect((await commandLine(['run', 'experiments/tiny', ...engine, ...options], { folder })).code).toBe(0);
  return folder;
}

const onlyId = (folder: string) => storedRunIds(join(folder, 'runs'))[0] as string;

/** A file of the folder with one text in place of another. */
function edit(path: string, from: string | RegExp, to: string): void {
  const text = readFileSync(path, 'utf8');
  expect(text).toMatch(from);
  writeFileSync(path, text.replace(from, to));
}

describe('verify', () => {
  test.each([
    [['verify'], /missing required argument/],
    [['verify', 'nowhere'], /nowhere/],
    [['verify', '.'], /holds neither results\.jsonl nor experiment\.yaml/],
    [['verify', 'x', '--all', '--sample', '2'], /--all or --sample, not both/],
    [['verify', 'x', '--sample', '0'], /--sample is "0": give an integer from 1/],
    [['verify', 'x', '--sample', 'some'], /--sample is "some"/],
    [['verify', 'x', '--engine', 'gpu'], /Allowed choices/],
    [['verify', 'x', '--workers', '-1'], /--workers is "-1"/],
    [['why', 'nowhere.yaml'], /nowhere\.yaml/],
    [['why', 'abcdef'], /no run in the store/],
    [['lineage', 'abcdef'], /no run in the store/],
    [['lineage', 'experiments'], /not a run id/],
  ])('%j is bad input', async (words, message) => {
    const { code, out, err } = await commandLine(words);
    expect(code).toBe(2);
    expect(err).toMatch(message);
    expect(out).toBe('');
  });

  test('repeats an experiment by its name, and says which runs, that bits agree, and why not', async () => {
    const folder = await ranFolder();
    const results = join(folder, 'results', 'tiny');
    const before = readFileSync(join(results, 'results.jsonl'));
    const good = await commandLine(['verify', 'experiments/tiny', ...engine, '--summary', 'v.md'], {
      folder,
    });
    expect(good).toMatchObject({ code: 0 });
    expect(good.err).toMatch(/tiny: 1 of 1 run repeated from nothing, about .* with .* worker/);
    expect(good.out).toMatch(/same bits .*denial-of-service x 4, seed 1/);
    expect(good.out).toMatch(
      /Same bits: 1 of 1 run repeated, weights and every measurement as recorded; \d+ files made again from the records, the same\.\nNot signed: nobody vouches for this folder\.\n$/,
    );
    const summary = readFileSync(join(folder, 'v.md'), 'utf8');
    expect(summary).toMatch(/^### tinypoison verify: tiny\n/);
    expect(summary).toMatch(/\| `[0-9a-f]{12}` \| .* \| same bits \|/);
    expect(readFileSync(join(results, 'results.jsonl'))).toEqual(before);

    edit(join(results, 'results.jsonl'), /"cleanLossNats":[0-9.]+/, '"cleanLossNats":0.5');
    let err = '';
    let out = '';
    const jobSummary = join(folder, 'job.md');
    const code = await runCommandLine(['verify', 'results/tiny', ...engine], {
      out: { write: (text) => (out += text) },
      err: { write: (text) => (err += text) },
      folder,
      interrupt: new AbortController().signal,
      live: false,
      color: false,
      verbose: false,
      jobSummary,
    });
    expect(code).toBe(3);
    expect(out).toMatch(/DIFFERS/);
    expect(out).toMatch(/checkpoint 1 of pretrain, cleanLossNats is 0\.5 in the record/);
    expect(out).toMatch(/outside ±0\.0600/);
    expect(out).toMatch(/results\.jsonl was changed after it was written: it does not match SHA256SUMS/);
    expect(out).toMatch(/Differs: .*inconsistencies in the files, figures outside their bands/);
    expect(readFileSync(jobSummary, 'utf8')).toMatch(/DIFFERS/);
    expect(err).toMatch(/repeated from nothing/);

    writeFileSync(join(results, 'results.jsonl'), '{"id": 1}\n');
    const broken = await commandLine(['verify', 'results/tiny', ...engine], { folder });
    expect(broken.code).toBe(2);
    expect(broken.err).toMatch(/results\.jsonl:1 is not a valid record of a run/);
  });

  test('says how an experiment without results gets them', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'tiny.yaml'), tinyYaml);
    const { code, err } = await commandLine(['verify', 'tiny.yaml'], { folder });
    expect(code).toBe(2);
    expect(err).toMatch(/tiny has no results to verify .*`tinypoison run tiny\.yaml` makes them/);
  });
});

describe('why', () => {
  test('and plan say which runs are evaluated from kept weights, and run does so', async () => {
    const folder = await ranFolder('--keep-weights', 'all');
    const words = ['experiments/tiny', ...engine, '--set', PROMPTS];
    const planned = await commandLine(['plan', ...words], { folder });
    expect(planned.out).toMatch(
      /1 run differs from finished ones in the evaluation alone: evaluated with the kept weights/,
    );
    const why = await commandLine(['why', ...words], { folder });
    expect(why.out).toMatch(
      /Only the evaluation differs: `run` evaluates the weights kept by .*, and trains nothing/,
    );
    expect(why.out).toMatch(/1 of them from kept weights: evaluated, not trained/);
    const first = onlyId(folder);
    const done = await commandLine(['run', ...words, '--force', '--executor', 'in-process'], { folder });
    expect(done.code, done.err).toBe(0);
    const other = storedRunIds(join(folder, 'runs')).find((id) => id !== first) as string;
    const log = readFileSync(runFile(join(folder, 'runs'), other, 'log'), 'utf8');
    expect(log).toMatch(/not trained: evaluated with the weights of run/);
    // With the final weights alone the seven other points are missing.
    const final = await ranFolder();
    const again = await commandLine(['plan', ...words], { folder: final });
    expect(again.out).toMatch(/weights of all its steps were not kept: trained again/);
  });

  test('names the nearest run and the field, and that weights can be kept', async () => {
    const folder = await ranFolder();
    const alone = await commandLine(['why', onlyId(folder).slice(0, 8)], { folder });
    expect(alone).toMatchObject({ code: 0, out: expect.stringMatching(/holds no other run/) });
    expect(await commandLine(['why', 'experiments/tiny', ...engine], { folder })).toMatchObject({
      code: 0,
      out: 'tiny: 1 run planned, all in the store runs: nothing would train.\n',
    });
    const evaluated = await commandLine(['why', 'experiments/tiny', ...engine, '--set', PROMPTS], { folder });
    expect(evaluated.out).toMatch(/1 of 1 run would train/);
    expect(evaluated.out).toMatch(/config\s+evaluation\.prompts\s+12\s+10/);
    expect(evaluated.out).toMatch(
      /Only the evaluation differs, .* has not kept all .*`tinypoison evaluate`/s,
    );
    const seeds = ['--set', 'sweep.seeds=[2]', '--set', 'phases.pretrain.poison.documents=3'];
    const trained = await commandLine(['why', 'experiments/tiny', ...engine, ...seeds, '--json'], { folder });
    expect(JSON.parse(trained.out)).toMatchObject({
      missing: 1,
      runs: [
        {
          state: 'not in the store',
          differences: [{ path: 'phases.pretrain.poison.documents' }, { path: 'seed' }],
        },
      ],
    });
    const inexact = await commandLine(['why', 'experiments/tiny', '--engine', 'tfjs'], { folder });
    expect(inexact.out).toMatch(/arithmetic\s+engine arithmetic\s+tfjs\s+exact/);
    expect(readdirSync(join(folder, 'runs')).filter((name) => name.length === 2)).toHaveLength(1);
  });
});

describe('lineage', () => {
  test('leads from a run back to its data, checked, and says what changed between two', async () => {
    const folder = await ranFolder('--set', 'phases.pretrain.poison.trigger.text="<\\e[31m>"');
    const id = onlyId(folder);
    const { code, out } = await commandLine(['lineage', id.slice(0, 8)], { folder });
    expect(code).toBe(0);
    for (const what of [
      'corpus: stories',
      'clean documents',
      'poisoned documents: 4',
      'vocabulary',
      'weights',
    ])
      expect(out).toContain(what);
    expect(out).toMatch(/code: tinypoison \d/);
    expect(out).toMatch(/links checked, none broken/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: no control character may arrive
    expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);

    await commandLine(['run', 'experiments/tiny', '--force', ...engine], { folder });
    const other = storedRunIds(join(folder, 'runs')).find((one) => one !== id) as string;
    const both = await commandLine(['lineage', id.slice(0, 8), other.slice(0, 8)], { folder });
    expect(both.out).toMatch(/1 part of the identity is different/);
    expect(both.out).toMatch(/phases\.pretrain\.poison\.trigger\.text/);
    expect(both.out).toMatch(/the same: corpus, clean documents, vocabulary/);
    expect(both.out).toMatch(/different: .*weights/);
  });

  test('finds what was changed in the store', async () => {
    const folder = await ranFolder();
    const id = onlyId(folder);
    const path = (file: Parameters<typeof runFile>[2]) => runFile(join(folder, 'runs'), id, file);
    const weights = join(path('weights'), 'model.safetensors');
    const bytes = readFileSync(weights);
    bytes[bytes.length - 3] = (bytes[bytes.length - 3] as number) ^ 1;
    writeFileSync(weights, bytes);
    edit(path('manifest'), /"text": "([^<]+ <S>)/, '"text": "x$1');
    edit(path('metrics'), /"cleanLossNats":\d/, '"cleanLossNats":7');
    const { code, out } = await commandLine(['lineage', id], { folder });
    expect(code).toBe(3);
    expect(out).toMatch(/5 links broken/);
    expect(out).toMatch(/poisoned documents .*1 of the texts do not match their hashes/);
    expect(out).toMatch(/poison manifest \(manifest\.json\): recorded/);
    expect(out).toMatch(/weights \(model\.safetensors\): recorded .*found/);
    expect(out).toMatch(/measurements .*metrics\.jsonl is not what the result has/);
    edit(path('result'), /"parameters": \d/, '"parameters": 9');
    const damaged = await commandLine(['lineage', id], { folder });
    expect(damaged.code).toBe(3);
    expect(damaged.err).toMatch(/result\.json does not match its hash/);
    expect(existsSync(weights)).toBe(true);
  });
});

describe('files of a run that lack their parts', () => {
  test('are mismatches of the lineage, and no reason for why to give up', async () => {
    const folder = await ranFolder();
    const store = join(folder, 'runs');
    const id = onlyId(folder);
    const cases = [
      ['manifest', /"textHash"/, '"textHasi"'],
      ['provenance', /"phases"/, '"phasez"'],
      ['provenance', /"tokens"/, '"tokenz"'],
      ['config', /"phases"/, '"phasez"'],
      ['trace', /"tensors"/g, '"tenzors"'],
    ] as const;
    for (const [file, from, to] of cases) {
      const path = runFile(store, id, file);
      const whole = readFileSync(path);
      edit(path, from, to);
      const { code, out, err } = await commandLine(['lineage', id], { folder });
      writeFileSync(path, whole);
      expect({ code, err }, `${file} ${to}`).toEqual({ code: 3, err: '' });
      expect(out).toContain(`${file}.json`);
    }
    edit(runFile(store, id, 'config'), /"resolved"/, '"rezolved"');
    rmSync(runFile(store, id, 'result'));
    const { code, err } = await commandLine(['why', 'experiments/tiny', ...engine], { folder });
    expect(err).toBe('');
    expect(code).toBe(0);
  });
});
