// Other major versions of Node, from the npm packages that hold nothing but its executable, kept in build/nodes.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The executable of a major version of Node, or why it cannot be had. Installs it on demand. */
export function findNode(root, major) {
  if (process.version.startsWith(`v${major}.`)) return { path: process.execPath };
  const name = `node-${process.platform}-${process.arch}`;
  const folder = join(root, 'build', 'nodes', String(major));
  const path = join(folder, 'node_modules', name, 'bin', 'node');
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
    const args = ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', `${name}@${major}`];
    const { status, stderr } = spawnSync('npm', args, { cwd: folder, encoding: 'utf8', timeout: 180_000 });
    if (status !== 0 || !existsSync(path)) {
      const reason = stderr?.split('\n').find((line) => /ERR|error/i.test(line)) ?? 'no answer';
      return { reason: `${name}@${major} cannot be installed (${reason.trim()})` };
    }
  }
  return { path };
}
