// The WebAssembly engine in headless Chromium: a page served from the loopback interface trains the same models.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';

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

/** Answers the page's requests; calls `done` with what it sends back. */
function serve(root, done) {
  return createServer((request, response) => {
    const answer = (type, body) => response.writeHead(200, { 'content-type': type }).end(body);
    const path = normalize(decodeURIComponent(new URL(request.url, 'http://localhost').pathname));
    if (request.method === 'POST') {
      let body = '';
      request.on('data', (data) => {
        body += data;
      });
      request.on('end', () => {
        response.end();
        done(JSON.parse(body));
      });
      return;
    }
    try {
      if (path === '/') answer('text/html', PAGE);
      else if (path === '/seedrandom.mjs') answer('text/javascript', seedrandomModule(root));
      else answer(TYPES[extname(path)] ?? 'text/plain', readFileSync(join(root, path)));
    } catch {
      response.writeHead(404).end();
    }
  });
}

function findBrowser() {
  const names = [process.env.CHROMIUM, 'chromium', 'chromium-browser', 'google-chrome'].filter(Boolean);
  return names.find((name) => spawnSync(name, ['--version']).status === 0);
}

/** What the page computed, as { hashes }, { failed } or { skipped }. */
export async function hashInBrowser(root) {
  const browser = findBrowser();
  if (browser === undefined) return { skipped: 'no Chromium was found (CHROMIUM names one)' };
  const profile = mkdtempSync(join(tmpdir(), 'same-bits-'));
  let finish;
  const finished = new Promise((resolve) => {
    finish = resolve;
  });
  const server = serve(root, finish);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${server.address().port}/`;
  const flags = [
    '--headless=new',
    '--no-sandbox',
    '--disable-gpu',
    '--no-first-run',
    `--user-data-dir=${profile}`,
  ];
  const child = spawn(browser, [...flags, address], { stdio: 'ignore', detached: true });
  child.on('exit', () => finish({ failed: 'the browser ended before it answered' }));
  const timer = setTimeout(() => finish({ failed: `no answer in ${TIMEOUT_MS / 1000} s` }), TIMEOUT_MS);
  const result = await finished;
  clearTimeout(timer);
  server.close();
  server.closeAllConnections();
  await stop(child);
  rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  return result;
}

/** Ends the browser with its own children. */
async function stop(child) {
  if (child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
  await ended;
}
