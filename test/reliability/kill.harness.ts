// Sweeps killed with SIGKILL at random moments (a worker, the parent, or all at once; also in the middle of a write)
// and gone on with, until they are done: nothing is lost, nothing half-written is taken for whole, and the results are
// the bytes of an uninterrupted sweep.
//   TINYPOISON_KILLS=1000 npm run test:reliability -- kill
import { statSync, watch } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type RandomStream, randomStream } from '../../src/core/random.ts';
import { readResult, runFile, storedRunIds } from '../../src/run/store/store.ts';
import { say } from '../say.ts';
import {
  filesBelow,
  killGroup,
  resultFiles,
  runProgram,
  type Started,
  startProgram,
  tinyRun,
  workplace,
} from './built-program.ts';
import { childrenOf } from './child-processes.ts';

const KILLS = Number(process.env.TINYPOISON_KILLS ?? 20);
const SEED = process.env.TINYPOISON_SEED ?? '1';

/** When the command has loaded, and when a sweep of six runs has its report, about. */
const FIRST_MS = 200;
const LAST_MS = 2500;
/** Files whose writing is a moment to kill at, by what their names hold. */
const TARGETS = [
  'result.json',
  'state.bin',
  'model.safetensors',
  'metrics.jsonl',
  'manifest.json',
  'config.json',
];
const RARE_TARGETS = [
  '.tokens',
  'vocabularies',
  'evaluation',
  'poison',
  'lease.json',
  'prepare.lock',
  'results.csv',
];

const sweep = [...tinyRun, '--set', 'sweep.seeds=[1, 2]', '--set', 'phases.pretrain.tokens=8192', '--json'];

type Victim = 'worker' | 'parent' | 'all';

interface Moment {
  readonly victim: Victim;
  /** Milliseconds after now; or at the n-th sign that a file with such a name is being written. */
  readonly when: { readonly afterMs: number } | { readonly target: string; readonly sign: number };
}

function drawMoment(random: RandomStream): Moment {
  const victim = random.choose(['worker', 'worker', 'parent', 'all'] as const);
  if (random.uniform() < 0.5)
    return { victim, when: { afterMs: FIRST_MS + (LAST_MS - FIRST_MS) * random.uniform() } };
  const target = random.choose(random.uniform() < 0.8 ? TARGETS : RARE_TARGETS);
  return { victim, when: { target, sign: random.integer({ minimum: 1, maximum: 6 }) } };
}

/** Resolves at the moment: `false` if the process has ended before. */
function waitFor({ when }: Moment, started: Started, folder: string): Promise<boolean> {
  const ended = started.ended.then(() => false);
  if ('afterMs' in when) {
    return Promise.race([ended, new Promise<boolean>((done) => setTimeout(done, when.afterMs, true))]);
  }
  const watcher = watch(folder, { recursive: true });
  const seen = new Promise<boolean>((done) => {
    let left = when.sign;
    watcher.on('change', (_, name) => {
      if (!String(name).includes(when.target)) return;
      left -= 1;
      if (left > 0) return;
      tally.duringWrites += 1;
      done(true);
    });
    // A folder that vanishes while it is looked at is no fault.
    watcher.on('error', () => {});
  });
  const late = new Promise<boolean>((done) => setTimeout(done, LAST_MS, true));
  return Promise.race([ended, seen, late]).finally(() => watcher.close());
}

/** Kills; false if there is no such process. */
function kill(victim: Victim, started: Started, random: RandomStream): boolean {
  const { pid } = started.process;
  if (pid === undefined || started.process.exitCode !== null) return false;
  if (victim === 'all') killGroup(started.process);
  else if (victim === 'parent') process.kill(pid, 'SIGKILL');
  else {
    const workers = childrenOf(pid);
    if (workers.length === 0) return false;
    try {
      process.kill(random.choose(workers), 'SIGKILL');
    } catch {
      return false;
    }
  }
  return true;
}

