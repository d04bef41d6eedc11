// Where the built lab lies, and what its page may load.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { InputError } from '../../core/errors.ts';

/** The page's own files and WebAssembly, nothing else. The page holds the same policy. */
export const LAB_POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; " +
  "style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'";

// dist/ both from src/cli/lab and from dist/cli/lab.
const dist = fileURLToPath(new URL('../../../dist/', import.meta.url));

/** A built part of the lab. @throws InputError where it was not built */
export function labFile(name: 'lab' | 'lab-single.html'): string {
  const path = `${dist}${name}`;
  if (!existsSync(path))
    throw new InputError(`the lab is not built (${path}): \`npm run prepare\` builds it`);
  return path;
}
