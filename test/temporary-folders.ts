// Whatever tests write to the temporary folder goes into one of their own, which is removed when all have ended.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

const PREFIX = 'tinypoison-tests-';

export default function useOwnTemporaryFolder(): () => void {
  // each project calls this: a folder in a folder in a folder makes paths that are too long for sockets of browsers
  if (basename(tmpdir()).startsWith(PREFIX)) return () => undefined;
  const folder = mkdtempSync(join(tmpdir(), PREFIX));
  process.env.TMPDIR = folder;
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}
