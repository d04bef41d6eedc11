// A run of somebody else's store, hashes made again: whatever its files say is shown, and does nothing.
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hashValue } from '../../src/core/hash.ts';
import { runFile, runFolder } from '../../src/run/store/store.ts';
import { commandLine } from '../cli/captured-context.ts';
import { temporaryFolder } from '../run/fake-runs.ts';
import { runTiny, tinyYaml } from '../run/tiny-experiment.ts';
import { poisonStrings } from './hostile-json.ts';

/** What no screen may get but the line feed. */
const OBEYED =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\p{Cs}\u{e0000}-\u{e007f}]/u;

const engine = ['--engine', 'wasm'];

type Files = 'result' | 'config' | 'manifest' | 'provenance';
const read = (store: string, id: string, file: Files) =>
  JSON.parse(readFileSync(runFile(store, id, file), 'utf8'));

/** Texts that a run may choose freely; hashes, names of kinds and the like are held by schemas. */
const free =
  /(^|\.)(error|prompt|continuation|text|phrase|attack|id|version|node|commit|engine|file|seed|exampleIds|payload)$/;

function rewrite(store: string, id: string, file: Files, value: unknown): void {
  writeFileSync(runFile(store, id, file), `${JSON.stringify(value, null, 1)}\n`);
}

/** result.json again, with the hashes of its files and its own. */
function rehash(store: string, id: string, record: Record<string, unknown>): void {
  const { sha256: _, files: __, ...rest } = record;
  const hashOf = (file: 'vocabulary' | 'manifest') =>
    createHash('sha256')
      .update(readFileSync(runFile(store, id, file)))
      .digest('hex');
  const content = { ...rest, files: { vocabulary: hashOf('vocabulary'), manifest: hashOf('manifest') } };
  rewrite(store, id, 'result', { ...content, sha256: hashValue(content) });
}

describe("a stranger's store", () => {
  let folder = '';
  let store = '';
  let id = '';
  let out: Record<string, string> = {};

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tinypoison-strangers-'));
    store = join(folder, 'runs');
    const { ids } = await runTiny(store);
    id = ids[0] as string;
    writeFileSync(join(folder, 'tiny.yaml'), tinyYaml);
    const record = poisonStrings(read(store, id, 'result'), (path) => free.test(path) && path !== 'id');
    const { config } = record as { config: unknown };
    rewrite(
      store,
      id,
      'manifest',
      poisonStrings(read(store, id, 'manifest'), (path) => free.test(path)),
    );
    rewrite(store, id, 'config', { ...read(store, id, 'config'), resolved: config });
    rewrite(
      store,
      id,
      'provenance',
      poisonStrings(read(store, id, 'provenance'), (path) => free.test(path)),
    );
    rehash(store, id, { ...(record as object), status: 'done', error: '\u001b[31mred\u009b' });
    out = {};
  }, 60_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each([
    ['list'],
    ['list', '--json'],
    ['inspect', 'ID', '--full'],
    ['inspect', 'ID'],
    ['inspect', 'ID', '--json'],
    ['prompt', 'ID', 'Once\u001b[2J', '--tokens', '2', ...engine],
    ['evaluate', 'ID', ...engine],
    ['why', 'ID'],
    ['why', 'tiny.yaml', ...engine],
    ['lineage', 'ID', '--full'],
    ['lineage', 'ID', '--json'],
    ['report', 'tiny.yaml', ...engine],
  ])('%s %s %s writes nothing that a terminal obeys', async (...words) => {
    const named = words.map((word) => (word === 'ID' ? id : word));
    const shown = await commandLine(named, { folder });
    expect(shown.err).not.toContain('defect');
    expect(OBEYED.exec(shown.out)?.[0]).toBeUndefined();
    expect(OBEYED.exec(shown.err)?.[0]).toBeUndefined();
    out[words.join(' ')] = shown.out + shown.err;
  });

  test('shows what it neutralised', () => {
    expect(out['inspect ID --full']).toContain('␛]0;owned␇␛[2J');
    expect(out['inspect ID --full']).toContain('␛[31mred⟨U+009B⟩');
    expect(out.list).toContain('⟨U+202E⟩');
  });

  test('names what its files lack with file, field and remedy, whatever stands in it', async () => {
    const path = runFile(store, id, 'manifest');
    const whole = readFileSync(path, 'utf8');
    const manifest = read(store, id, 'manifest');
    manifest.phases[0].documents[1].id = [['\u001b[31m']];
    rewrite(store, id, 'manifest', manifest);
    rehash(store, id, read(store, id, 'result'));
    const { code, err } = await commandLine(['inspect', id], { folder });
    expect(code).toBe(2);
    expect(err).toMatch(
      /manifest\.json is not a valid manifest .*phases\.0\.documents\.1\.id is .*restore it/,
    );
    expect(OBEYED.test(err)).toBe(false);
    writeFileSync(path, whole);
  });

  test('options of an attack or a trigger in a manifest that do not fit are named', async () => {
    const path = runFile(store, id, 'manifest');
    const whole = readFileSync(path, 'utf8');
    for (const change of [{ gibberishTokens: { minimum: '\u001b[31m' } }, { trigger: { text: 5 } }]) {
      const manifest = JSON.parse(whole);
      Object.assign(manifest.phases[0].poison, { attack: 'denial-of-service', ...change });
      rewrite(store, id, 'manifest', manifest);
      rehash(store, id, read(store, id, 'result'));
      const { code, err } = await commandLine(['inspect', id], { folder });
      expect(code).toBe(2);
      expect(err).toMatch(
        /gibberishTokens\.minimum is .*: expected number|trigger\.text is 5: expected string/,
      );
      expect(OBEYED.test(err)).toBe(false);
    }
    writeFileSync(path, whole);
  });

  test('weights that are not finite are the fault of the file, not of the learning rate', async () => {
    const own = temporaryFolder();
    const { ids } = await runTiny(join(own, 'runs'));
    const other = ids[0] as string;
    const path = join(runFolder(join(own, 'runs'), other), 'weights', 'model.safetensors');
    const bytes = readFileSync(path);
    bytes.writeFloatLE(Number.POSITIVE_INFINITY, bytes.length - 4);
    writeFileSync(path, bytes);
    const weightsHash = createHash('sha256').update(bytes).digest('hex');
    rehash(join(own, 'runs'), other, { ...read(join(own, 'runs'), other, 'result'), weightsHash });
    const { code, err } = await commandLine(['prompt', other, 'Once', ...engine], { folder: own });
    expect(code).toBe(2);
    expect(err).toMatch(/model\.safetensors holds values that are not finite, in ".+": the file is damaged/);
    expect(err).not.toContain('learning rate');
  });
});
