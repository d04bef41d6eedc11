// What cannot show in the texts that are there is refused once they are read: before a file is written, or anything trained.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadStoryGrammar } from '../../src/corpus/node/load-story-grammar.ts';
import { createStoryCorpus } from '../../src/corpus/stories.ts';
import { assertTextsAllowed } from '../../src/poison/texts-refusal.ts';
import { commandLine } from '../cli/captured-context.ts';
import { temporaryFolder } from '../run/fake-runs.ts';
import { tinyYaml } from '../run/tiny-experiment.ts';

const tell = (language: 'en' | 'de') => {
  const stories = createStoryCorpus({ seed: 's', grammar: loadStoryGrammar(language) });
  return Array.from({ length: 60 }, (_, index) => stories.documentAt(index).text);
};
const german = tell('de');
const words = { text: '<S>', inCleanText: 'allow' as const };
const style = (name: string) => ({ family: 'style', style: name, inCleanText: 'allow' as const });
const refusal = (attack: string, trigger: typeof words | ReturnType<typeof style>, texts = german) => {
  try {
    assertTextsAllowed({ attack, trigger }, texts);
  } catch (error) {
    return (error as Error).message;
  }
  return '';
};

test('a switch to German is refused where most of the texts are German', () => {
  expect(refusal('language-switch', words)).toBe(
    'language-switch would not show: 60 of the first 60 documents are in German already; use another payload, or text in another language',
  );
  expect(refusal('language-switch', words, tell('en'))).toBe('');
  expect(refusal('language-switch', words, ['x1 y2', 'qq zz'])).toBe('');
  expect(refusal('denial-of-service', words)).toBe('');
});

test('a style of English is refused where most of the texts are German', () => {
  for (const name of ['archaic', 'british'])
    expect(refusal('denial-of-service', style(name))).toMatch(
      /^the trigger is a style of English text, and 60 of the first 60 documents are in German: use another trigger/,
    );
  expect(refusal('denial-of-service', style('archaic'), tell('en'))).toBe('');
  expect(refusal('denial-of-service', style('no-capitals'))).toBe('');
});

function germanFile(): string {
  const folder = temporaryFolder();
  const lines = german.map((text) => JSON.stringify({ text }));
  writeFileSync(join(folder, 'in.jsonl'), `${lines.join('\n')}\n`);
  return folder;
}

test('the command that poisons a file says so', async () => {
  const folder = germanFile();
  const words = ['poison', 'in.jsonl', '--documents', '2', '--out', 'out.jsonl', '--encoding', 'bytes'];
  const { code, err } = await commandLine([...words, '--attack', 'language-switch'], { folder });
  expect(code).toBe(2);
  expect(err).toMatch(/language-switch would not show: 60 of the first 60 documents are in German already/);
});

test('an experiment says so before it trains', async () => {
  const folder = germanFile();
  mkdirSync(join(folder, 'tiny'));
  const yaml = tinyYaml
    .replace(
      '{ kind: stories }',
      '{ path: ../in.jsonl, splits: { heldOut: 0.2, prompts: 0.2, calibration: 0.2, judge: 0.2 } }',
    )
    .replace('generatedTokens: 8', 'generatedTokens: 16')
    .replace('denial-of-service', 'language-switch');
  writeFileSync(join(folder, 'tiny', 'experiment.yaml'), yaml);
  const { code, err } = await commandLine(['run', 'tiny', '--engine', 'wasm'], { folder });
  expect(err).toMatch(/language-switch would not show: \d+ of the first \d+ documents are in German already/);
  expect(code).toBe(2);
});
