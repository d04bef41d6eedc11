// Runs every case of the self-test, and training, evaluation, generation and the signals of small models of awkward
// shapes, on kernels built with the address and undefined-behaviour sanitisers. A stray access or undefined operation
// ends it with the sanitiser's report. Run after a build.
//   node scripts/sanitise-kernels.mjs
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildGlue, buildKernels, hasCompiler, kernelFolder, runtimeOf } from './build-one-level.mjs';

const SANITISERS = [
  { name: 'address', flags: ['-fsanitize=address'], library: 'asan' },
  { name: 'undefined', flags: ['-fsanitize=undefined', '-fno-sanitize-recover=all'], library: 'ubsan' },
];

async function trial({ name, flags, library }) {
  const folder = mkdtempSync(join(tmpdir(), 'tinypoison-sanitise-'));
  try {
    const all = ['-O1', '-g', '-fno-omit-frame-pointer', ...flags];
    const glueObjects = await buildGlue({ folder, flags: all });
    const addon = await buildKernels({ sources: kernelFolder, folder, glueObjects, flags: all });
    const script = fileURLToPath(new URL('sanitised-run.mjs', import.meta.url));
    const result = spawnSync(process.execPath, [script, addon], {
      encoding: 'utf8',
      timeout: 300_000,
      // the sanitiser's library has to come first, and Node itself leaks at its end
      env: { ...process.env, LD_PRELOAD: runtimeOf(library), ASAN_OPTIONS: 'detect_leaks=0' },
    });
    if (result.status === 0) {
      console.log(`${name}: ${result.stdout.trim()}`);
      return true;
    }
    console.log(`${name}: FAILED\n${result.stdout}${result.stderr.slice(0, 4000)}`);
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.platform !== 'linux' || !hasCompiler() || runtimeOf('asan') === undefined) {
  console.log('SKIPPED: sanitisers need Linux and a C compiler that has them');
} else {
  for (const sanitiser of SANITISERS) if (!(await trial(sanitiser))) process.exitCode = 1;
}