/** Finished runs, each with what changes if it is written again. */
function finishedRuns(store: string): Map<string, string> {
  const finished = new Map<string, string>();
  for (const id of storedRunIds(store)) {
    const stored = readResult(store, id);
    expect(stored.kind, stored.kind === 'damaged' ? stored.reason : '').not.toBe('damaged');
    if (stored.kind !== 'found' || stored.record.status !== 'done') continue;
    const { ino, mtimeMs } = statSync(runFile(store, id, 'result'));
    finished.set(id, `${ino} ${mtimeMs}`);
  }
  return finished;
}

/** What has happened so far. */
const tally = {
  worker: 0,
  parent: 0,
  all: 0,
  /** Of these, at the sight of a file being written. */
  duringWrites: 0,
  /** Halves of files that the killed left behind, which nothing reads. */
  halfWritten: 0,
  sweeps: 0,
  starts: 0,
  /** Starts in which one run lost its worker twice and was recorded as failed. */
  givenUp: 0,
};
const kills = () => tally.worker + tally.parent + tally.all;

/** One start of the command: kills in it until it ends. Returns its exit code. */
async function startAndKill(folder: string, random: RandomStream): Promise<number | null> {
  tally.starts += 1;
  const started = startProgram([...sweep, '--workers', '2', '--save-every', '0', '--retry-failed'], {
    folder,
  });
  let workersKilled = 0;
  while (kills() < KILLS) {
    const moment = drawMoment(random);
    if (!(await waitFor(moment, started, folder))) break;
    if (!kill(moment.victim, started, random)) continue;
    tally[moment.victim] += 1;
    if (moment.victim !== 'worker') break;
    workersKilled += 1;
  }
  const code = await started.ended;
  // A run whose worker is killed twice is given up, and repeated when requested.
  if (code === 1 && workersKilled >= 2) tally.givenUp += 1;
  else expect([0, null], started.errors()).toContain(code);
  return code;
}

async function sweepUnderFire(expected: Record<string, string>, random: RandomStream): Promise<void> {
  const folder = workplace();
  const store = join(folder, 'runs');
  let finished = new Map<string, string>();
  let code: number | null;
  do {
    code = await startAndKill(folder, random);
    const now = finishedRuns(store);
    for (const [id, state] of finished) expect(now.get(id), `run ${id} was repeated`).toBe(state);
    finished = now;
  } while (code !== 0);
  expect(resultFiles(folder)).toEqual(expected);
  tally.halfWritten += filesBelow(folder).filter((path) => path.endsWith('.tmp')).length;
  tally.sweeps += 1;
}

describe('a sweep that is killed', () => {
  test(`${KILLS} times comes to the bytes of one that was left alone`, {
    timeout: 60_000 + KILLS * 10_000,
  }, async () => {
    const begin = performance.now();
    const alone = workplace();
    expect(runProgram([...sweep, '--workers', '1'], { folder: alone }).status).toBe(0);
    const expected = resultFiles(alone);
    for (let round = 0; kills() < KILLS; round++) {
      await sweepUnderFire(expected, randomStream(SEED, 'kill', round));
    }
    const seconds = ((performance.now() - begin) / 1000).toFixed(0);
    say(`${kills()} kills in ${seconds} s: ${JSON.stringify(tally)}, seed ${SEED}`);
  });

  test('told to end, with all its processes at once, saves its states and goes on', async () => {
    const folder = workplace();
    const store = join(folder, 'runs');
    const long = [...tinyRun, '--workers', '2', '--set', 'phases.pretrain.tokens=400000'];
    const started = startProgram(long, { folder });
    const has = (name: string) => filesBelow(store).some((path) => path.endsWith(name));
    while (!has('manifest.json')) await new Promise((done) => setTimeout(done, 20));
    process.kill(-Number(started.process.pid), 'SIGTERM');
    expect(await started.ended, started.errors()).toBe(130);
    expect(has('result.json')).toBe(false);
    expect(has('state.bin')).toBe(true);
    const again = runProgram(long, { folder });
    expect(again.status, again.stderr).toBe(0);
    expect(again.stderr).not.toContain('failed');
  });
});
