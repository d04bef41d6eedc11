// Bundles of the recipe for a page's worker and for a shell.
import { copyFileSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'vite';

export const root = resolve('.');
export const kernelsFile = join(root, 'src/kernels/wasm/kernels.wasm');

const common = { configFile: false, logLevel: 'error', root, publicDir: false } as const;
const target = 'es2022';

/** A folder with a page that holds nothing, `assets/worker.js`, its chunks and the kernels. The caller removes it. */
export async function bundleWorker(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'tinypoison-bundle-'));
  await build({
    ...common,
    build: {
      outDir: folder,
      emptyOutDir: true,
      target,
      modulePreload: false,
      rollupOptions: {
        input: { worker: join(root, 'test/browser/recipe-worker.ts') },
        preserveEntrySignatures: false,
        output: { entryFileNames: 'assets/[name].js', chunkFileNames: 'assets/[name].js' },
      },
    },
  });
  copyFileSync(kernelsFile, join(folder, 'kernels.wasm'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html><meta charset="utf-8"><title>recipe</title>');
  return folder;
}

/** The code of a classic script that a shell runs. Ranks are left out: what it trains is prepared elsewhere. */
export async function bundleShell(): Promise<string> {
  const result = await build({
    ...common,
    plugins: [
      {
        name: 'no-ranks',
        enforce: 'pre',
        resolveId: (id) => (id.startsWith('gpt-tokenizer/bpeRanks/') ? '\0no-ranks' : null),
        load: (id) => (id === '\0no-ranks' ? 'export default undefined;' : null),
      },
    ],
    build: {
      write: false,
      target,
      modulePreload: false,
      rollupOptions: {
        input: join(root, 'test/browser/recipe-shell.ts'),
        transform: { define: { 'import.meta': '{}' } },
        output: { format: 'iife', codeSplitting: false },
      },
    },
  });
  const output = 'output' in result ? result.output : [];
  const [chunk] = output;
  if (chunk?.type !== 'chunk') throw new Error('the bundle of the shell is not there');
  return chunk.code;
}
