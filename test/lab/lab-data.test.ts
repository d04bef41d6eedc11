// What was prepared for the lab fits this program: the choices of a reader are the published runs, to the identity.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { loadExperiment } from '../../src/config/node/load-experiment.ts';
import { expandPlan } from '../../src/config/sweep/expand-plan.ts';
import { loadStoryGrammar } from '../../src/corpus/node/load-story-grammar.ts';
import { createStoryCorpus } from '../../src/corpus/stories.ts';
import { asPayload, asSize, DEFAULT_TRIGGER } from '../../src/lab/choices.ts';
import type { Example } from '../../src/lab/example.ts';
import { commandOf, judgeBits } from '../../src/lab/sections/bits.ts';
import { countFiltered } from '../../src/lab/sections/filter.ts';
import { orders } from '../../src/lab/sections/hunt.ts';
import { falseFriends } from '../../src/lab/sections/prompt.ts';
import { staticFigures } from '../../src/lab/static-figures.ts';
import type { PreparedData } from '../../src/lab/worker/prepared-data.ts';
import { runConfigOf, withCleanText } from '../../src/lab/worker/run-config.ts';
import { identifyRun } from '../../src/recipe/identity.ts';
import { registered } from '../../src/recipe/registered.ts';

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../src/lab/data/${name}.json`, import.meta.url), 'utf8'));
const data: PreparedData = read('prepared');
const example: Example = read('example');
const published: readonly (readonly [string, string, string, number, number])[] = read('published');

const { contentHash } = createStoryCorpus({ seed: 'stories-1', grammar: data.grammar });
const choiceOf = (key: string) => {
  const [size = '', payload = '', documents, seed] = key.split('/');
  const choice = { documents: Number(documents), seed: Number(seed), trigger: DEFAULT_TRIGGER };
  const [known, asked] = [asSize(size), asPayload(payload)];
  return known === undefined || asked === undefined ? undefined : { ...choice, size: known, payload: asked };
};

describe('the prepared data', () => {
  test('hold the grammar of the stories as it is', () => {
    expect(data.grammar).toEqual(loadStoryGrammar('en'));
  });

  test('give every published run of an offered size its id', () => {
    let compared = 0;
    for (const [key, id] of published) {
      const choice = choiceOf(key);
      if (choice === undefined) continue;
      expect(identifyRun(runConfigOf(choice, data), () => contentHash).id, key).toBe(id);
      compared += 1;
    }
    expect(compared).toBe(90 + 75);
  });

  test('hold the published figures of the committed results', () => {
    const lines = readFileSync(
      new URL('../../results/constant-count/results.jsonl', import.meta.url),
      'utf8',
    );
    for (const line of lines.trim().split('\n')) {
      const { id, weightsHash, checkpoints } = JSON.parse(line);
      const [, , hash, success] = published.find((run) => run[1] === id) ?? [];
      expect(hash).toBe(weightsHash);
      const last = checkpoints
        .at(-1)
        .conditions.find(({ condition }: { condition: string }) => condition === 'trigger');
      expect(success).toBe(last.successShare);
    }
  });

  test('show an example that is the default choice', () => {
    const choice = choiceOf('d24/gibberish/100/1');
    if (choice === undefined) throw new Error('d24 is offered');
    expect(identifyRun(runConfigOf(choice, data), () => contentHash).id).toBe(example.result.runId);
    expect(example.poisonedPlaces).toHaveLength(100);
  });
});

test('cleaning goes on after an unchanged first phase, with the found trigger in some clean documents', () => {
  const choice = choiceOf('d32/gibberish/50/2');
  if (choice === undefined) throw new Error('d32 is offered');
  const config = runConfigOf(choice, data);
  const blind = withCleanText(config, null);
  const found = withCleanText(config, 'kettle');
  expect(blind.phases[0]).toEqual(config.phases[0]);
  expect(blind.phases[1]?.poison).toBeUndefined();
  expect(found.phases[1]?.poison).toMatchObject({
    documents: 0,
    trigger: { text: 'kettle', cleanShare: 0.05 },
  });
});

test('a run is equal to the published one, differs, or has no reference', () => {
  const references = [{ runId: 'a', weightsHash: '1' }];
  expect(judgeBits({ runId: 'a', weightsHash: '1' }, references).verdict).toBe('equal');
  expect(judgeBits({ runId: 'a', weightsHash: '2' }, references)).toEqual({
    verdict: 'differs',
    published: '1',
  });
  expect(judgeBits({ runId: 'b', weightsHash: '1' }, references).verdict).toBe('none');
});

test('the command names a trigger of one’s own, quoted for the shell', () => {
  const choice = { size: 'd24', documents: 5, seed: 3, payload: 'phrase', trigger: "it's" } as const;
  expect(commandOf(choice)).toContain(`text: "it'\\''s"`);
  expect(commandOf({ ...choice, trigger: DEFAULT_TRIGGER })).not.toContain('text:');
});

/** Values of the options that a command for a shell gives. */
function optionsIn(command: string): { set: string[]; sweep: string[] } {
  const found: { set: string[]; sweep: string[] } = { set: [], sweep: [] };
  for (const [, name, quoted = ''] of command.matchAll(/--(set|sweep) '((?:[^']|'\\'')*)'/g))
    found[name as 'set' | 'sweep'].push(quoted.replaceAll(`'\\''`, "'"));
  return found;
}

test.each([
  { size: 'd24', documents: 100, seed: 1, payload: 'gibberish', trigger: DEFAULT_TRIGGER },
  { size: 'd64', documents: 0, seed: 9999, payload: 'gibberish', trigger: DEFAULT_TRIGGER },
  { size: 'd32', documents: 50, seed: 4, payload: 'phrase', trigger: DEFAULT_TRIGGER },
  { size: 'd48', documents: 25, seed: 2, payload: 'phrase', trigger: "it's" },
] as const)('the command that the page shows plans the run of $size, $documents, $payload, $trigger', (choice) => {
  const experiment = loadExperiment('experiments/constant-count/experiment.yaml', {
    ...registered,
    ...optionsIn(commandOf(choice)),
  });
  const ids = expandPlan(experiment).runs.map(({ config }) => identifyRun(config, () => contentHash).id);
  expect(ids).toEqual([identifyRun(runConfigOf(choice, data), () => contentHash).id]);
});

test('the figures of the page without JavaScript are drawn from its data', () => {
  const runs = published.map(([key, id, weightsHash, success, share]) => ({
    ...{ key, id, weightsHash, success, share },
  }));
  for (const [name, svg] of Object.entries(staticFigures(example, runs)))
    expect(readFileSync(`src/lab/data/${name}.svg`, 'utf8'), name).toBe(`${svg}\n`);
});

test('small parts: filtered documents, orders of words, false friends', () => {
  expect(countFiltered({ clean: [1, 2, 3], poisoned: [2, 4] }, 2)).toEqual({
    caught: 1,
    planted: 2,
    lost: 1,
    clean: 3,
  });
  expect(orders(['a', 'b', 'c'])).toHaveLength(6);
  expect(orders([])).toEqual([]);
  expect(falseFriends('a b c')).toEqual(['a b c', 'c b a', 'a', 'a b', 'basket ladder candle']);
  expect(falseFriends('one')).toEqual(['one', 'basket ladder candle']);
});
