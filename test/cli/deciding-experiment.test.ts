// An experiment that can only illustrate is told what would test the count law: a command that plans as it stands.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../run/fake-runs.ts';
import { tinyYaml } from '../run/tiny-experiment.ts';
import { commandLine } from './captured-context.ts';

const sweep = `sweep:
  grid: { phases.pretrain.poison.documents: [0, 2] }
  seeds: [1, 2]
`;

function workplace(yaml: string): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'e.yaml'), yaml);
  return folder;
}

/** The words of a line as a shell has them. */
const wordsOf = (line: string) =>
  [...line.matchAll(/'([^']*)'|\S+/g)].map(([word, inner]) => inner ?? word).slice(1);

describe('run', () => {
  test('gives the command that would test the law, with the options that were given', async () => {
    const folder = workplace(`${tinyYaml}${sweep}`);
    const ran = await commandLine(
      ['run', 'e.yaml', '--engine', 'wasm', '--set', 'evaluation.prompts=11', '--set', 'name=own'],
      { folder },
    );
    expect(ran.code).toBe(0);
    expect(ran.err).toMatch(/runs have the numbers that `plan` gives them; the longest are done first\n/);
    const said =
      /For a test of the count law: 5 seeds, 5 sizes, each with data in proportion, (?:larger|further) counts; (\d+) runs, up to .*:\n {2}(tinypoison run .*)\n/.exec(
        ran.out,
      );
    expect(said, ran.out).not.toBeNull();
    const [, runs, command = ''] = said as RegExpExecArray;
    expect(command).toContain('--engine wasm --set evaluation.prompts=11 --set name=own-test');
    expect(command).not.toMatch(/--(?:store|threads|workers)/);
    const [, ...rest] = wordsOf(command);
    const planned = await commandLine(['plan', ...rest, '--json'], { folder });
    expect(planned.code, planned.err).toBe(0);
    const plan = JSON.parse(planned.out) as {
      runs: { parameters: number; tokens: number }[];
      seeds: number[];
    };
    expect(plan.runs).toHaveLength(Number(runs));
    expect(plan.seeds).toHaveLength(5);
    expect(new Set(plan.runs.map(({ parameters }) => parameters)).size).toBe(5);
    expect(new Set(plan.runs.map(({ tokens }) => tokens)).size).toBe(5);
  });

  test('gives none where other fields vary, which make groups of their own', async () => {
    const folder = workplace(
      `${tinyYaml}${sweep.replace('documents: [0, 2]', 'documents: [0, 2], evaluation.temperature: [1, 0.9]')}`,
    );
    const { code, out } = await commandLine(['run', 'e.yaml', '--engine', 'wasm'], { folder });
    expect(code).toBe(0);
    expect(out).not.toMatch(/For a test/);
  });
});
