// What Slurm does to a sweep: time limits, killed tasks, small arrays, two submissions at once. The contract that the
// executor shares with the others is in executors.test.ts.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { InputError } from '../../src/core/errors.ts';
import type { ClusterOptions, ExecutionOptions } from '../../src/run/executors/executor.ts';
import { inProcess } from '../../src/run/executors/in-process.ts';
import { chunkRuns } from '../../src/run/executors/slurm/chunks.ts';
import { type ClusterConfig, defaultCluster, readCluster } from '../../src/run/executors/slurm/cluster.ts';
import { jobScript } from '../../src/run/executors/slurm/job-script.ts';
import { slurm } from '../../src/run/executors/slurm.ts';
import type { SweepRun } from '../../src/run/pool/run-sweep.ts';
import { runFile } from '../../src/run/store/store.ts';
import { fakeRun, temporaryFolder } from './fake-runs.ts';
import { builtEntry, isRealSlurm, testCluster, useSlurm } from './slurm-for-tests.ts';
import { tinySweep, tinyYaml } from './tiny-experiment.ts';

useSlurm();

afterEach(() => {
  for (const name of ['MAX_ARRAY', 'USR2_WHEN', 'KILL_WHEN']) delete process.env[`FAKE_SLURM_${name}`];
});

const DOCUMENTS = 'phases.pretrain.poison.documents';
const small = testCluster.config as ClusterConfig;
const resultBytes = (store: string, { task }: SweepRun) =>
  readFileSync(runFile(store, task.id, 'result'), 'utf8');

async function execute(
  store: string,
  runs: readonly SweepRun[],
  cluster: ClusterOptions = testCluster,
  more: Partial<ExecutionOptions> = {},
) {
  const executor = slurm(builtEntry('executors/slurm/work.js'));
  const outcome = await executor.execute(runs, { store, workers: 1, pollMs: 20, cluster, ...more });
  return { ...outcome, statuses: outcome.records.map((record) => record?.status) };
}

/** The bytes that this process gives. */
async function expectedBytes(options: Parameters<typeof tinySweep>[1]): Promise<string[]> {
  const store = temporaryFolder();
  const runs = await tinySweep(store, options);
  await inProcess.execute(runs, { store, workers: 1 });
  return runs.map((run) => resultBytes(store, run));
}

describe('chunks', () => {
  const runsOf = (flops: readonly number[]) =>
    flops.map((each, index) => fakeRun('/store', `run ${index}`, { flops: each }));
  const flopsOf = (chunks: readonly (readonly SweepRun[])[]) =>
    chunks.map((chunk) => chunk.map(({ flops }) => flops));

  test('hold every run once, longest first, in tasks of about equal length', () => {
    const chunks = chunkRuns(runsOf([1, 9, 3, 3, 3, 5]), { minutes: 1, cores: 2, flopsPerSecond: 0.1 });
    expect(flopsOf(chunks)).toEqual([
      [9, 3],
      [5, 3, 3, 1],
    ]);
  });

  test('a run longer than a task has one of its own, and there are never more tasks than runs', () => {
    expect(flopsOf(chunkRuns(runsOf([600, 6, 6]), { minutes: 1, cores: 1, flopsPerSecond: 0.1 }))).toEqual([
      [600],
      [6],
      [6],
    ]);
    expect(chunkRuns(runsOf([]), { minutes: 1, cores: 1, flopsPerSecond: 1 })).toEqual([]);
  });
});

describe('the batch script', () => {
  const script = (cluster: Partial<ClusterConfig>, program = ['node', "it's here.js"]) =>
    jobScript({
      cluster: { ...defaultCluster, ...cluster },
      logs: '/data/my runs',
      first: 1000,
      tasks: 40,
      program,
    });

  test('says what the cluster file says, and nothing that it does not', () => {
    const text = script({
      partition: 'long',
      account: 'abc',
      tasksAtATime: 8,
      memoryMegabytes: 4000,
      setup: ['module load nodejs'],
    });
    for (const line of [
      '--array=0-39%8',
      '--partition=long',
      '--account=abc',
      '--mem=4000M',
      '--output="/data/my runs/%A_%a.log"',
    ])
      expect(text).toContain(`#SBATCH ${line}\n`);
    expect(text).toContain('\nmodule load nodejs\n');
    expect(script({})).not.toMatch(/--partition|--account|--mem|--constraint|%8/);
  });

  test('quotes the words of the program, and counts chunks from the first of its array', () => {
    expect(script({})).toContain(`node 'it'\\''s here.js' $((1000 + SLURM_ARRAY_TASK_ID)) &`);
  });
});

describe('a cluster file', () => {
  function read(text: string): ClusterConfig {
    const file = join(temporaryFolder(), 'cluster.yaml');
    writeFileSync(file, text);
    return readCluster(file);
  }

  test('gives its fields, and defaults for the others', () => {
    expect(read('partition: long\nminutes: 240\n')).toEqual({
      ...defaultCluster,
      partition: 'long',
      minutes: 240,
    });
  });

  test.each([
    ['partion: long\n', /cluster\.yaml:1.*unknown field partion.*partition/],
    ['minutes: soon\n', /cluster\.yaml:1.*minutes must be/],
    ['partition: "a b"\n', /partition must be one word, without spaces or quotes/],
    ['setup: ["one\\ntwo"]\n', /setup/],
    ['minutes: 0\ncores: 0\n', /minutes[\s\S]*cores/],
  ])('with a mistake is refused with its place: %j', (text, message) => {
    expect(() => read(text)).toThrow(InputError);
    expect(() => read(text)).toThrow(message);
  });

  test('that is not there is refused by name', () => {
    expect(() => readCluster('/nowhere/cluster.yaml')).toThrow(/cluster\.yaml cannot be read/);
  });
});

