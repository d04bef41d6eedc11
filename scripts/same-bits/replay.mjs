// The kernels alone, by other compilers and for AArch64 under emulation: replays of a recording.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createWasmEngine } from '../../dist/kernels/wasm/wasm-engine.js';
import { recordingEngine } from './recording.mjs';
import { hashShapes } from './training-hashes.mjs';

const EXACT = ['-std=gnu11', '-O3', '-ffp-contract=off', '-fno-math-errno', '-fno-trapping-math'];

/** What to compile with, for what, and how to run it. */
const BUILDS = [
  { compiler: 'aarch64-linux-gnu-gcc', level: 'neon', flags: ['-static'], runner: 'qemu-aarch64' },
  ...['gcc', 'clang', 'clang-16'].flatMap((compiler) => [
    { compiler, level: 'sse2', flags: [], arch: 'x64' },
    { compiler, level: 'avx2', flags: ['-march=x86-64-v3'], arch: 'x64', feature: 'avx2' },
  ]),
];

const isThere = (command) => spawnSync(command, ['--version']).status === 0;

function replay(root, folder, build) {
  const { compiler, level, flags, runner, arch } = build;
  const name = `${compiler} ${level}${runner ? ` under ${runner}` : ''}`;
  if (arch !== undefined && arch !== process.arch) return { name, skipped: `this is no ${arch}` };
  const missing = [compiler, runner].filter((command) => command && !isThere(command));
  if (missing.length > 0) return { name, skipped: `${missing.join(' and ')} not found` };
  const program = join(folder, `replay-${compiler}-${level}`);
  const kernels = join(root, 'src/kernels/c');
  const sources = [join(kernels, 'kernels.c'), join(root, 'scripts/same-bits/replay.c')];
  const args = [...EXACT, ...flags, `-DTP_SUFFIX=${level}`, `-I${kernels}`, ...sources, '-o', program];
  const compiled = spawnSync(compiler, args, { encoding: 'utf8' });
  if (compiled.status !== 0) return { name, failed: compiled.stderr.split('\n')[0] };
  const command = [...(runner ? [runner] : []), program, join(folder, 'recording')];
  const { status, stdout, signal } = spawnSync(command[0], command.slice(1), {
    encoding: 'utf8',
    timeout: 120_000,
  });
  if (signal === 'SIGILL') return { name, skipped: `this processor does not have ${level}` };
  return status === 0 ? { name, passed: stdout.trim() } : { name, failed: stdout.trim() || `exit ${status}` };
}

/** One result for each compiler and target: { name, passed | failed | skipped }. */
export function* replayElsewhere(root) {
  const folder = mkdtempSync(join(tmpdir(), 'replay-'));
  try {
    const engine = createWasmEngine();
    if ('reason' in engine) throw new Error(engine.reason);
    const records = [];
    hashShapes(recordingEngine(engine, records));
    writeFileSync(join(folder, 'recording'), Int32Array.from([...records, 0]));
    for (const build of BUILDS) yield replay(root, folder, build);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
