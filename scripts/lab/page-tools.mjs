// The hands and browsers of test/browser, for scripts that drive the page.
import { join } from 'node:path';
import { createServer } from 'vite';

export const root = join(import.meta.dirname, '../..');

/** Loads them; `close` ends what loads them. */
export async function pageTools() {
  const vite = await createServer({
    configFile: false,
    root,
    logLevel: 'error',
    server: { middlewareMode: true, hmr: false, ws: false, watch: null },
    appType: 'custom',
    optimizeDeps: { noDiscovery: true },
  });
  const load = (name) => vite.ssrLoadModule(join(root, 'test/browser', name));
  const [controls, browsers, servers] = await Promise.all(
    ['lab-controls.ts', 'browsers.ts', 'local-server.ts'].map(load),
  );
  return { ...controls, ...browsers, ...servers, close: () => vite.close() };
}
