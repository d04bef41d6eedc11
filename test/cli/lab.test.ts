import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { createFolderServer } from '../../src/cli/lab/folder-server.ts';
import { LAB_POLICY } from '../../src/cli/lab/lab-files.ts';
import { temporaryFolder } from '../run/fake-runs.ts';
import { commandLine } from './captured-context.ts';

let open: Server[] = [];
afterEach(async () => {
  for (const server of open) await new Promise((resolve) => server.close(resolve));
  open = [];
});

async function listen(server: Server): Promise<number> {
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

/** Sends a path as it stands, which `fetch` would clean up. */
function ask(port: number, path: string, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ port, path, method, host: '127.0.0.1', agent: false }, (response) => {
      let body = '';
      response.on('data', (data) => {
        body += data;
      });
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
    });
    sent.on('error', reject);
    sent.end();
  });
}

describe('the server of a folder', () => {
  async function serve(): Promise<number> {
    const outside = temporaryFolder();
    writeFileSync(join(outside, 'secret.txt'), 'secret');
    const folder = join(outside, 'lab');
    mkdirSync(join(folder, 'assets'), { recursive: true });
    writeFileSync(join(folder, 'index.html'), '<p>page</p>');
    writeFileSync(join(folder, 'assets', 'a.js'), '1;');
    writeFileSync(join(folder, 'assets', 'a.wasm'), 'kernels');
    symlinkSync(join(outside, 'secret.txt'), join(folder, 'link.txt'));
    return listen(createFolderServer(folder, { policy: LAB_POLICY }));
  }

  test('sends files with their types and the policy, whatever the query', async () => {
    const port = await serve();
    const page = await ask(port, '/?size=d24#train');
    expect(page).toMatchObject({ status: 200, body: '<p>page</p>' });
    expect(page.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': LAB_POLICY,
      'x-content-type-options': 'nosniff',
    });
    expect((await ask(port, '/assets/a.js')).headers['content-type']).toBe('text/javascript; charset=utf-8');
    expect((await ask(port, '/assets/a.wasm')).headers['content-type']).toBe('application/wasm');
  });

  test.each([
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets/..%5c..%5csecret.txt',
    '//secret.txt',
    '/link.txt',
    '/assets',
    '/%',
    '/nothing.html',
  ])('finds nothing at %s', async (path) => {
    const answer = await ask(await serve(), path);
    expect(answer.status).toBe(404);
    expect(answer.body).not.toContain('secret');
  });

  test('answers GET and HEAD alone', async () => {
    const port = await serve();
    expect(await ask(port, '/', 'HEAD')).toMatchObject({ status: 200, body: '' });
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      expect(await ask(port, '/', method)).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
    }
  });
});

describe('tinypoison lab', () => {
  test('says its address, serves the page there and ends cleanly when it is interrupted', async () => {
    const interrupt = new AbortController();
    let address = '';
    const running = commandLine(['lab', '--port', '0'], {
      interrupt: interrupt.signal,
      onOut: (text) => {
        address = /http:\S+/.exec(text)?.[0] ?? '';
      },
    });
    await expect.poll(() => address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    const page = await fetch(address);
    expect(page.headers.get('content-security-policy')).toBe(LAB_POLICY);
    expect(await page.text()).toContain('<html lang="en">');
    interrupt.abort();
    expect(await running).toMatchObject({ code: 0 });
    await expect(fetch(address)).rejects.toThrow();
  });

  test('says that a port is in use, and what to do', async () => {
    const port = await listen(createServer());
    const { code, err } = await commandLine(['lab', '--port', String(port)]);
    expect(code).toBe(2);
    expect(err).toContain(`port ${port} of 127.0.0.1 is in use: give another one, or --port 0`);
  });

  test.each(['99999', '-1', 'x', '80.5'])('refuses the port %s', async (port) => {
    const { code, err } = await commandLine(['lab', `--port=${port}`]);
    expect(code).toBe(2);
    expect(err).toContain(`--port is "${port}": give an integer from 0 to 65535`);
  });

  test('writes one file, and replaces it only with --force', async () => {
    const folder = temporaryFolder();
    const words = ['lab', '--single', 'lab.html'];
    expect(await commandLine(words, { folder })).toMatchObject({ code: 0 });
    expect(readFileSync(join(folder, 'lab.html'), 'utf8')).toContain('<html lang="en">');
    const again = await commandLine(words, { folder });
    expect(again.code).toBe(2);
    expect(again.err).toContain('is there already');
    expect(await commandLine([...words, '--force'], { folder })).toMatchObject({ code: 0 });
  });

  test('does not serve and write at once', async () => {
    const folder = temporaryFolder();
    const { code, err } = await commandLine(['lab', '--single', 'lab.html', '--port', '0'], { folder });
    expect(code).toBe(2);
    expect(err).toContain('leave out --port');
    expect(existsSync(join(folder, 'lab.html'))).toBe(false);
  });

  test('the policy of the server is that of the built page', () => {
    expect(readFileSync('dist/lab/index.html', 'utf8')).toContain(`content="${LAB_POLICY}"`);
  });
});
