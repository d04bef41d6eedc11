// Before tests of the built program: builds it where dist/ is missing or older than the sources.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

function isFresh(): boolean {
  const program = 'dist/cli/main.js';
  if (!existsSync(program)) return false;
  const built = statSync(program).mtimeMs;
  return readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|wasm|html|css|json|svg)$/.test(name))
    .every((name) => statSync(join('src', name)).mtimeMs <= built);
}

/** @throws Error with the compiler's messages if the sources do not compile */
export default function buildFirst(): void {
  if (isFresh()) return;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/build-dist.mjs'], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`dist/ cannot be built:\n${stdout}${stderr}`);
}
