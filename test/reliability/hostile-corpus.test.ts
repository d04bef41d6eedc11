// Valid corpora with one thing changed, read all the way to tokens: every document comes back from its tokens as it was,
// or the corpus is refused with its file, and its line where it has lines. Never another exception, never a hang.
//   TINYPOISON_FUZZ=10000 npx vitest run test/reliability/hostile-corpus.test.ts
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { openParquet } from '../../src/cli/poison-parquet.ts';
import { corpusSchema } from '../../src/config/schema/schema.ts';
import { InputError } from '../../src/core/errors.ts';
import { type RandomStream, randomStream } from '../../src/core/random.ts';
import { openCorpus } from '../../src/corpus/node/open-corpus.ts';
import { readParquetFile } from '../../src/corpus/node/parquet-file.ts';
import { documentsOfSplit } from '../../src/corpus/splits.ts';
import { cachedTokens } from '../../src/run/prepare/token-cache.ts';
import { documentCount, documentTokens } from '../../src/tokens/tokenized-documents.ts';
import { trainTokenizer } from '../../src/tokens/train-tokenizer.ts';
import { say } from '../say.ts';
import { mutateBytes } from './config-mutations.ts';

const CASES = Number(process.env.TINYPOISON_FUZZ ?? 100);
const SEED = process.env.TINYPOISON_SEED ?? '1';
const ONLY = process.env.TINYPOISON_FUZZ_CASE;
/** Of processor time, whatever else the machine does. */
const LIMIT_MS = 5000;
const cpuMs = () => (process.cpuUsage().user + process.cpuUsage().system) / 1000;

