// What a machine must grant before anything can run. Looked at before the rest of the program is loaded, which needs it
// already; so this file imports nothing of ours.
import { readFileSync } from 'node:fs';

/** Modules are opened many at a time: with 100 files, loading ends in an error of Node (seen with Node 20). */
const LEAST_FILES = 256;
/** With 1 GB of addresses libraries abort (seen with Node 20); a run of a small model needs less than twice that. */
const LEAST_ADDRESS_BYTES = 2_000_000_000;

/** A soft limit out of the text of /proc/self/limits; null where it is unlimited, or not told. */
function limitIn(limits: string, name: string): number | null {
  const found = new RegExp(`^${name} +(\\d+) `, 'm').exec(limits)?.[1];
  return found === undefined ? null : Number(found);
}

/** Which limit makes every run impossible, and what to do; null: none does. @param limits text of /proc/self/limits */
export function limitProblem(limits: string): string | null {
  const files = limitIn(limits, 'Max open files');
  if (files !== null && files < LEAST_FILES)
    return `this process may open ${files} files, fewer than the ${LEAST_FILES} that it needs: \`ulimit -n ${LEAST_FILES}\`, or more, raises the limit`;
  const bytes = limitIn(limits, 'Max address space');
  if (bytes !== null && bytes < LEAST_ADDRESS_BYTES)
    return (
      `this process may use ${Math.round(bytes / 1e6)} MB of addresses, fewer than the ${LEAST_ADDRESS_BYTES / 1e6} MB that it needs: ` +
      '`ulimit -v unlimited` raises the limit; WebAssembly needs about 10 GB of addresses, though not of memory'
    );
  return null;
}

/** The same of this process; null where the system does not tell. */
export function ownLimitProblem(): string | null {
  try {
    return limitProblem(readFileSync('/proc/self/limits', 'utf8'));
  } catch {
    return null;
  }
}

/** The current folder, or undefined where it was deleted. */
export function currentFolder(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}
