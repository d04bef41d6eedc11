// Where the script of a worker process lies.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The built worker script; undefined when this code runs from its TypeScript sources. */
export function builtWorkerEntry(): string | undefined {
  const entry = fileURLToPath(new URL('../pool/worker.js', import.meta.url));
  return existsSync(entry) ? entry : undefined;
}
