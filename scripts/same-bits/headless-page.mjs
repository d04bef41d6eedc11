// A page in headless Chromium, served from the loopback interface; what it posts is the result.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, normalize } from 'node:path';

/** Answers the page's requests; calls `done` with what it posts. */
function serve(answer, done) {
  return createServer((request, response) => {
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
    const path = normalize(decodeURIComponent(new URL(request.url, 'http://localhost').pathname));
    try {
      const { body, ...headers } = answer(path);
      response.writeHead(200, headers).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
}

/** The command that starts Chromium; undefined where there is none. */
export function findChromium() {
  const names = [process.env.CHROMIUM, 'chromium', 'chromium-browser', 'google-chrome'].filter(Boolean);
  return names.find((name) => spawnSync(name, ['--version']).status === 0);
}

/**
 * Opens `/` and waits for what the page posts.
 * @param options.answer body and headers of a path; throws where there is nothing
 * @returns what was posted, or { failed }
 */
export async function openPage({ browser, answer, timeoutMs }) {
  const profile = mkdtempSync(join(tmpdir(), 'tinypoison-page-'));
  let finish;
  const finished = new Promise((resolve) => {
    finish = resolve;
  });
  const server = serve(answer, finish);
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
  const timer = setTimeout(() => finish({ failed: `no answer in ${timeoutMs / 1000} s` }), timeoutMs);
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
