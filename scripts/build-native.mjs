// Compiles the C kernels into a Node-API addon, build/native/tinypoison.node: once per instruction set, with the
// C compiler that is there ($CC, cc, gcc or clang) and the headers of `node-api-headers`. Run by npm's `install`.
// Never fails an installation: without a compiler the prebuilt addon of the platform is used, and without that the
// WebAssembly kernels compute the same bits, more slowly.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { compilations, compile, FLAGS, hashSources, inParallel, reasonOf, root } from './compile-kernels.mjs';

const output = join(root, 'build', 'native');
const addonPath = join(output, 'tinypoison.node');
const stampPath = join(output, 'tinypoison.json');

/** Instruction sets by architecture, slowest first: the flags that select each, in the order to try them. */
const LEVELS = {
  x64: {
    sse2: [['-march=x86-64']],
    avx2: [['-march=x86-64-v3'], ['-mavx2', '-mfma', '-mbmi', '-mbmi2']],
    avx512: [
      ['-march=x86-64-v4', '-mprefer-vector-width=512'],
      [
        '-mavx512f',
        '-mavx512vl',
        '-mavx512bw',
        '-mavx512dq',
        '-mavx512cd',
        '-mbmi2',
        '-mprefer-vector-width=512',
      ],
    ],
  },
  arm64: { neon: [[]] },
};

const FASTER = '`npm ci` builds native ones, 2 to 5 times as fast';

function say(text) {
  console.log(`tinypoison: ${text}`);
}

/** The words of the compiler's command, e.g. ['ccache', 'gcc'], and what it says it is; or undefined. */
function findCompiler() {
  const named = process.env.CC?.trim();
  for (const candidate of named ? [named] : ['cc', 'gcc', 'clang']) {
    // a path with spaces is one word; `ccache gcc` is two
    const words = existsSync(candidate) ? [candidate] : candidate.split(/\s+/);
    const answer = spawnSync(words[0], [...words.slice(1), '--version'], { encoding: 'utf8' });
    if (answer.status === 0) return { words, version: answer.stdout.split('\n')[0].trim() };
  }
  return undefined;
}

/** The C library that the addon will be bound to. */
function libcName() {
  if (process.platform !== 'linux') return 'system';
  process.report.excludeNetwork = true;
  return process.report.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl';
}

/** Whether the addon of a platform came as a package from a registry. */
function hasPackage(name) {
  try {
    createRequire(join(root, 'package.json')).resolve(`${name}/tinypoison.node`);
    return true;
  } catch {
    return false;
  }
}

/** What is used where nothing can be compiled: the prebuilt addon, if it is of these sources; else WebAssembly. */
function substitute() {
  const libc = libcName();
  const name = [process.platform, process.arch, ...(libc === 'system' ? [] : [libc])].join('-');
  let manifest;
  try {
    manifest = JSON.parse(readFileSync(join(root, 'prebuilt', 'prebuilt.json'), 'utf8'));
  } catch {
    // Without it there is nothing prebuilt.
  }
  const isThere = existsSync(join(root, 'prebuilt', `${name}.node`)) || hasPackage(`@tinypoison/${name}`);
  const isUsable =
    isThere &&
    process.env.TINYPOISON_PREBUILT !== 'no' &&
    manifest?.addons?.[name] !== undefined &&
    manifest.sources === hashSources().digest('hex');
  return isUsable
    ? { kernels: 'prebuilt native kernels', hint: '' }
    : { kernels: 'WebAssembly kernels', hint: FASTER };
}

/** Changes when the addon has to be built again: target, compiler, how it is compiled, the sources. */
function fingerprint(parts) {
  const hash = createHash('sha256').update(JSON.stringify(parts));
  for (const name of ['build-native.mjs', 'compile-kernels.mjs'])
    hash.update(readFileSync(join(root, 'scripts', name)));
  return hashSources(hash).digest('hex');
}

function isUpToDate(hash) {
  if (!existsSync(addonPath) || !existsSync(stampPath)) return false;
  try {
    return JSON.parse(readFileSync(stampPath, 'utf8')).hash === hash;
  } catch {
    return false;
  }
}

/** The instruction sets whose flags this compiler knows: [name, flags] of each. */
async function knownLevels(compiler, levels, folder) {
  const empty = join(folder, 'empty.c');
  writeFileSync(empty, 'int tinypoison_empty;\n');
  const known = [];
  for (const [level, choices] of Object.entries(levels)) {
    for (const flags of choices) {
      const args = [...FLAGS, ...flags, '-c', empty, '-o', join(folder, 'empty.o')];
      if ((await compile(compiler, args)) !== undefined) continue;
      known.push([level, flags]);
      break;
    }
  }
  return known;
}

/** Compiles and links into `folder`; resolves with the path of the addon and its levels, or with a failure. */
async function build(compiler, levels, headers, folder) {
  const known = await knownLevels(compiler, levels, folder);
  if (known.length === 0) return { failure: 'it compiles for none of the instruction sets' };
  const jobs = compilations({ levels: known, headers, folder });
  const failure = await inParallel(jobs.map((job) => () => compile(compiler, job.args)));
  if (failure !== undefined) return { failure };
  const addon = join(folder, 'tinypoison.node');
  const shape =
    process.platform === 'darwin'
      ? ['-bundle', '-undefined', 'dynamic_lookup']
      : ['-shared', '-pthread', '-Wl,-Bsymbolic'];
  const linked = await compile(compiler, [...shape, ...jobs.map((job) => job.object), '-o', addon]);
  return linked === undefined ? { addon, levels: known.map(([level]) => level) } : { failure: linked };
}

async function main() {
  const { kernels, hint } = substitute();
  const levels = process.platform === 'win32' ? undefined : LEVELS[process.arch];
  if (levels === undefined) {
    say(`the ${kernels} will be used (none are compiled for ${process.platform} on ${process.arch} yet)`);
    return;
  }
  const compiler = findCompiler();
  if (compiler === undefined) {
    const what = process.env.CC
      ? `the compiler CC=${process.env.CC} does not run`
      : 'no C compiler was found';
    const remedy = hint === '' ? '' : `; with gcc or clang installed, ${hint}`;
    say(`${what}, so the ${kernels} will be used${remedy}`);
    return;
  }
  const { default: nodeApi } = await import('node-api-headers');
  const target = { platform: process.platform, arch: process.arch, libc: libcName(), nodeApi: 8 };
  const hash = fingerprint([target, compiler]);
  if (isUpToDate(hash)) return;
  const folder = join(output, `making-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  try {
    const built = await build(compiler, levels, nodeApi.include_dir, folder);
    if (built.failure !== undefined) {
      const reason = reasonOf(built.failure);
      say(
        `\`${compiler.words.join(' ')}\` failed, so the ${kernels} will be used (${reason})${hint === '' ? '' : `; once that is mended, ${hint}`}`,
      );
      return;
    }
    const stamp = { ...target, hash, compiler: compiler.version, levels: built.levels };
    writeFileSync(join(folder, 'stamp.json'), `${JSON.stringify(stamp, null, 2)}\n`);
    renameSync(built.addon, addonPath);
    renameSync(join(folder, 'stamp.json'), stampPath);
    say(`native kernels built for ${built.levels.join(', ')} with ${compiler.version}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

try {
  await main();
} catch (error) {
  say(
    `the native kernels could not be built, so prebuilt or WebAssembly ones will be used (${error.message})`,
  );
}
