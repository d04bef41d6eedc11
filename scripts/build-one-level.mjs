// Builds an addon of the C kernels for one instruction set from any folder of sources, with flags of one's own: for
// checks that change the source or the compiler's settings. Its engine is made without the loader of the program.
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const kernelFolder = join(root, 'src', 'kernels', 'c');
const glue = join(root, 'src', 'kernels', 'native');

const LEVELS = {
  x64: { name: 'avx2', flags: ['-march=x86-64-v3'] },
  arm64: { name: 'neon', flags: [] },
};

/** gcc or clang, as $CC names it. */
const compiler = (process.env.CC ?? 'cc').split(/\s+/);

function run(args) {
  return new Promise((resolve) => {
    const child = spawn(compiler[0], [...compiler.slice(1), ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let errors = '';
    child.stderr.on('data', (data) => {
      errors += data;
    });
    child.on('close', (code) => resolve(code === 0 ? undefined : errors));
  });
}

const level = LEVELS[process.arch];

/** Flags of every compilation. */
async function commonFlags(flags) {
  const { default: nodeApi } = await import('node-api-headers');
  return [
    ...['-std=gnu11', '-fPIC', '-fvisibility=hidden', '-pthread', '-ffp-contract=off', '-fno-math-errno'],
    ...['-fno-trapping-math', '-DNAPI_VERSION=8', `-I${glue}`, `-I${nodeApi.include_dir}`],
    ...[`-DTP_SUFFIX=${level.name}`, `-DTINYPOISON_LEVELS=X(${level.name})`, ...level.flags, ...flags],
  ];
}

async function compile(source, object, flags) {
  const errors = await run([...(await commonFlags(flags)), '-c', source, '-o', object]);
  if (errors !== undefined) throw new Error(errors);
  return object;
}

/**
 * Compiles what stands around the kernels.
 * @returns the object files
 */
export function buildGlue({ folder, flags }) {
  const names = readdirSync(glue).filter((name) => name.endsWith('.c'));
  const include = `-I${kernelFolder}`;
  return Promise.all(
    names.map((name) => compile(join(glue, name), join(folder, `${name}.o`), [include, ...flags])),
  );
}

/**
 * Builds `folder`/kernels.node.
 * @param options.sources folder with kernels.c and what it includes
 * @param options.glueObjects what `buildGlue` gave for the same flags
 * @param options.flags beside those that exact arithmetic needs, e.g. ['-O1']
 * @returns its path
 * @throws Error with the compiler's messages
 */
export async function buildKernels({ sources, folder, glueObjects, flags }) {
  const object = await compile(join(sources, 'kernels.c'), join(folder, 'kernels.c.o'), [
    `-I${sources}`,
    ...flags,
  ]);
  const addon = join(folder, 'kernels.node');
  const shape =
    process.platform === 'darwin' ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared', '-pthread'];
  const errors = await run([...flags, ...shape, object, ...glueObjects, '-o', addon]);
  if (errors !== undefined) throw new Error(errors);
  return addon;
}

/** Whether there is a compiler, and an instruction set to build for. */
export function hasCompiler() {
  return level !== undefined && spawnSync(compiler[0], [...compiler.slice(1), '--version']).status === 0;
}

/** The path of a sanitiser's library, e.g. of `asan`; undefined where the compiler has none. */
export function runtimeOf(library) {
  const name = `lib${library}.so`;
  const answer = spawnSync(compiler[0], [...compiler.slice(1), `-print-file-name=${name}`], {
    encoding: 'utf8',
  });
  const path = answer.status === 0 ? answer.stdout.trim() : name;
  return path === name ? undefined : path;
}
