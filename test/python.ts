// Python for tests that hold our files against other people's programs: TINYPOISON_PYTHON, else python3; null where it
// has not the modules that a test needs.
import { spawnSync } from 'node:child_process';
import { say } from './say.ts';

/** The interpreter; null, and said aloud, where there is none with these modules. */
export function findPython(modules: readonly string[]): string | null {
  const python = process.env.TINYPOISON_PYTHON ?? 'python3';
  const { status } = spawnSync(python, ['-c', modules.map((name) => `import ${name}`).join('\n')]);
  if (status === 0) return python;
  if (process.env.TINYPOISON_PYTHON !== undefined)
    throw new Error(`TINYPOISON_PYTHON is ${python}, which has not all of: ${modules.join(', ')}`);
  say(`SKIPPED: no ${python} with ${modules.join(', ')}; TINYPOISON_PYTHON names one`);
  return null;
}
