// run --executor kubernetes --dry-run: what it prints, and what it refuses.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseShard } from '../../src/config/sweep/shard.ts';
import { temporaryFolder } from '../run/fake-runs.ts';
import { tinyYaml } from '../run/tiny-experiment.ts';
import { commandLine } from './captured-context.ts';

const CLUSTER =
  'image: registry.example/tinypoison:1\nvolumeClaim: shared\ncores: 8\nmemoryMegabytes: 2048\n';
const SLOW = `${CLUSTER}gigaflopsPerCore: 0.0000001\ntaskMinutes: 1\ntasksAtATime: 2\n`;
const grid = ['--sweep', 'phases.pretrain.poison.documents=[0, 2, 4]'];

function setUp(cluster: string) {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "it's"));
  writeFileSync(join(folder, "it's", 'tiny.yaml'), tinyYaml);
  writeFileSync(join(folder, 'cluster.yaml'), cluster);
  return (...words: string[]) =>
    commandLine(
      ['run', "it's/tiny.yaml", '--executor', 'kubernetes', '--cluster', 'cluster.yaml', ...words],
      { folder },
    );
}

/** The command line of a pod, as Kubernetes gives it to the shell: `$$` is a plain `$` there. */
const podLine = (manifest: string): string =>
  parse(manifest).spec.template.spec.containers[0].command[2].replaceAll('$$', '$');

test('a sweep is an Indexed Job, whose indexes are its parts', async () => {
  const { code, out, err } = await setUp(SLOW)('--dry-run', '--threads', '2', '--retry-failed', ...grid);
  expect(code, err).toBe(0);
  const { apiVersion, kind, metadata, spec } = parse(out);
  expect({ apiVersion, kind, metadata }).toEqual({
    ...{ apiVersion: 'batch/v1', kind: 'Job' },
    metadata: { name: 'tinypoison-tiny' },
  });
  expect(spec).toMatchObject({
    ...{ completionMode: 'Indexed', completions: 3, parallelism: 2, backoffLimitPerIndex: 3 },
    podFailurePolicy: {
      rules: [{ action: 'FailIndex', onExitCodes: { operator: 'In', values: [2] } }, { action: 'Ignore' }],
    },
    template: { spec: { restartPolicy: 'Never', terminationGracePeriodSeconds: 120 } },
  });
  const [container] = spec.template.spec.containers;
  expect(container).toMatchObject({
    ...{ image: 'registry.example/tinypoison:1', workingDir: '/experiments' },
    resources: { requests: { cpu: '8', memory: '2048Mi' }, limits: { memory: '2048Mi' } },
  });
  const [shell, option] = container.command;
  const line = podLine(out);
  expect([shell, option]).toEqual(['/bin/sh', '-c']);
  expect(line).toContain(
    `tinypoison run 'it'\\''s/tiny.yaml' --sweep 'phases.pretrain.poison.documents=[0, 2, 4]'`,
  );
  expect(line).toContain('--threads 2 --workers 4 ');
  expect(line).toContain('--retry-failed --shard "$((JOB_COMPLETION_INDEX + 1))/3"');
});

test('the line that it prints deals every part, and is a command that this program takes', async () => {
  const { execFileSync } = await import('node:child_process');
  const { out } = await setUp(SLOW)('--dry-run', ...grid);
  const line = podLine(out);
  const parts = [0, 1, 2].map((index) => {
    const shown = execFileSync('/bin/sh', ['-c', line.replace('exec tinypoison', `printf '%s\\n'`)], {
      env: { JOB_COMPLETION_INDEX: String(index) },
      encoding: 'utf8',
    });
    return shown.trimEnd().split('\n');
  });
  expect(parts.map((words) => parseShard(words.at(-1) ?? ''))).toEqual([
    { number: 1, of: 3 },
    { number: 2, of: 3 },
    { number: 3, of: 3 },
  ]);
  const folder = temporaryFolder();
  mkdirSync(join(folder, "it's"));
  writeFileSync(join(folder, "it's", 'tiny.yaml'), tinyYaml);
  const ran = await commandLine(parts[0] ?? [], { folder });
  expect(ran.code, ran.err).toBe(0);
});

test('Kubernetes replaces nothing in a value that holds $(NAME)', async () => {
  const { out } = await setUp(CLUSTER)('--dry-run', '--set', 'description=costs $(HOME) and $$');
  const written: string = parse(out).spec.template.spec.containers[0].command[2];
  expect(written).toContain('costs $$(HOME) and $$$$');
  expect(podLine(out)).toContain(`'description=costs $(HOME) and $$'`);
});

test.each([
  [[], /prints a manifest and submits nothing: add --dry-run/],
  [['--dry-run', '--wait'], /--wait is not for --executor kubernetes/],
  [['--dry-run', '--workers', '2'], /--workers .*`cores`/],
  [['--dry-run', '--shard', '1/2'], /--shard .*indexes/],
  [['--dry-run', '--results', 'there'], /--results .*`report --results`/],
  [['--dry-run', '--store', '/elsewhere/runs'], /\/elsewhere\/runs is not below the current folder/],
])('is refused with its remedy: %j', async (words, message) => {
  const { code, err } = await setUp(CLUSTER)(...words);
  expect(code).toBe(2);
  expect(err).toMatch(message);
});

test('the cluster file is read by its own schema, and what only Slurm knows is refused', async () => {
  const { code, err } = await setUp('image: a b\npartition: short\n')('--dry-run');
  expect(code).toBe(2);
  expect(err).toMatch(/cluster\.yaml:1.*an image such as/);
  expect(err).toMatch(/volumeClaim/);
  expect(err).toMatch(/cluster\.yaml:2.*partition/);
});
