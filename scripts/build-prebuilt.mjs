// Compiles the C kernels for machines that have no compiler: prebuilt/*.node, which are committed, as kernels.wasm is.
// The compiler is clang as Zig packs it (`ziglang` of PyPI, pinned): it brings the C libraries of every target, so that
// one machine builds them all, to the same bytes wherever it runs.
//   node scripts/build-prebuilt.mjs                  writes prebuilt/; --only linux-x64-musl,win32-x64: these alone
//   node scripts/build-prebuilt.mjs --check          builds what is there again and compares; exits with 1 if it differs
//   node scripts/build-prebuilt.mjs --check --only linux-x64-musl,win32-x64
// Where they are of other sources than src/ holds (they are made again at a release), --check says so and compares nothing.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { compilations, compile, hashSources, inParallel, reasonOf, root } from './compile-kernels.mjs';

const VERSION = '0.17.1';
const MAXIMUM_BYTES = 4 << 20;

const output = join(root, 'prebuilt');
const compilerFolder = join(root, 'build', 'zig');
const manifestPath = join(output, 'prebuilt.json');

const X64 = [
  ['sse2', ['-mcpu=x86_64']],
  ['avx2', ['-mcpu=x86_64_v3']],
  ['avx512', ['-mcpu=x86_64_v4', '-mprefer-vector-width=512']],
];
const ARM64 = [['neon', []]];

const LINUX_LINK = ['-shared', '-pthread', '-Wl,-Bsymbolic', '-Wl,--build-id=none'];
const DARWIN_LINK = ['-shared', '-Wl,-undefined,dynamic_lookup', '-Wl,-install_name,tinypoison.node'];
const WINDOWS_LINK = ['-shared', '-pthread'];

/** Every target: what `node` says of itself there, what zig calls it, its instruction sets and how it is linked. */
const TARGETS = {
  'linux-x64-glibc': { zig: 'x86_64-linux-gnu.2.17', levels: X64, link: LINUX_LINK },
  'linux-arm64-glibc': { zig: 'aarch64-linux-gnu.2.17', levels: ARM64, link: LINUX_LINK },
  'linux-x64-musl': { zig: 'x86_64-linux-musl', levels: X64, link: LINUX_LINK },
  'linux-arm64-musl': { zig: 'aarch64-linux-musl', levels: ARM64, link: LINUX_LINK },
  'win32-x64': { zig: 'x86_64-windows-gnu', levels: X64, link: WINDOWS_LINK, machine: 'i386:x86-64' },
  'win32-arm64': { zig: 'aarch64-windows-gnu', levels: ARM64, link: WINDOWS_LINK, machine: 'arm64' },
  'darwin-x64': { zig: 'x86_64-macos.11.0', levels: X64, link: DARWIN_LINK },
  'darwin-arm64': { zig: 'aarch64-macos.11.0', levels: ARM64, link: DARWIN_LINK },
};

const sha256 = (data) => createHash('sha256').update(data).digest('hex');

/** The compiler, installed first where it is not there yet: in a virtual environment below build/. */
function findZig() {
  const python = join(compilerFolder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  const find = () =>
    spawnSync(python, ['-c', 'import ziglang, os; print(os.path.dirname(ziglang.__file__))'], {
      encoding: 'utf8',
    });
  const run = (command, args) => {
    const { status } = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    if (status !== 0) throw new Error(`\`${command} ${args.join(' ')}\` failed`);
  };
  if (find().status !== 0) {
    run('python3', ['-m', 'venv', compilerFolder]);
    run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `ziglang==${VERSION}`]);
  }
  const zig = join(find().stdout.trim(), process.platform === 'win32' ? 'zig.exe' : 'zig');
  const { stdout } = spawnSync(zig, ['version'], { encoding: 'utf8' });
  if (stdout?.trim() !== VERSION)
    throw new Error(`${zig} is not version ${VERSION}: delete ${compilerFolder}`);
  return zig;
}

