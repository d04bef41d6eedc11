// A folder on the loopback interface, with the server of `tinypoison lab`.
import type { AddressInfo } from 'node:net';
import { createFolderServer } from '../../src/cli/lab/folder-server.ts';
import { LAB_POLICY } from '../../src/cli/lab/lab-files.ts';

export interface LocalServer {
  /** Ends with a slash. */
  readonly address: string;
  /** Paths that were requested, in order. */
  readonly requested: string[];
  close(): Promise<void>;
}

/** Serves a folder under the lab's policy. */
export async function serveFolder(folder: string): Promise<LocalServer> {
  const server = createFolderServer(folder, { policy: LAB_POLICY });
  const requested: string[] = [];
  server.on('request', ({ url = '' }) => requested.push(url));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    requested,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
