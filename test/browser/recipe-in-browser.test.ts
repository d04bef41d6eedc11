// The recipe in headless Chromium: bundled, in a worker, under a strict content security policy.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findChromium, openPage } from '../../scripts/same-bits/headless-page.mjs';
import { memoryFiles } from '../../src/config/config-files.ts';
import { loadStoryGrammar } from '../../src/corpus/node/load-story-grammar.ts';
import { createStoryCorpus } from '../../src/corpus/stories.ts';
import { createMemoryMemo } from '../../src/recipe/memo.ts';
import { prepareInMemory } from '../../src/recipe/prepare-in-memory.ts';
import type { WorkerOrder, WorkerRun } from './recipe-worker.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const text = readFileSync(join(root, 'results/golden/config.yaml'), 'utf8');
const attacks = ['denial-of-service', 'target-phrase'];
/** The config is read as if it stood in the root folder, beside which `configs` does. */
const files = Object.fromEntries(
  attacks.map((name) => [
    `/configs/attacks/${name}.yaml`,
    readFileSync(join(root, `configs/attacks/${name}.yaml`), 'utf8'),
  ]),
);

/** Most bytes after gzip of what a page needs before a run, and of the ranks that only an encoder needs. */
const MOST_BUNDLE_BYTES = 130_000;

const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; base-uri 'none'";

const PAGE = `<!doctype html><meta charset="utf-8"><title>recipe</title><script src="/page.js"></script>`;
const PAGE_SCRIPT = `
const send = (result) => fetch('/result', { method: 'POST', body: JSON.stringify(result) });
document.addEventListener('securitypolicyviolation', (event) => send({ failed: event.violatedDirective }));
(async () => {
  const order = await (await fetch('/order.json')).json();
  const kernels = new Uint8Array(await (await fetch('/kernels.wasm')).arrayBuffer());
  const worker = new Worker('/assets/worker.js', { type: 'module' });
  worker.onerror = (event) => send({ failed: 'the worker: ' + event.message });
  worker.onmessage = ({ data }) => send(data);
  worker.postMessage({ ...order, kernels }, [kernels.buffer]);
})().catch((error) => send({ failed: String(error) }));
`;
const TYPES: Readonly<Record<string, string>> = { '.js': 'text/javascript', '.wasm': 'application/wasm' };

const browser = findChromium();
const folder = mkdtempSync(join(tmpdir(), 'tinypoison-bundle-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(async () => {
  await build({
    configFile: false,
    logLevel: 'silent',
    root,
    publicDir: false,
    build: {
      outDir: folder,
      emptyOutDir: true,
      target: 'es2022',
      modulePreload: false,
      rollupOptions: {
        input: { worker: join(root, 'test/browser/recipe-worker.ts') },
        preserveEntrySignatures: false,
        output: { entryFileNames: 'assets/[name].js', chunkFileNames: 'assets/[name].js' },
      },
    },
  });
}, 120_000);

const chunks = () => readdirSync(join(folder, 'assets')).filter((name) => name.endsWith('.js'));
const isRanks = (name: string) => /k_base/.test(name);
const gzipped = (names: readonly string[]) =>
  names.reduce((sum, name) => sum + gzipSync(readFileSync(join(folder, 'assets', name))).length, 0);

/** What a bundle still imports that is not a file beside it. */
const importedBy = (code: string) =>
  [...code.matchAll(/\b(?:from|import|require)\s*\(?\s*["'`]([^"'`]+)["'`]/g)]
    .map(([, name = '']) => name)
    .filter((name) => !name.startsWith('./'));

/** Trains runs in a page; also tells which files it asked for. */
async function inPage(order: Omit<WorkerOrder, 'kernels'>) {
  const requested: string[] = [];
  const answer = (path: string) => {
    requested.push(path);
    const headers = { 'content-security-policy': POLICY, 'cache-control': 'no-store' };
    if (path === '/') return { 'content-type': 'text/html', ...headers, body: PAGE };
    if (path === '/page.js') return { 'content-type': 'text/javascript', ...headers, body: PAGE_SCRIPT };
    if (path === '/order.json')
      return { 'content-type': 'application/json', ...headers, body: JSON.stringify(order) };
    const file = path === '/kernels.wasm' ? join(root, 'src/kernels/wasm/kernels.wasm') : join(folder, path);
    return { 'content-type': TYPES[extname(path)] ?? 'text/plain', ...headers, body: readFileSync(file) };
  };
  const result = await openPage({ browser: browser as string, answer, timeoutMs: 240_000 });
  expect(result).not.toHaveProperty('failed');
  return { runs: (result as { runs: WorkerRun[] }).runs, requested };
}

const records = readFileSync(join(root, 'results/golden/results.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));

/** The committed run in the fields that the worker gives. */
function committed(id: string) {
  const { weightsHash, checkpoints, samples, poison } = records.find((record) => record.id === id);
  return { id, weightsHash, checkpoints, samples, poison };
}

describe('a bundle of the recipe', () => {
  test('holds nothing of Node, and what a page needs before a run is small', () => {
    const needed = chunks().filter((name) => !isRanks(name));
    for (const name of needed)
      expect(importedBy(readFileSync(join(folder, 'assets', name), 'utf8'))).toEqual([]);
    const kernels = gzipSync(readFileSync(join(root, 'src/kernels/wasm/kernels.wasm'))).length;
    const bytes = { bundle: gzipped(needed), kernels, ranks: gzipped(chunks().filter(isRanks)) };
    // measured: 119, 26 and 1012 kB, and 830 kB of other encodings' ranks that nothing here loads
    expect(bytes.bundle).toBeLessThan(MOST_BUNDLE_BYTES);
    expect(bytes.kernels).toBeLessThan(30_000);
    expect(bytes.ranks).toBeGreaterThan(bytes.bundle);
  });
});

describe.skipIf(browser === undefined)('a run in a browser (skipped where no Chromium is found)', () => {
  test('gives the committed weights and every measurement, from the text of a config', async () => {
    const { runs, requested } = await inPage({ text, files, prepared: null, select: [0, 2] });
    expect(runs).toHaveLength(2);
    for (const run of runs) expect(run).toEqual(committed(run.id));
    expect(requested.filter(isRanks)).toHaveLength(1);
  });

  test('loads no ranks where vocabulary, texts and prompts were prepared elsewhere', async () => {
    const memo = createMemoryMemo();
    const grammar = loadStoryGrammar('en');
    await prepareInMemory(text, {
      memo,
      files: memoryFiles(files),
      openCorpus: async (config) => createStoryCorpus({ ...config, grammar }),
    });
    const prepared = memo.snapshot();
    const { runs, requested } = await inPage({ text, files, prepared, select: [1] });
    expect(runs).toHaveLength(1);
    for (const run of runs) expect(run).toEqual(committed(run.id));
    expect(requested.filter(isRanks)).toEqual([]);
  });
});
