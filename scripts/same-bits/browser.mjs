// The WebAssembly engine in headless Chromium: a page served from the loopback interface trains the same models.
import { readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { findChromium, openPage } from './headless-page.mjs';

const TIMEOUT_MS = 90_000;
const TYPES = { '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm' };

// Bare imports of dist/ by address; seedrandom is no ES module and gets a wrapper.
const PAGE = `<!doctype html><meta charset="utf-8"><title>same bits</title>
<script type="importmap">{ "imports": {
  "seedrandom": "/seedrandom.mjs", "@noble/hashes/": "/node_modules/@noble/hashes/" } }</script>
<script type="module">
const send = (result) => fetch('/result', { method: 'POST', body: JSON.stringify(result) });
addEventListener('error', (event) => send({ failed: event.message ?? 'a module did not load' }), true);
try {
  const { createWasmEngine } = await import('/dist/kernels/wasm/wasm-engine.js');
  const { hashShapes } = await import('/scripts/same-bits/training-hashes.mjs');
  const response = await fetch('/dist/kernels/wasm/kernels.wasm');
  const engine = createWasmEngine({ bytes: new Uint8Array(await response.arrayBuffer()) });
  await send('reason' in engine ? { failed: engine.reason } : { hashes: hashShapes(engine) });
} catch (error) {
  await send({ failed: String(error) });
}
</script>`;

function seedrandomModule(root) {
  const source = readFileSync(join(root, 'node_modules/seedrandom/lib/alea.js'), 'utf8');
  return `const module = { exports: {} };\n${source}\nexport default { alea: module.exports };\n`;
}

/** What the page computed, as { hashes }, { failed } or { skipped }. */
export async function hashInBrowser(root) {
  const browser = findChromium();
  if (browser === undefined) return { skipped: 'no Chromium was found (CHROMIUM names one)' };
  const answer = (path) => {
    if (path === '/') return { 'content-type': 'text/html', body: PAGE };
    if (path === '/seedrandom.mjs')
      return { 'content-type': 'text/javascript', body: seedrandomModule(root) };
    const type = TYPES[extname(path)] ?? 'text/plain';
    return { 'content-type': type, body: readFileSync(join(root, path)) };
  };
  return openPage({ browser, answer, timeoutMs: TIMEOUT_MS });
}
