// What scripts/build-native.mjs (the compiler of this machine) and scripts/build-prebuilt.mjs (zig, for every
// platform) share: the sources of the addon, the flags that its bits rest on, and the order of compilation.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const kernels = join(root, 'src', 'kernels', 'c');
const glue = join(root, 'src', 'kernels', 'native');

// Never fused (-ffp-contract=off), never reassociated: the bits are part of the contract.
export const FLAGS = [
  ...['-std=gnu11', '-O3', '-fPIC', '-fvisibility=hidden'],
  ...['-ffp-contract=off', '-fno-math-errno', '-fno-trapping-math'],
];

/** Sources compiled once for each instruction set, and those compiled once. */
const PER_LEVEL = [join(kernels, 'kernels.c'), join(glue, 'peak.c')];
const ONCE = ['addon.c', 'check-program.c', 'memory.c', 'processor.c', 'thread-team.c'].map((name) =>
  join(glue, name),
);

/** Runs the compiler; resolves with what it printed to stderr, or undefined where all went well. */
export function compile({ words, env = process.env }, args) {
  return new Promise((resolve) => {
    const child = spawn(words[0], [...words.slice(1), ...args], { stdio: ['ignore', 'ignore', 'pipe'], env });
    let errors = '';
    child.stderr.on('data', (data) => {
      errors += data;
    });
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code) => resolve(code === 0 ? undefined : errors || `exit code ${code}`));
  });
}

/** Runs tasks, as many at a time as there are cores; stops handing out after the first failure, and gives it back. */
export async function inParallel(tasks) {
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

/**
 * Everything to compile: the objects and the arguments that make them, the longest jobs first.
 * @param options.levels [name, flags] of each instruction set, slowest first
 * @param options.headers folder of node_api.h
 * @param options.folder where the objects go
 */
export function compilations({ levels, headers, folder, flags = [] }) {
  const include = [`-I${kernels}`, `-I${glue}`, `-I${headers}`];
  const job = (source, name, own) => {
    const object = join(folder, `${basename(source, '.c')}-${name}.o`);
    return { object, args: [...FLAGS, ...flags, ...include, ...own, '-c', source, '-o', object] };
  };
  const perLevel = PER_LEVEL.flatMap((source) =>
    levels.map(([level, own]) => job(source, level, [...own, `-DTP_SUFFIX=${level}`])),
  );
  const list = `-DTINYPOISON_LEVELS=${levels.map(([level]) => `X(${level})`).join(' ')}`;
  return [...perLevel, ...ONCE.map((source) => job(source, 'glue', ['-pthread', '-DNAPI_VERSION=8', list]))];
}

/** Adds names and contents of all C sources of the addon to a hash. load-addon.ts does the same. */
export function hashSources(hash = createHash('sha256')) {
  for (const folder of [kernels, glue]) {
    const names = readdirSync(folder).filter((name) => /\.[ch]$/.test(name));
    for (const name of names.sort()) hash.update(`\0${name}\0`).update(readFileSync(join(folder, name)));
  }
  return hash;
}

/** First line of a compiler's output that names an error. */
export function reasonOf(output) {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  return (lines.find((line) => /error/i.test(line)) ?? lines[0] ?? 'no message').trim();
}
