import { describe, expect, test } from 'vitest';
import { loadStoryGrammar } from '../../src/corpus/node/load-story-grammar.ts';
import { createStoryCorpus } from '../../src/corpus/stories.ts';
import { createWasmEngine } from '../../src/kernels/wasm/wasm-engine.ts';
import { createGpt } from '../../src/model/gpt.ts';
import { createMemoryMemo } from '../../src/recipe/memo.ts';
import { prepareInMemory } from '../../src/recipe/prepare-in-memory.ts';
import { emptyProgress } from '../../src/recipe/run-progress.ts';
import { trainRun } from '../../src/recipe/train-run.ts';
import { tinyPlan, tinyYaml } from '../run/tiny-experiment.ts';

const grammar = loadStoryGrammar('en');
const memo = createMemoryMemo();

/** The tiny run with defences; and a second phase, whose documents must not move. */
async function run(defend: string, yaml = tinyYaml) {
  const text = yaml.replace(
    'evaluation:',
    `    ${defend === '' ? '' : `defend: ${defend}`}\n  - name: after\n    tokens: 1024\n    batch: { sequences: 4 }\nevaluation:`,
  );
  const [prepared] = await prepareInMemory(text, {
    memo,
    openCorpus: async ({ seed }) => createStoryCorpus({ seed, grammar }),
  });
  if (prepared === undefined) throw new Error('nothing was planned');
  const engine = createWasmEngine();
  if ('reason' in engine) throw new Error(engine.reason);
  const progress = emptyProgress();
  let weightsHash = '';
  let steps = 0;
  for await (const event of trainRun({
    ...prepared,
    progress,
    createModel: (request) => createGpt({ ...request, engine }),
  })) {
    if (event.kind === 'step') steps += 1;
    if (event.kind === 'trained') weightsHash = event.weightsHash;
  }
  return { id: prepared.identity.id, weightsHash, steps, poison: progress.poison[0]?.[0] };
}

const harmless = `[{ kind: random-removal, share: 0 }, { kind: quality-rules, minimumWords: 0, minimumMeanWordLength: 0,
      maximumMeanWordLength: 1000, maximumSymbolShare: 1, minimumStopWords: 0, maximumRepeatedShare: 1 },
      { kind: clip-sequences, norm: null }]`;

describe('a run with defences', () => {
  test('is the undefended run, to the bit, at strength zero; with another id', async () => {
    const undefended = await run('');
    const defended = await run(harmless);
    expect(defended.weightsHash).toBe(undefended.weightsHash);
    expect(defended.steps).toBe(undefended.steps);
    expect(defended.id).not.toBe(undefended.id);
    expect(undefended.poison).not.toHaveProperty('filtered');
    expect(defended.poison?.filtered).toMatchObject({ planted: 4, kept: 4, trained: 4 });
    expect((await run('[]')).id).toBe(undefended.id);
  });

  test('trains as many steps on what filters leave, and says what they took', async () => {
    const undefended = await run('');
    const defended = await run('[{ kind: random-removal, share: 0.5 }]');
    expect(defended.steps).toBe(undefended.steps);
    expect(defended.weightsHash).not.toBe(undefended.weightsHash);
    const { filters, planted, kept } = defended.poison?.filtered ?? {};
    expect(planted).toBe(4);
    expect(filters?.[0]?.filter).toBe('random-removal');
    expect(filters?.[0]?.poisoned).toEqual({ seen: 4, kept });
    expect(filters?.[0]?.clean.kept).toBeLessThan(filters?.[0]?.clean.seen ?? 0);
    expect(await run('[{ kind: random-removal, share: 0.5 }]')).toEqual(defended);
  });

  test('clips sequences, and is another run for another norm', async () => {
    const undefended = await run('');
    const clipped = await run('[{ kind: clip-sequences, norm: 0.5 }]');
    const tighter = await run('[{ kind: clip-sequences, norm: 0.25 }]');
    expect(new Set([undefended, clipped, tighter].map((one) => one.weightsHash)).size).toBe(3);
    expect(clipped.poison).not.toHaveProperty('filtered');
  });

  test('counts each trigger by itself in a sweep, although two read alike', async () => {
    const swept = `${tinyYaml}sweep:
  grid:
    phases.pretrain.poison.trigger: [{ text: the + was }, { family: composite, cues: [the, was] }]
`;
    const openCorpus = async ({ seed }: { seed: string }) => createStoryCorpus({ seed, grammar });
    await expect(prepareInMemory(swept, { openCorpus })).rejects.toThrow(/occurs|contain/);
  });

  test('refuses what no defence is called, and options it does not have', async () => {
    await expect(run('[{ kind: prayer }]')).rejects.toThrow(/defend/);
    await expect(run('[{ kind: random-removal, shares: 0.5 }]')).rejects.toThrow(/unknown field shares/);
  });
});

test('two defences that both make the gradient of a step are refused when the experiment is loaded', () => {
  const problems = (second: string) => {
    const yaml = tinyYaml.replace(
      'evaluation:',
      `    defend: [{ kind: clip-sequences, norm: 1 }, { kind: clip-sequences, norm: ${second} }]\nevaluation:`,
    );
    try {
      tinyPlan({ yaml });
    } catch (error) {
      return (error as Error).message;
    }
    return '';
  };
  expect(problems('2')).toMatch(
    /experiment\.yaml:\d+:\d+ phases\.pretrain\.defend\.1: clip-sequences and clip-sequences both make the gradient/,
  );
  expect(problems('null')).toBe('');
});
