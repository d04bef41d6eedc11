// Serves a folder of a few static files on this machine. All files are read first, and a request is answered from them
// by its exact path, so that no path leads out of the folder.
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { extname, join, relative, sep } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webp': 'image/webp',
};

/** A file as it is sent. */
interface ServedFile {
  readonly type: string;
  readonly body: Buffer;
}

function readFiles(folder: string): Map<string, ServedFile> {
  const files = new Map<string, ServedFile>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const address = `/${relative(folder, path).split(sep).join('/')}`;
    const type = TYPES[extname(path).toLowerCase()] ?? 'application/octet-stream';
    files.set(address, { type, body: readFileSync(path) });
  }
  const page = files.get('/index.html');
  if (page !== undefined) files.set('/', page);
  return files;
}

function refuse(
  response: ServerResponse,
  code: number,
  options: { message: string; headers?: Readonly<Record<string, string>> },
): void {
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' };
  response.writeHead(code, { ...headers, ...options.headers }).end(`${options.message}\n`);
}

/**
 * A server of the folder's files as they are now: GET and HEAD, nothing else. It listens to nothing yet.
 * @param options.policy content security policy of every answer
 */
export function createFolderServer(folder: string, options: { readonly policy: string }): Server {
  const files = readFiles(folder);
  return createServer((request: IncomingMessage, response: ServerResponse) => {
    const { method, url = '/' } = request;
    if (method !== 'GET' && method !== 'HEAD') {
      return refuse(response, 405, { message: 'only GET and HEAD', headers: { allow: 'GET, HEAD' } });
    }
    const file = files.get(url.replace(/[?#].*$/s, ''));
    if (file === undefined) return refuse(response, 404, { message: 'there is no such file in the lab' });
    response.writeHead(200, {
      'content-type': file.type,
      'content-length': file.body.length,
      'content-security-policy': options.policy,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-cache',
    });
    response.end(method === 'HEAD' ? undefined : file.body);
  });
}
