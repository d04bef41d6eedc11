// Where the script of a worker process lies.
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** When the file beside this module was written; undefined: it is not there. */
function builtMs(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}

/**
 * The built worker script: the bundle (scripts/build-worker.mjs), unless what it was made from was compiled again since;
 * undefined when this code runs from its TypeScript sources.
 * @param folder where this module lies, as a URL
 */
export function builtWorkerEntry(folder: string = import.meta.url): string | undefined {
  const compiled = fileURLToPath(new URL('../pool/worker.js', folder));
  const bundle = fileURLToPath(new URL('../../worker/worker.js', folder));
  const [compiledMs, bundledMs] = [builtMs(compiled), builtMs(bundle)];
  if (compiledMs === undefined) return undefined;
  return bundledMs !== undefined && bundledMs >= compiledMs ? bundle : compiled;
}
