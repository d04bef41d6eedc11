// Which code made a run: the version of this package, and its git revision where it runs from a clone.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

// Three folders up, from src/run/execute and from dist/run/execute.
const root = fileURLToPath(new URL('../../../', import.meta.url));

/** The state of a git clone. */
export interface SourceRevision {
  /** Hash of the commit. */
  readonly commit: string;
  /** Whether every tracked file is as that commit has it. */
  readonly isClean: boolean;
}

/** Version of this program, from its package.json. Without a schema: `--help` and `--version` start without zod. */
export function programVersion(): string {
  const path = `${root}package.json`;
  if (!existsSync(path)) return 'unknown';
  const own: unknown = JSON.parse(readFileSync(path, 'utf8'));
  const hasVersion = typeof own === 'object' && own !== null && 'version' in own;
  return hasVersion && typeof own.version === 'string' ? own.version : 'unknown';
}

async function git(...words: readonly string[]): Promise<string> {
  // Without locks, so that a commit made at the same moment is not disturbed.
  const { stdout } = await promisify(execFile)('git', ['--no-optional-locks', ...words], {
    cwd: root,
    timeout: 5000,
  });
  return stdout.trim();
}

/** The revision of this program; null where it is not a clone, or git is missing. */
export async function sourceRevision(): Promise<SourceRevision | null> {
  // A package inside someone else's clone is not at that clone's revision.
  if (!existsSync(`${root}.git`)) return null;
  try {
    const [commit, changes] = await Promise.all([
      git('rev-parse', 'HEAD'),
      git('status', '--porcelain', '--untracked-files=no'),
    ]);
    return { commit, isClean: changes === '' };
  } catch {
    return null;
  }
}