describe('on a cluster', () => {
  test('nothing is submitted by a dry run, which shows the scripts', async () => {
    const store = temporaryFolder();
    const runs = await tinySweep(store);
    const { stopped, reason, statuses } = await execute(store, runs, {
      ...testCluster,
      dryRun: true,
      afterwards: ['tinypoison', 'report'],
    });
    expect({ stopped, statuses }).toEqual({ stopped: true, statuses: [undefined] });
    expect(reason).toMatch(/^#!\/bin\/bash[\s\S]*--array=0-0[\s\S]*tinypoison report/);
    expect(existsSync(join(store, 'jobs'))).toBe(false);
  });

  test('a dry run of the command prints scripts that a shell takes', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'tiny.yaml'), tinyYaml);
    const words = ['run', 'tiny.yaml', '--executor', 'slurm', '--dry-run'];
    const { stdout, stderr, status } = spawnSync(process.execPath, [builtEntry('../cli/main.js'), ...words], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(/^#!\/bin\/bash\n#SBATCH --job-name=tinypoison\n/);
    expect(spawnSync('bash', ['-n'], { input: stdout, encoding: 'utf8' }).stderr).toBe('');
  });

  test('nobody has to wait: a last job does what is left to do after all others', async () => {
    const store = temporaryFolder();
    const runs = await tinySweep(store);
    const proof = join(store, 'over.txt');
    const cluster = { ...testCluster, wait: false, afterwards: ['touch', proof] };
    const { stopped, reason } = await execute(store, runs, cluster);
    expect(stopped).toBe(true);
    expect(reason).toMatch(/^1 run in 1 task is submitted as job \d+.*job \d+ then writes/);
    while (!existsSync(proof)) await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await execute(store, runs)).statuses).toEqual(['done']);
  });

  test('two submissions at once share the work', async () => {
    const sweep = { sweep: [`${DOCUMENTS}=[0, 1, 2, 3]`] };
    const store = temporaryFolder();
    const runs = await tinySweep(store, sweep);
    const [one, other] = await Promise.all([execute(store, runs), execute(store, runs)]);
    expect(one.statuses).toEqual(runs.map(() => 'done'));
    expect(other.records).toEqual(one.records);
    expect(runs.map((run) => resultBytes(store, run))).toEqual(await expectedBytes(sweep));
  });

  test.skipIf(isRealSlurm)('more tasks than an array may have go into several arrays', async () => {
    process.env.FAKE_SLURM_MAX_ARRAY = '2';
    const sweep = { sweep: [`${DOCUMENTS}=[0, 1, 2, 3, 4]`] };
    const store = temporaryFolder();
    const runs = await tinySweep(store, sweep);
    const notices: string[] = [];
    const slow = { config: { ...small, gigaflopsPerCore: 1e-6, taskMinutes: 1 } };
    const { statuses } = await execute(store, runs, slow, { onNotice: (text) => notices.push(text) });
    expect(notices).toEqual([expect.stringMatching(/5 runs in 5 tasks .*job \d+, \d+, \d+;/)]);
    expect(statuses).toEqual(runs.map(() => 'done'));
  });

  test.skipIf(isRealSlurm)(
    'a task near its time limit saves its state, is queued again, and comes to the same bytes',
    async () => {
      const long = { set: ['phases.pretrain.tokens=262144'] };
      const store = temporaryFolder();
      const runs = (await tinySweep(store, long)) as [SweepRun];
      process.env.FAKE_SLURM_USR2_WHEN = runFile(store, runs[0].task.id, 'config');
      const { statuses } = await execute(store, runs);
      expect(statuses).toEqual(['done']);
      const log = readFileSync(runFile(store, runs[0].task.id, 'log'), 'utf8');
      expect(log).toMatch(/stopped\n.*resumed after step [1-9]/);
      expect(resultBytes(store, runs[0])).toBe((await expectedBytes(long))[0]);
    },
    90_000,
  );

  test.skipIf(isRealSlurm)(
    'a killed task leaves its run to be done, says so, and the same command does it',
    async () => {
      const long = { set: ['phases.pretrain.tokens=262144'] };
      const store = temporaryFolder();
      const runs = (await tinySweep(store, long)) as [SweepRun];
      process.env.FAKE_SLURM_KILL_WHEN = runFile(store, runs[0].task.id, 'config');
      const { stopped, reason, statuses } = await execute(store, runs);
      expect({ stopped, statuses }).toEqual({ stopped: true, statuses: [undefined] });
      expect(reason).toMatch(/1 runs? ha.* no result.*jobs/);
      delete process.env.FAKE_SLURM_KILL_WHEN;
      expect((await execute(store, runs)).statuses).toEqual(['done']);
      expect(readdirSync(join(store, 'jobs'))).toHaveLength(2);
    },
    90_000,
  );

  describe('that is not here', () => {
    let path: string | undefined;
    beforeEach(() => {
      path = process.env.PATH;
      process.env.PATH = '/nowhere';
    });
    afterEach(() => {
      process.env.PATH = path;
    });

    test('the remedy is named', async () => {
      const store = temporaryFolder();
      await expect(execute(store, await tinySweep(store))).rejects.toThrow(/scontrol.*not here.*submit jobs/);
    });

    test('a dry run shows the scripts, and says which limit they are for', async () => {
      const store = temporaryFolder();
      const notices: string[] = [];
      const cluster = { ...testCluster, dryRun: true };
      const onNotice = (text: string) => notices.push(text);
      const { reason } = await execute(store, await tinySweep(store), cluster, { onNotice });
      expect(reason).toContain('#SBATCH --array=0-0\n');
      expect(notices).toEqual([expect.stringContaining("Slurm's default of 1001")]);
    });
  });
});