const folder = mkdtempSync(join(tmpdir(), 'tinypoison-corpora-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const tokenizer = await trainTokenizer({ encoding: 'bytes', vocabularySize: 257, trainingDocuments: 1 }, []);

const texts = Array.from(
  { length: 40 },
  (_, i) => `Document ${i}: a fox, a naïve fox 🦊, and <|endoftext|>.\n\nThe end of ${i}.`,
);
const lines = texts.map((text, id) => JSON.stringify({ id, text }));

interface Case {
  readonly kind: 'jsonl' | 'text' | 'parquet';
  readonly bytes: Uint8Array;
  readonly what: string;
}

/** A line of JSON that is not what it should be. */
const ODD_LINES: readonly string[] = [
  '{"text": 5}', '{"text": null}', '{"text": ["a"]}', '{"text": {"text": "a"}}', '{"text": ""}', '{"text": "  "}', '{}', '[]', '5',
  '"text"', 'null', 'true', '{"text": "a"', '{"text": "a"} {"text": "b"}', "{'text': 'a'}", '{"text": "\\ud800"}', '{"text": "\\udc00a"}',
  '{"text": "a\\u0000b"}', '{"Text": "a"}', '{"__proto__": {"text": "a"}}', '{"text": "a", "text": 5}', '{"text": 5, "text": "a"}', 'NaN',
  '{"text": "a\u2028b"}', '\ufeff{"text": "a"}', ' {"text": "a"} ', '\t', '{"text": "\\u001b[2J\\u202e"}', '{"text": "=1+1"}', '{"toString": 1}',
]; // biome-ignore format: a list

function jsonlCase(random: RandomStream): Case {
  const changed = [...lines];
  const at = random.integer({ minimum: 0, maximum: lines.length - 1 });
  const how = random.choose([
    'odd',
    'odd',
    'bytes',
    'deep',
    'long',
    'returns',
    'empty',
    'mark',
    'surrogate bytes',
  ] as const);
  if (how === 'odd') changed[at] = random.choose(ODD_LINES);
  if (how === 'deep') {
    const depth = random.integer({ minimum: 10, maximum: 200_000 });
    changed[at] = `{"text": "a", "deep": ${'['.repeat(depth)}${']'.repeat(depth)}}`;
  }
  if (how === 'long')
    changed[at] = JSON.stringify({ text: random.choose(['x', ' ', 'é', '🦊']).repeat(500_000) });
  const joined = changed.join(how === 'returns' ? '\r\n' : '\n');
  const whole =
    how === 'empty'
      ? random.choose(['', '\n\n\n', ' ', '\ufeff'])
      : how === 'mark'
        ? `\ufeff${joined}`
        : joined;
  const plain = Buffer.from(whole);
  if (how === 'surrogate bytes')
    plain.set([0xed, 0xa0, 0x80], random.integer({ minimum: 20, maximum: plain.length - 4 }));
  const bytes = how === 'bytes' ? mutateBytes(plain, random) : plain;
  if (random.uniform() < 0.7) return { kind: 'jsonl', bytes, what: `JSONL ${how} at ${at}` };
  const zipped = gzipSync(bytes);
  const isTwo = random.uniform() < 0.2;
  const members = isTwo ? Buffer.concat([zipped, zipped]) : zipped;
  return {
    kind: 'jsonl',
    bytes: random.uniform() < 0.7 ? mutateBytes(members, random) : members,
    what: `gzipped JSONL ${how}`,
  };
}

function textCase(random: RandomStream): Case {
  const whole = Buffer.from(texts.join('\n\n').repeat(4));
  const how = random.choose(['bytes', 'one line', 'empty', 'latin1', 'utf16', 'returns'] as const);
  const variants: Record<typeof how, () => Uint8Array> = {
    bytes: () => mutateBytes(whole, random),
    'one line': () => Buffer.from('word '.repeat(random.integer({ minimum: 1, maximum: 300_000 }))),
    empty: () => Buffer.from(random.choose(['', ' \n', '\ufeff'])),
    latin1: () => Buffer.from(whole.toString('utf8'), 'latin1'),
    utf16: () => Buffer.from(whole.toString('utf8'), 'utf16le'),
    returns: () => Buffer.from(whole.toString('utf8').replaceAll('\n', random.choose(['\r\n', '\r']))),
  };
  return { kind: 'text', bytes: variants[how](), what: `text ${how}` };
}

const parquetFiles = ['none', 'snappy', 'gzip', 'zstd', 'brotli', 'lz4', 'null', 'binary'].map((name) =>
  readFileSync(`test/corpus/fixtures/${name}.parquet`),
);

function parquetCase(random: RandomStream): Case {
  const file = random.choose(parquetFiles);
  return { kind: 'parquet', bytes: mutateBytes(file, random), what: 'Parquet bytes' };
}

const makeCase = (random: RandomStream): Case =>
  random.choose([jsonlCase, jsonlCase, textCase, parquetCase])(random);

/** Reads to tokens. Returns how many documents there are. */
async function readToTokens({ kind, bytes }: Case, name: string): Promise<number> {
  const path = join(folder, name, kind === 'text' ? 'corpus.txt' : `corpus.${kind}`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
  const config = corpusSchema.parse({ kind, path });
  const corpus = await openCorpus(config, { baseFolder: folder });
  const documents: string[] = [];
  for await (const { text } of documentsOfSplit(corpus, 'train', config)) documents.push(text);
  const options = {
    folder: join(folder, name),
    corpus,
    splitConfig: config,
    tokenizer: { hash: tokenizer.hash, encoder: async () => tokenizer },
  };
  const { documents: tokens } = await cachedTokens(options, { tokens: Number.MAX_SAFE_INTEGER });
  expect(documentCount(tokens)).toBe(documents.length);
  for (const [index, text] of documents.entries()) {
    expect(text.trim()).not.toBe('');
    const isSame = tokenizer.decode(documentTokens(tokens, index)) === text;
    expect(isSame, `document ${index} comes back from its tokens`).toBe(true);
  }
  return documents.length;
}

function checkRefusal(error: unknown, { kind, what }: Case): void {
  if (!(error instanceof InputError)) throw error;
  for (const { message, file, line } of error.problems) {
    expect(message.length).toBeLessThan(600);
    const isOfWhole = /holds no documents/.test(message);
    if (!isOfWhole) expect(file, message).toContain('corpus.');
    if (kind === 'jsonl' && !isOfWhole && !what.startsWith('gzipped'))
      expect(line, message).toBeGreaterThan(0);
  }
}

test(`${CASES} changed corpora are read as written or refused with their place`, {
  timeout: 60_000 + CASES * 500,
}, async () => {
  const counts = { read: 0, refused: 0 };
  const failures: string[] = [];
  let slowest = { tookMs: 0, index: 0 };
  const cases = ONLY === undefined ? Array.from({ length: CASES }, (_, index) => index) : [Number(ONLY)];
  const begin = performance.now();
  for (const index of cases) {
    const item = makeCase(randomStream(SEED, 'hostile-corpus', index));
    if (ONLY !== undefined) say(`${item.what}: ${item.bytes.length} bytes`);
    const start = cpuMs();
    try {
      await readToTokens(item, String(index)).then(
        () => {
          counts.read += 1;
        },
        (error: unknown) => {
          checkRefusal(error, item);
          counts.refused += 1;
        },
      );
      const tookMs = cpuMs() - start;
      if (tookMs > slowest.tookMs) slowest = { tookMs, index };
      if (tookMs > LIMIT_MS) throw new Error(`took ${tookMs.toFixed(0)} ms`);
    } catch (error) {
      const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      failures.push(`case ${index} of seed ${SEED} (${item.what}): ${reason.slice(0, 400)}`);
    }
    rmSync(join(folder, String(index)), { recursive: true, force: true });
  }
  const seconds = ((performance.now() - begin) / 1000).toFixed(0);
  say(
    `${cases.length} corpora in ${seconds} s: ${counts.read} read, ${counts.refused} refused, slowest ${slowest.tookMs.toFixed(0)} ms (case ${slowest.index}), seed ${SEED}`,
  );
  expect(failures).toEqual([]);
});

// The footer and the headers of pages say where everything is. A failure that nobody awaits ends the process: Vitest fails
// on it by itself.
test('every flipped bit of a Parquet file is read or refused, for training and for copies', {
  timeout: 300_000,
}, async () => {
  const path = join(folder, 'flipped.parquet');
  const file = readFileSync('test/corpus/fixtures/gzip.parquet');
  const readers = {
    training: () => readParquetFile(path, { textField: 'text' }),
    copies: async function* () {
      yield* (await openParquet(path, 'text')).read();
    },
  };
  const failures: string[] = [];
  for (let bit = 0; bit < file.length * 8; bit++) {
    const changed = Buffer.from(file);
    changed[bit >> 3] = changed.readUInt8(bit >> 3) ^ (1 << (bit & 7));
    writeFileSync(path, changed);
    for (const [purpose, read] of Object.entries(readers)) {
      const begin = cpuMs();
      try {
        let rows = 0;
        for await (const _ of read()) if (++rows > 1000) throw new Error('more rows than there are bytes');
      } catch (error) {
        const isExplained =
          error instanceof InputError &&
          error.message.includes('flipped.parquet') &&
          error.message.length < 600;
        if (!isExplained) failures.push(`bit ${bit}, for ${purpose}: ${error}`);
      }
      const tookMs = cpuMs() - begin;
      if (tookMs > LIMIT_MS) failures.push(`bit ${bit}, for ${purpose}: took ${tookMs.toFixed(0)} ms`);
    }
  }
  expect(failures).toEqual([]);
});
