// Compiles the C kernels to src/kernels/wasm/kernels.wasm, which is committed, with a pinned @yowasp/clang (clang and
// lld as WebAssembly: no system toolchain, the same bytes on every machine and Node). The compiler is 100 MB, so it
// is no dependency: it is installed into build/wasm-compiler when this script runs.
//   node scripts/build-wasm.mjs           writes kernels.wasm
//   node scripts/build-wasm.mjs --check   compares with the committed file; exits with 1 if they differ
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const COMPILER = '@yowasp/clang';
const VERSION = '22.0.0-git20542-10';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const sources = join(root, 'src', 'kernels', 'c');
const output = join(root, 'src', 'kernels', 'wasm', 'kernels.wasm');
const compilerFolder = join(root, 'build', 'wasm-compiler');

// -msimd128 without the relaxed instructions: deterministic by specification. Never fused, never reassociated.
const FLAGS = [
  '--target=wasm32',
  '-std=gnu11',
  '-O3',
  '-msimd128',
  '-mbulk-memory',
  '-ffp-contract=off',
  '-fno-math-errno',
  '-fno-trapping-math',
  '-fno-ident',
  '-nostdlib',
  '-DTP_SINGLE_THREAD',
  '-DTP_SUFFIX=wasm',
  '-Wl,--no-entry',
  '-Wl,--import-memory',
  '-Wl,-z,stack-size=131072',
  '-Wl,--export=tp_run_wasm',
  '-Wl,--export=__heap_base',
  '-Wl,--strip-all',
];

/** The compiler's function, installed first where it is not there yet. */
async function findCompiler() {
  const folder = join(compilerFolder, 'node_modules', COMPILER);
  const manifest = join(folder, 'package.json');
  if (!existsSync(manifest) || JSON.parse(readFileSync(manifest, 'utf8')).version !== VERSION) {
    mkdirSync(compilerFolder, { recursive: true });
    const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
    const args = ['install', '--prefix', compilerFolder, '--no-save', '--no-audit', '--no-fund'];
    const result = spawnSync(npm, [...args, `${COMPILER}@${VERSION}`], { stdio: 'inherit' });
    if (result.status !== 0) throw new Error(`${COMPILER}@${VERSION} could not be installed`);
  }
  const { runClang } = await import(pathToFileURL(join(folder, 'gen', 'bundle.js')).href);
  return runClang;
}

/** Compiles in a virtual folder, so that no path of this checkout can enter the result. */
async function compile() {
  const runClang = await findCompiler();
  const names = readdirSync(sources).filter((name) => /\.[ch]$/.test(name));
  const files = Object.fromEntries(names.map((name) => [name, readFileSync(join(sources, name), 'utf8')]));
  const result = await runClang(['clang', ...FLAGS, 'kernels.c', '-o', 'kernels.wasm'], files);
  return result['kernels.wasm'];
}

const built = Buffer.from(await compile());
if (process.argv.includes('--check')) {
  const isSame = existsSync(output) && built.equals(readFileSync(output));
  console.log(
    isSame
      ? 'kernels.wasm is what the sources compile to'
      : 'kernels.wasm differs from what the sources compile to: run `node scripts/build-wasm.mjs` and commit it',
  );
  process.exitCode = isSame ? 0 : 1;
} else {
  writeFileSync(output, built);
  console.log(`kernels.wasm: ${built.length} bytes`);
}
