// Which code says what a result may be and what the index of a store holds of it: what other code found is not believed.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readBytes } from '../../core/node/read-file.ts';
import { sha256 } from '../../core/node/sha256.ts';

/** Folders of the modules that check a result and sum it up, with all that these import. */
export const CHECKING_FOLDERS = ['config', 'core', 'evaluate', 'run'];

// Two folders up, from src/run/store and from dist/run/store.
const ownRoot = fileURLToPath(new URL('../../', import.meta.url));

/**
 * SHA-256 of the code that checks results, and of package.json, which pins the libraries that it uses. It takes 10
 * milliseconds, a hundredth of what the check of a thousand results would.
 * @param root folder of the compiled program, or of its sources; package.json lies beside it
 * @param folders other modules of it that something depends on
 */
export function checkingCode(root: string = ownRoot, folders: readonly string[] = CHECKING_FOLDERS): string {
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.[jt]s$/.test(name) && !name.endsWith('.d.ts'))
      .sort()
      .map((name) => join(folder, name)),
  );
  const parts = [join('..', 'package.json'), ...files].map(
    (name) => `${name} ${sha256(readBytes(join(root, name)))}\n`,
  );
  return sha256(parts.join(''));
}
