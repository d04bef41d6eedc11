// Compiles the C kernels into a Node-API addon, build/native/tinypoison.node: once per instruction set, with the
// C compiler that is there ($CC, cc, gcc or clang) and the headers of `node-api-headers`. Run by npm's `install`.
// Never fails an installation: without an addon the WebAssembly kernels compute the same bits, more slowly.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const kernels = join(root, 'src', 'kernels', 'c');
const glue = join(root, 'src', 'kernels', 'native');
const output = join(root, 'build', 'native');
const addonPath = join(output, 'tinypoison.node');
const stampPath = join(output, 'tinypoison.json');

// Never fused (-ffp-contract=off), never reassociated: the bits are part of the contract.
const COMMON = ['-std=gnu11', '-O3', '-fPIC', '-fvisibility=hidden'];
const EXACT = ['-ffp-contract=off', '-fno-math-errno', '-fno-trapping-math'];

/** Sources compiled once for each instruction set, and those compiled once. */
const PER_LEVEL = [join(kernels, 'kernels.c'), join(glue, 'peak.c')];
const ONCE = ['addon.c', 'check-program.c', 'thread-team.c'].map((name) => join(glue, name));

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

/** Runs the compiler; resolves with what it printed to stderr, or undefined where all went well. */
function compile(compiler, args) {
  return new Promise((resolve) => {
    const child = spawn(compiler.words[0], [...compiler.words.slice(1), ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let errors = '';
    child.stderr.on('data', (data) => {
      errors += data;
    });
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code) => resolve(code === 0 ? undefined : errors || `exit code ${code}`));
  });
}

/** Runs tasks, as many at a time as there are cores; stops handing out after the first failure. */
async function inParallel(tasks) {
  const failures = [];
  const queue = [...tasks];
  const worker = async () => {
    for (let task = queue.shift(); task && failures.length === 0; task = queue.shift()) {
      const failure = await task();
      if (failure !== undefined) failures.push(failure);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return failures[0];
}

/** The C library that the addon will be bound to. */
function libcName() {
  if (process.platform !== 'linux') return 'system';
  process.report.excludeNetwork = true;
  return process.report.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl';
}

/** Changes when the addon has to be built again: target, compiler, this script, the sources. */
function fingerprint(parts) {
  const hash = createHash('sha256').update(JSON.stringify(parts));
  const sources = [kernels, glue].flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
  for (const path of [
    fileURLToPath(import.meta.url),
    ...sources.filter((name) => /\.[ch]$/.test(name)).sort(),
  ]) {
    hash.update(`\0${basename(path)}\0`).update(readFileSync(path));
  }
  return hash.digest('hex');
}

function isUpToDate(hash) {
  if (!existsSync(addonPath) || !existsSync(stampPath)) return false;
  try {
    return JSON.parse(readFileSync(stampPath, 'utf8')).hash === hash;
  } catch {
    return false;
  }
}

/** First line of a compiler's output that names an error. */
function reasonOf(output) {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  return (lines.find((line) => /error/i.test(line)) ?? lines[0] ?? 'no message').trim();
}

/** The instruction sets whose flags this compiler knows: [name, flags] of each. */
async function knownLevels(compiler, levels, folder) {
  const empty = join(folder, 'empty.c');
  writeFileSync(empty, 'int tinypoison_empty;\n');
  const known = [];
  for (const [level, choices] of Object.entries(levels)) {
    for (const flags of choices) {
      const args = [...COMMON, ...EXACT, ...flags, '-c', empty, '-o', join(folder, 'empty.o')];
      if ((await compile(compiler, args)) !== undefined) continue;
      known.push([level, flags]);
      break;
    }
  }
  return known;
}

/** Everything to compile: the objects and the arguments that make them, the longest jobs first. */
function compilations(levels, headers, folder) {
  const include = [`-I${kernels}`, `-I${glue}`, `-I${headers}`];
  const job = (source, name, flags) => {
    const object = join(folder, `${basename(source, '.c')}-${name}.o`);
    return { object, args: [...COMMON, ...EXACT, ...include, ...flags, '-c', source, '-o', object] };
  };
  const perLevel = PER_LEVEL.flatMap((source) =>
    levels.map(([level, flags]) => job(source, level, [...flags, `-DTP_SUFFIX=${level}`])),
  );
  const list = `-DTINYPOISON_LEVELS=${levels.map(([level]) => `X(${level})`).join(' ')}`;
  return [...perLevel, ...ONCE.map((source) => job(source, 'glue', ['-pthread', '-DNAPI_VERSION=8', list]))];
}

/** Compiles and links into `folder`; resolves with the path of the addon and its levels, or with a failure. */
async function build(compiler, levels, headers, folder) {
  const known = await knownLevels(compiler, levels, folder);
  if (known.length === 0) return { failure: 'it compiles for none of the instruction sets' };
  const jobs = compilations(known, headers, folder);
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
  const levels = process.platform === 'win32' ? undefined : LEVELS[process.arch];
  if (levels === undefined) {
    say(
      `the WebAssembly kernels will be used (no native ones for ${process.platform} on ${process.arch} yet)`,
    );
    return;
  }
  const compiler = findCompiler();
  if (compiler === undefined) {
    const what = process.env.CC
      ? `the compiler CC=${process.env.CC} does not run`
      : 'no C compiler was found';
    say(`${what}, so the WebAssembly kernels will be used; with gcc or clang installed, ${FASTER}`);
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
        `\`${compiler.words.join(' ')}\` failed, so the WebAssembly kernels will be used (${reason}); once that is mended, ${FASTER}`,
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
  say(`the native kernels could not be built, so the WebAssembly ones will be used (${error.message})`);
}
