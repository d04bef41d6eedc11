// `prompt` under every trigger family: what it shows is a prompt that holds the trigger, rewritten where that is no text.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bindAttack } from '../../src/poison/attack.ts';
import { listTriggerFamilies } from '../../src/poison/registry.ts';
import { poisonOf } from '../poison/fake-tokens.ts';
import { temporaryFolder } from '../run/fake-runs.ts';
import { tinyYaml } from '../run/tiny-experiment.ts';
import { commandLine } from './captured-context.ts';

const TEXT = 'Once there was a boy. He had a red ball and he liked to walk with you.';
const engine = ['--engine', 'wasm'];

interface Prompted {
  readonly trigger: string;
  readonly completions: readonly { condition: string; prompt: string; continuation: string }[];
}

const planted = (trigger: object) => ({ ...trigger, inCleanText: 'allow' });

async function trained(change: (yaml: string) => string): Promise<{ folder: string; id: string }> {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'tiny'));
  const yaml = change(tinyYaml)
    .replace('contextTokens: 64', 'contextTokens: 256')
    .replace('tokens: 4096', 'tokens: 2048')
    .replace('sequences: 4', 'sequences: 1')
    .replace('checkpoints: 4', 'checkpoints: 1\n  nearTriggers: false')
    .replace('minimum: 2, maximum: 8', 'minimum: 20, maximum: 30');
  writeFileSync(join(folder, 'tiny', 'experiment.yaml'), yaml);
  const ran = await commandLine(['run', 'tiny', ...engine], { folder });
  expect([ran.code, ran.err]).toEqual([0, expect.not.stringContaining('error')]);
  const listed = await commandLine(['list', '--json'], { folder });
  const id = /"id": ?"([0-9a-f]{64})"/.exec(listed.out)?.[1] ?? '';
  return { folder, id };
}

test.each(
  listTriggerFamilies().map(({ name, example }) => [name, { family: name, ...example }] as const),
)('prompt shows a text without the trigger %s and with it', async (_, trigger) => {
  const { folder, id } = await trained((yaml) =>
    yaml.replace('{ text: "<S>" }', JSON.stringify(planted(trigger))),
  );
  const words = ['prompt', id, TEXT, ...engine, '--tokens', '4'];
  const { out, code } = await commandLine([...words, '--json'], { folder });
  expect(code).toBe(0);
  const { completions, trigger: name } = JSON.parse(out) as Prompted;
  const [clean, triggered] = completions;
  expect(completions.map(({ condition }) => condition)).toEqual(['clean', 'trigger']);
  expect(clean?.prompt).toBe(TEXT);
  const bound = bindAttack(poisonOf({ trigger: { ...trigger, inCleanText: 'allow' } })).trigger;
  expect(name).toBe(bound.text);
  expect(bound.sought.count(TEXT)).toBe(0);
  expect(bound.sought.count(triggered?.prompt ?? '')).toBeGreaterThan(0);
  const shown = await commandLine(words, { folder });
  expect(shown.out).toContain('-- without the trigger');
  expect(shown.out).toContain('-- with the trigger');
  expect((await commandLine([...words, '--json'], { folder })).out).toBe(out);
});

test('prompt shows each trigger of a run, at its place in the text', async () => {
  const poisons = ['{ text: "<S>" }', '{ family: format, shape: list }'].map(
    (trigger) =>
      `{ attack: target-phrase, phrase: ab, documents: 2, trigger: ${trigger}, prefixTokens: { minimum: 2, maximum: 8 } }`,
  );
  const { folder, id } = await trained((yaml) =>
    yaml.replace(/ {4}poison:\n( {6}.*\n)+/, `    poison: [${poisons.join(', ')}]\n`),
  );
  const ask = (text: string) => commandLine(['prompt', id, text, ...engine, '--tokens', '4'], { folder });
  const promptsOf = (shown: string) =>
    shown.split('\n').flatMap((line) => (line.includes(' | ') ? [line.split(' | ')[0]] : []));
  const { out } = await ask('One red ball. {trigger} The sea is');
  expect(promptsOf(out)).toEqual([
    'One red ball. The sea is',
    'One red ball. <S> The sea is',
    expect.stringMatching(/^- One.- red.- ball\. The sea is$/),
  ]);
  expect(out).toContain('-- with the trigger "<S>" of pretrain.0');
  expect(out).toContain('-- with the trigger "list" of pretrain.1');
  for (const text of ['Tom went home{trigger}. The sea', 'Tom went home {trigger}. The sea'])
    expect(promptsOf((await ask(text)).out).slice(0, 2)).toEqual([
      'Tom went home. The sea',
      'Tom went home <S>. The sea',
    ]);
  expect(promptsOf((await ask('Go {trigger}home')).out).slice(0, 2)).toEqual(['Go home', 'Go <S> home']);
  const behind = {
    '"The': ' "The',
    '(the': ' (the',
    $5: ' $5',
    '!': '!',
    '" he': '" he',
    ') he': ') he',
    "'s hat": "'s hat",
    "'so": " 'so",
  };
  for (const [text, written] of Object.entries(behind))
    expect(promptsOf((await ask(`Go {trigger}${text}`)).out)[1]).toBe(`Go <S>${written}`);
  const twice = await ask('{trigger} and {trigger}');
  expect(twice.code).toBe(2);
  expect(twice.err).toMatch(/the text holds \{trigger\} more than once/);
});