/** The library that stands for node.exe while an addon for Windows is linked. */
function importLibrary(zig, machine, definitions, folder) {
  const library = join(folder, 'node.lib');
  const names = ['js_native_api.def', 'node_api.def'].flatMap((name) =>
    readFileSync(join(definitions, name), 'utf8').split(/\r?\n/).slice(2),
  );
  const definition = join(folder, 'node.def');
  writeFileSync(definition, `NAME NODE.EXE\nEXPORTS\n${names.filter((name) => name !== '').join('\n')}\n`);
  const args = ['dlltool', '-m', machine, '-d', definition, '-l', library];
  const { status, stderr } = spawnSync(zig, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(reasonOf(stderr));
  return library;
}

/** The time at which a Windows library was linked, which its header tells, set to 0. */
function withoutTime(library) {
  const header = library.readUInt32LE(0x3c);
  if (library.toString('latin1', header, header + 4) !== 'PE\0\0')
    throw new Error('this is no Windows library');
  library.writeUInt32LE(0, header + 8);
  return library;
}

/** Builds one target in a folder of its own; gives back the addon's bytes. */
async function build(name, { zig, nodeApi, work }) {
  const { levels, link, machine, zig: triple } = TARGETS[name];
  const folder = join(work, name);
  mkdirSync(folder, { recursive: true });
  // A cache of its own, so that nothing of an earlier build can enter this one.
  const env = {
    ...process.env,
    ZIG_GLOBAL_CACHE_DIR: join(work, 'cache'),
    ZIG_LOCAL_CACHE_DIR: join(folder, 'cache'),
  };
  const compiler = { words: [zig, 'cc', '-target', triple], env };
  const flags = [
    '-g0',
    '-fno-sanitize=all',
    '-fno-stack-protector',
    '-fno-ident',
    '-Wno-unused-command-line-argument',
  ];
  const jobs = compilations({ levels, headers: nodeApi.include_dir, folder, flags });
  const failure = await inParallel(jobs.map((job) => () => compile(compiler, job.args)));
  if (failure !== undefined) throw new Error(`${name}: ${reasonOf(failure)}`);
  const libraries =
    machine === undefined ? [] : [importLibrary(zig, machine, nodeApi.def_paths_folder, folder)];
  const addon = join(folder, 'tinypoison.node');
  const args = [...link, '-s', ...jobs.map(({ object }) => object), ...libraries, '-o', addon];
  const linked = await compile(compiler, args);
  if (linked !== undefined) throw new Error(`${name}: ${reasonOf(linked)}`);
  const data = readFileSync(addon);
  return machine === undefined ? data : withoutTime(data);
}

async function buildAll(names) {
  const zig = findZig();
  const { default: headers } = await import('node-api-headers');
  const nodeApi = { ...headers, def_paths_folder: join(headers.include_dir, '..', 'def') };
  mkdirSync(join(root, 'build'), { recursive: true });
  const work = mkdtempSync(join(root, 'build', 'prebuilt-'));
  try {
    const built = {};
    for (const name of names) {
      built[name] = await build(name, { zig, nodeApi, work });
      console.log(`${name}: ${built[name].length} bytes`);
    }
    return built;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** What prebuilt.json says; undefined where there is none. */
function readManifest() {
  return existsSync(manifestPath) ? JSON.parse(readFileSync(manifestPath, 'utf8')) : undefined;
}

/** Writes addons; those of other targets stay where they are of the same sources. */
function write(built) {
  const sources = hashSources().digest('hex');
  const before = readManifest();
  const kept = before?.sources === sources ? before.addons : {};
  if (before?.sources !== sources) rmSync(output, { recursive: true, force: true });
  mkdirSync(output, { recursive: true });
  const addons = Object.entries(built).map(([name, data]) => {
    writeFileSync(join(output, `${name}.node`), data);
    return [name, { sha256: sha256(data), levels: TARGETS[name].levels.map(([level]) => level) }];
  });
  const manifest = {
    sources,
    compiler: `clang of Zig ${VERSION}`,
    addons: { ...kept, ...Object.fromEntries(addons) },
  };
  writeFileSync(manifestPath, `${JSON.stringify(manifest, null, 2)}\n`);
  const bytes = Object.keys(manifest.addons).reduce(
    (sum, name) => sum + statSync(join(output, `${name}.node`)).size,
    0,
  );
  console.log(`prebuilt/: ${bytes} bytes in all`);
  if (bytes > MAXIMUM_BYTES) throw new Error(`that is more than ${MAXIMUM_BYTES} bytes`);
}

/** Whether the committed addons are what their sources compile to. */
async function check(names) {
  const manifest = readManifest();
  if (manifest === undefined) {
    console.log('SKIPPED: there is no prebuilt/prebuilt.json; a release builds it');
    return true;
  }
  if (manifest.sources !== hashSources().digest('hex')) {
    console.log(
      'prebuilt/ is of other sources than src/kernels holds, so it is not used; a release builds it again',
    );
    return true;
  }
  try {
    findZig();
  } catch (error) {
    console.log(`SKIPPED: not compared, since the compiler cannot be installed (${error.message})`);
    return true;
  }
  const built = await buildAll(names);
  const different = names.filter((name) => {
    const path = join(output, `${name}.node`);
    const isSame = existsSync(path) && built[name].equals(readFileSync(path));
    return !isSame || manifest.addons[name]?.sha256 !== sha256(built[name]);
  });
  for (const name of different) console.log(`prebuilt/${name}.node differs from what the sources compile to`);
  if (different.length === 0) console.log(`prebuilt/ is what the sources compile to: ${names.join(', ')}`);
  return different.length === 0;
}

const { values: options } = parseArgs({
  options: { check: { type: 'boolean', default: false }, only: { type: 'string' } },
});
const standard = options.check ? Object.keys(readManifest()?.addons ?? {}) : Object.keys(TARGETS);
const names = options.only?.split(',') ?? standard;
const unknown = names.filter((name) => !Object.hasOwn(TARGETS, name));
if (unknown.length > 0) throw new Error(`no target ${unknown}; there are ${Object.keys(TARGETS).join(', ')}`);
if (options.check) process.exitCode = (await check(names)) ? 0 : 1;
else write(await buildAll(names));
