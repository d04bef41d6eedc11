// Breaks the C source in many places, one at a time, and runs the self-test: each break is caught, or is explained
// in kernel-mutants.mjs. Takes minutes. Run after a build.
//   node scripts/mutate-kernels.mjs [--only head.c] [--sample 5 --seed TEXT]
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildGlue, buildKernels, hasCompiler, kernelFolder } from './build-one-level.mjs';
import { mutants } from './kernel-mutants.mjs';

const { values } = parseArgs({
  options: { only: { type: 'string' }, sample: { type: 'string' }, seed: { type: 'string' } },
});
const LIMIT_MS = 60_000;
const FLAGS = ['-O1'];

/** What the self-test says of an addon: undefined where it passes. In a process of its own: a broken kernel may crash. */
function problemOf(addon) {
  const code = `
    import { selfTestProblem } from ${JSON.stringify(new URL('../dist/kernels/self-test/self-test.js', import.meta.url).href)};
    import { engineOfAddon } from ${JSON.stringify(new URL('kernel-engine.mjs', import.meta.url).href)};
    process.stdout.write(selfTestProblem(engineOfAddon(process.argv[1])) ?? '');`;
  const options = { encoding: 'utf8', timeout: LIMIT_MS };
  const result = spawnSync(process.execPath, ['--input-type=module', '-e', code, addon], options);
  if (result.status === 0) return result.stdout === '' ? undefined : result.stdout;
  return result.signal === null ? `it fails: ${result.stderr.split('\n')[0]}` : `it ends by ${result.signal}`;
}

/** Builds with a change, or without one, and runs the self-test. */
async function trial(mutant) {
  const folder = mkdtempSync(join(tmpdir(), 'tinypoison-mutant-'));
  try {
    const sources = join(folder, 'c');
    cpSync(kernelFolder, sources, { recursive: true });
    if (mutant !== undefined) {
      const path = join(sources, mutant.file);
      const text = readFileSync(path, 'utf8');
      if (!text.includes(mutant.before)) return { error: 'the place is not in the source any more' };
      writeFileSync(
        path,
        text.replace(mutant.before, () => mutant.after),
      );
    }
    return { problem: problemOf(await buildKernels({ sources, folder, glueObjects, flags: FLAGS })) };
  } catch (error) {
    return { error: error.message.split('\n')[0] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (!hasCompiler()) {
  console.log('SKIPPED: no C compiler was found');
  process.exit(0);
}
const glueFolder = mkdtempSync(join(tmpdir(), 'tinypoison-glue-'));
const glueObjects = await buildGlue({ folder: glueFolder, flags: FLAGS });
const whole = await trial(undefined);
if (whole.error ?? whole.problem) throw new Error(`the unchanged kernels: ${whole.error ?? whole.problem}`);
/** By hash with the seed: another seed, as each commit is, draws others. */
const placeOf = ({ file, before, after }) =>
  createHash('sha256').update(`${values.seed}\0${file}\0${before}\0${after}`).digest('hex');
const chosen = mutants.filter(({ file }) => values.only === undefined || file === values.only);
const queue =
  values.sample === undefined
    ? chosen
    : chosen.sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1)).slice(0, Number(values.sample));
const counts = { caught: 0, explained: 0, wrong: 0 };
const worker = async () => {
  for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
    const { error, problem } = await trial(mutant);
    const place = `${mutant.file}: ${mutant.before.replace(/\s+/g, ' ')} -> ${mutant.after}`;
    if (error !== undefined) {
      counts.wrong += 1;
      console.log(`WRONG     ${place}\n          ${error}`);
    } else if (problem !== undefined && mutant.reason === undefined) {
      counts.caught += 1;
      console.log(`caught    ${place}`);
    } else if (problem === undefined && mutant.reason !== undefined) {
      counts.explained += 1;
      console.log(`explained ${place}\n          ${mutant.reason}`);
    } else {
      counts.wrong += 1;
      const what =
        problem === undefined ? 'the self-test does not notice it' : 'it is caught, so its reason is wrong';
      console.log(`WRONG     ${place}\n          ${what}`);
    }
  }
};
await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, worker));
rmSync(glueFolder, { recursive: true, force: true });
console.log(`${counts.caught} caught, ${counts.explained} explained, ${counts.wrong} wrong`);
process.exitCode = counts.wrong === 0 ? 0 : 1;
