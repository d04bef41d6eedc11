// Compiles src/ to dist/ and copies what is not TypeScript (the WebAssembly kernels) to the same place in it. The browser lab,
// src/lab, is bundled instead (scripts/build-lab.mjs), the worker process also (scripts/build-worker.mjs).
// Run by npm's `prepare`. Prints nothing but errors. With --watch (`npm run dev`) it goes on whenever a source changes, so
// that worker processes, which start from dist/, run what was last saved.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const source = join(root, 'src');
const output = join(root, 'dist');

const lab = join(source, 'lab');

/** What stays in src/: the compiler's input, and the C sources that build-native.mjs compiles. */
const STAYS = /\.(ts|c|h)$/;

function findTypescript() {
  try {
    return createRequire(import.meta.url).resolve('typescript/bin/tsc');
  } catch {
    return undefined;
  }
}

/** npx links programs once and sets their mode only then: a rebuilt one must be executable by itself. */
function makeExecutable(folder) {
  const program = join(folder, 'cli/main.js');
  if (existsSync(program)) chmodSync(program, 0o755);
}

function copyAssets(folder) {
  for (const entry of readdirSync(source, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || STAYS.test(entry.name)) continue;
    const from = join(entry.parentPath, entry.name);
    if (from.startsWith(lab + sep)) continue;
    cpSync(from, join(folder, from.slice(source.length + 1)));
  }
}

/** Runs a script that bundles a part: the lab, the worker. */
function bundle(script, folder) {
  const program = join(root, 'scripts', script);
  return (
    spawnSync(process.execPath, [program, folder], { stdio: ['ignore', 'ignore', 'inherit'] }).status === 0
  );
}

const bundleAll = (folder) =>
  (!existsSync(lab) || bundle('build-lab.mjs', folder)) &&
  (!existsSync(join(folder, 'run/pool/worker.js')) || bundle('build-worker.mjs', folder));

/** Types are checked by `npm run check`: an installation takes half as long without, and writes the same JavaScript. */
const UNCHECKED = ['--noCheck', '--pretty', 'false'];

/** Compiles beside dist/ and puts the result into its place, so that a failed build leaves the old one. */
function build(compiler) {
  const fresh = join(root, `dist-${process.pid}`);
  const args = [compiler, '-p', join(root, 'tsconfig.json'), '--outDir', fresh, ...UNCHECKED];
  const result = spawnSync(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'], cwd: root });
  if (result.status !== 0 || !bundleAll(fresh)) {
    rmSync(fresh, { recursive: true, force: true });
    return false;
  }
  copyAssets(fresh);
  makeExecutable(fresh);
  rmSync(output, { recursive: true, force: true });
  renameSync(fresh, output);
  return true;
}

/** Compiles what changes until it is interrupted. An asset that changes is copied at the next start; workers are not bundled. */
function watch(compiler) {
  rmSync(join(output, 'worker'), { recursive: true, force: true });
  const args = [
    compiler,
    '-p',
    join(root, 'tsconfig.json'),
    '--outDir',
    output,
    '--watch',
    '--preserveWatchOutput',
  ];
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit', cwd: root });
  process.exitCode = status ?? 0;
}

const compiler = findTypescript();
if (compiler === undefined) {
  if (!existsSync(output)) {
    console.error('dist/ cannot be built: TypeScript is not installed. Run `npm ci` without --omit=dev.');
    process.exitCode = 1;
  }
} else if (!build(compiler)) {
  process.exitCode = 1;
} else if (process.argv.includes('--watch')) {
  watch(compiler);
}
