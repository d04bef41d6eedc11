// `tinypoison lab`: the browser lab, served on this machine or written as one file.
import { existsSync, readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { InputError } from '../../core/errors.ts';
import { writeFileAtomic } from '../../core/node/atomic-file.ts';
import {
  absolutePath,
  type CommandContext,
  ExitCode,
  notify,
  parseInteger,
  print,
  printJson,
} from '../command-context.ts';
import { formatBytes } from '../format.ts';
import { createFolderServer } from '../lab/folder-server.ts';
import { LAB_POLICY, labFile } from '../lab/lab-files.ts';

const HOST = '127.0.0.1';
const DEFAULT_PORT = 8321;

/** Options of the command. */
export interface LabOptions {
  readonly port?: string;
  readonly single?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

function writeSingleFile(file: string, options: LabOptions, context: CommandContext): number {
  const path = absolutePath(file, context);
  if (options.port !== undefined) {
    throw new InputError('--single writes a file and serves nothing: leave out --port');
  }
  if (existsSync(path) && !options.force) {
    throw new InputError({
      file,
      message: 'is there already: name another file, or give --force to replace it',
    });
  }
  const bytes = readFileSync(labFile('lab-single.html'));
  writeFileAtomic(path, bytes);
  if (options.json) printJson(context, { file: path, bytes: bytes.length });
  else
    print(
      context,
      `Wrote ${file} (${formatBytes(bytes.length)}). Open it in a browser; it needs no network.`,
    );
  return ExitCode.done;
}

/** Resolves with the port. */
function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason =
        error.code === 'EADDRINUSE'
          ? `port ${port} of ${HOST} is in use: give another one, or --port 0 for any that is free`
          : error.code === 'EACCES'
            ? `port ${port} needs more rights: give one above 1023`
            : undefined;
      reject(reason === undefined ? error : new InputError(reason));
    });
    server.listen(port, HOST, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  return closed;
}

/** Serves the lab until Ctrl-C, or writes it as one file. */
export async function lab(options: LabOptions, context: CommandContext): Promise<number> {
  if (options.single !== undefined) return writeSingleFile(options.single, options, context);
  const { port: chosen = String(DEFAULT_PORT), json } = options;
  const port = parseInteger(chosen, { name: '--port', minimum: 0, maximum: 65535 });
  const server = createFolderServer(labFile('lab'), { policy: LAB_POLICY });
  const address = `http://${HOST}:${await listen(server, port)}/`;
  if (json) printJson(context, { address });
  else print(context, `The lab is at ${address}`);
  notify(context, 'Open the address in a browser on this machine. Ctrl-C ends it.');
  await new Promise<void>((resolve) => {
    if (context.interrupt.aborted) resolve();
    else context.interrupt.addEventListener('abort', () => resolve(), { once: true });
  });
  await close(server);
  return ExitCode.done;
}
