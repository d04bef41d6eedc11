// Stores, folders of results, safetensors files and configs of strangers, 2,000 each where all are wanted: whatever is
// in them, a command ends within 20 s and 1.5 GB, with an exit code that it documents, and never calls itself defective.
//   TINYPOISON_FILES=2000 npm run test:reliability -- hostile-files
//   TINYPOISON_FUZZ_CASE=17 TINYPOISON_SEED=1 npm run test:reliability -- hostile-files -t safetensors
import { createHash } from 'node:crypto';
import { cpSync, lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { hashValue } from '../../src/core/hash.ts';
import { type RandomStream, randomStream } from '../../src/core/random.ts';
import { runFile, storedRunIds } from '../../src/run/store/store.ts';
import { temporaryFolder } from '../run/fake-runs.ts';
import { say } from '../say.ts';
import { filesBelow, runProgram, tinyRun, workplace } from './built-program.ts';
import { CommandLost, CommandServer, runAlone, type Served } from './command-server.ts';
import { mutateConfig } from './config-mutations.ts';
import { damageFile, mutateJson } from './hostile-values.ts';

const CASES = Number(process.env.TINYPOISON_FILES ?? 40);
const SEED = process.env.TINYPOISON_SEED ?? '1';
const ONLY = process.env.TINYPOISON_FUZZ_CASE;
const LIMIT_MS = 20_000;
const LIMIT_BYTES = 1.5e9;
/** Every so many cases one is started as users start it, in a process of its own; the others share one. */
const ALONE_EVERY = 20;
/** As docs and --help have them. */
const EXIT_CODES = [0, 1, 2, 3, 4];
const engine = ['--engine', 'wasm'];
const inProcess = [...engine, '--executor', 'in-process', '--workers', '1'];

/** A case: the command, and what was done to what it reads. */
interface Case {
  readonly words: readonly string[];
  readonly what: string;
}

/** What cases are made of: a folder with an experiment, its store and its results. */
let base: string | undefined;
function baseFolder(): string {
  if (base !== undefined) return base;
  const folder = workplace();
  const kept = join(temporaryFolder(), '..', `tinypoison-hostile-${process.pid}`);
  const { status, stderr } = runProgram([...tinyRun, '--keep-weights', 'all', '--workers', '1'], { folder });
  expect(status, stderr).toBe(0);
  cpSync(folder, kept, { recursive: true });
  process.once('exit', () => rmSync(kept, { recursive: true, force: true }));
  base = kept;
  return kept;
}

/** Whether it is a file that can be read to its end: no pipe, no device, no link. */
const isPlain = (path: string) => lstatSync(path, { throwIfNoEntry: false })?.isFile() === true;
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** result.json with hashes that fit again, as a forger writes it. */
function rehashResult(
  store: string,
  id: string,
  change: (record: Record<string, unknown>) => void = () => {},
): void {
  const path = runFile(store, id, 'result');
  if (!isPlain(path)) return;
  const { sha256: _, ...content } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  const files = Object.fromEntries(
    (['vocabulary', 'manifest'] as const)
      .filter((file) => isPlain(runFile(store, id, file)))
      .map((file) => [file, sha256(readFileSync(runFile(store, id, file)))]),
  );
  const whole = { ...content, files };
  change(whole);
  writeFileSync(path, JSON.stringify({ ...whole, sha256: hashValue(whole) }));
}

/** Its file changed as JSON where it is some, else as bytes. */
function changeFile(path: string, random: RandomStream): string {
  const text = readFileSync(path, 'utf8');
  const start = /^[0-9a-f]{64}\n/.exec(text)?.[0].length ?? 0;
  if (random.uniform() < 0.3) return damageFile(path, random);
  if (path.endsWith('.json')) {
    const changed = mutateJson(text.slice(start), random);
    writeFileSync(path, start === 0 ? changed : `${sha256(Buffer.from(changed))}\n${changed}`);
  } else if (path.endsWith('.jsonl')) {
    const lines = text.trimEnd().split('\n');
    const at = random.integer({ minimum: 0, maximum: lines.length - 1 });
    lines[at] = mutateJson(lines[at] as string, random);
    writeFileSync(path, `${lines.join('\n')}\n`);
  } else return damageFile(path, random);
  return `JSON of ${path.slice(-60)}`;
}

function storeCase(folder: string, random: RandomStream): Case {
  const store = join(folder, 'runs');
  const id = random.choose(storedRunIds(store));
  const isOfRun = random.uniform() < 0.8;
  const files = filesBelow(store).filter((name) => (isOfRun ? name.includes(id) : name.startsWith('cache')));
  const path = join(store, random.choose(files));
  const what = changeFile(path, random);
  try {
    if (random.uniform() < 0.8) rehashResult(store, id);
  } catch {
    // It is no JSON, or no file, any more.
  }
  const commands: readonly (readonly string[])[] = [
    ['list'], ['list', '--json'], ['inspect', id], ['inspect', id, '--full'], ['prompt', id, 'Once', '--tokens', '4', ...engine],
    ['evaluate', id, ...engine], ['why', id], ['why', 'tiny.yaml', ...engine], ['lineage', id, '--full'], ['plan', 'tiny.yaml', ...engine],
    ['report', 'tiny.yaml', ...engine, '--force'], [...tinyRun, ...inProcess, '--force'],
    [...tinyRun, ...inProcess, '--force', '--set', 'evaluation.temperature=0.5', '--keep-weights', 'all'],
  ]; // biome-ignore format: a list
  return { words: random.choose(commands), what };
}

/** SHA256SUMS that fit again. */
function resum(results: string): void {
  const path = join(results, 'SHA256SUMS');
  if (!isPlain(path)) return;
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  const names = lines.map((line) => line.slice(66)).filter((name) => isPlain(join(results, name)));
  const text = names.map((name) => `${sha256(readFileSync(join(results, name)))}  ${name}\n`).join('');
  writeFileSync(path, text);
}

function resultsCase(folder: string, random: RandomStream): Case {
  const results = join(folder, 'results', 'tiny');
  const names = filesBelow(results);
  const data = names.filter((name) => /jsonl|json$|yaml|csv|SUMS/.test(name));
  const what = changeFile(join(results, random.choose(random.uniform() < 0.7 ? data : names)), random);
  try {
    if (random.uniform() < 0.8) resum(results);
  } catch {
    // One of them is no file any more.
  }
  if (random.uniform() < 0.3) rmSync(join(folder, 'runs'), { recursive: true });
  const commands: readonly (readonly string[])[] = [
    ['verify', 'results/tiny', '--sample', '1', '--workers', '1', ...engine], ['report', 'results/tiny'],
    ['verify', 'results/tiny', '--sample', '1', '--workers', '1', ...engine, '--json'], ['report', 'results/tiny', '--results', 'elsewhere'],
    ['plan', 'tiny.yaml', ...engine], ['report', 'tiny.yaml', ...engine], [...tinyRun, ...inProcess],
  ]; // biome-ignore format: a list
  return { words: random.choose(commands), what };
}

/** A safetensors file with its header changed, and its length right or not. */
function changeSafetensors(bytes: Buffer, random: RandomStream): Buffer {
  const length = Number(bytes.readBigUInt64LE(0));
  const header = bytes.subarray(8, 8 + length).toString('utf8');
  const data = bytes.subarray(8 + length);
  const how = random.choose(['header', 'header', 'header', 'length', 'data', 'bytes', 'values'] as const);
  if (how === 'length') {
    const odd = [0n, 1n, 2n ** 63n, 2n ** 64n - 1n, 10n ** 9n, BigInt(bytes.length), BigInt(length + 1)];
    const changed = Buffer.from(bytes);
    changed.writeBigUInt64LE(random.choose(odd), 0);
    return changed;
  }
  if (how === 'data')
    return Buffer.from(bytes.subarray(0, random.integer({ minimum: 0, maximum: bytes.length })));
  if (how === 'values') {
    const changed = Buffer.from(bytes);
    const odd = [Number.NaN, Number.POSITIVE_INFINITY, 3e38, -3e38, 1e-44];
    for (let i = 0; i < 50; i++)
      changed.writeFloatLE(
        random.choose(odd),
        8 + length + 4 * random.integer({ minimum: 0, maximum: data.length / 4 - 1 }),
      );
    return changed;
  }
  const json = Buffer.from(mutateJson(header, random));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([size, how === 'bytes' ? json.subarray(0, json.length / 2) : json, data]);
}

function safetensorsCase(folder: string, random: RandomStream): Case {
  const store = join(folder, 'runs');
  const id = random.choose(storedRunIds(store));
  const isFinal = random.uniform() < 0.7;
  const weights = filesBelow(store).filter((name) => name.includes(id) && name.endsWith('.safetensors'));
  const path = join(store, random.choose(weights.filter((name) => name.includes('checkpoints') !== isFinal)));
  writeFileSync(path, changeSafetensors(readFileSync(path), random));
  if (isFinal)
    rehashResult(store, id, (record) => Object.assign(record, { weightsHash: sha256(readFileSync(path)) }));
  const again = [
    ...tinyRun,
    ...inProcess,
    '--force',
    '--set',
    'evaluation.temperature=0.5',
    '--keep-weights',
    'all',
  ];
  const commands: readonly (readonly string[])[] = isFinal
    ? [['prompt', id, 'Once', '--tokens', '4', ...engine], ['evaluate', id, ...engine], again]
    : [again];
  return { words: random.choose(commands), what: `safetensors ${isFinal ? 'final' : 'checkpoint'}` };
}

function configCase(folder: string, random: RandomStream): Case {
  const path = join(folder, 'tiny.yaml');
  const { text, what } = mutateConfig(readFileSync(path, 'utf8'), random);
  writeFileSync(path, text);
  return {
    words: random.choose([
      ['plan', 'tiny.yaml', ...engine],
      ['plan', 'tiny.yaml', '--json', ...engine],
      ['why', 'tiny.yaml'],
    ]),
    what,
  };
}

const KINDS = { store: storeCase, results: resultsCase, safetensors: safetensorsCase, config: configCase };

/** What is wrong with how a command ended; null: nothing. */
function faultOf({ code, out, err, memoryBytes }: Served): string | null {
  if (/defect/.test(err + out)) return err.slice(0, 400);
  if (!EXIT_CODES.includes(code)) return `exit code ${code}`;
  if (code === 2 && err.trim() === '') return 'exit code 2 without a word';
  if (/\n {4}at /.test(err)) return `a stack trace: ${err.slice(0, 300)}`;
  return memoryBytes > LIMIT_BYTES ? `${(memoryBytes / 1e9).toFixed(2)} GB` : null;
}

describe.each(Object.keys(KINDS) as (keyof typeof KINDS)[])('a hostile %s', (kind) => {
  test(`${CASES} times`, { timeout: 120_000 + CASES * LIMIT_MS }, async () => {
    const server = new CommandServer();
    const codes = new Map<number, number>();
    const failures: string[] = [];
    let slowestMs = 0;
    let mostBytes = 0;
    const begin = performance.now();
    const cases = ONLY === undefined ? Array.from({ length: CASES }, (_, index) => index) : [Number(ONLY)];
    const root = temporaryFolder();
    for (const index of cases) {
      const random = randomStream(SEED, 'hostile', kind, index);
      const folder = join(root, String(index));
      cpSync(baseFolder(), folder, { recursive: true });
      mkdirSync(join(folder, 'results'), { recursive: true });
      const { words, what } = KINDS[kind](folder, random);
      const start = performance.now();
      try {
        const runner = index % ALONE_EVERY === 0 ? runAlone : server.run.bind(server);
        const served = await runner(words, { folder, limitMs: LIMIT_MS });
        slowestMs = Math.max(slowestMs, performance.now() - start);
        mostBytes = Math.max(mostBytes, served.memoryBytes);
        codes.set(served.code, (codes.get(served.code) ?? 0) + 1);
        const fault = faultOf(served);
        if (ONLY !== undefined)
          say(`${words.join(' ')} (${what}): ${served.code}\n${served.out}${served.err}`);
        if (fault !== null)
          failures.push(`case ${index} of seed ${SEED}, ${words.join(' ')} (${what}): ${fault}`);
        if (served.memoryBytes > LIMIT_BYTES) server.close();
      } catch (error) {
        if (!(error instanceof CommandLost)) throw error;
        failures.push(
          `case ${index} of seed ${SEED}, ${words.join(' ')} (${what}): ${error.message.slice(0, 400)}`,
        );
      }
      rmSync(folder, { recursive: true, force: true });
    }
    const seconds = ((performance.now() - begin) / 1000).toFixed(0);
    const tally = [...codes]
      .sort(([a], [b]) => a - b)
      .map(([code, times]) => `${times} with exit code ${code}`);
    say(
      `${cases.length} hostile ${kind}: ${tally.join(', ')}; slowest ${(slowestMs / 1000).toFixed(1)} s, most memory ${(mostBytes / 1e6).toFixed(0)} MB, ${seconds} s, seed ${SEED}`,
    );
    expect(failures).toEqual([]);
  });
});
