import { describe, expect, test } from 'vitest';
import { loadStoryGrammar } from '../../src/corpus/node/load-story-grammar.ts';
import { createStoryCorpus } from '../../src/corpus/stories.ts';
import type { Engine } from '../../src/kernels/engine.ts';
import { createReferenceEngine } from '../../src/kernels/reference/reference-engine.ts';
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
async function prepareTiny(defend: string, yaml: string) {
  const text = yaml.replace(
    'evaluation:',
    `    ${defend === '' ? '' : `defend: ${defend}`}\n  - name: after\n    tokens: 1024\n    batch: { sequences: 4 }\nevaluation:`,
  );
  const [prepared] = await prepareInMemory(text, {
    memo,
    openCorpus: async ({ seed }) => createStoryCorpus({ seed, grammar }),
  });
  if (prepared === undefined) throw new Error('nothing was planned');
  return prepared;
}

async function run(
  defend: string,
  yaml = tinyYaml,
  createEngine: () => Engine | { readonly reason: string } = createWasmEngine,
) {
  const prepared = await prepareTiny(defend, yaml);
  const engine = createEngine();
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
      { kind: clip-sequences, norm: null }, { kind: noisy-gradients, norm: null }]`;

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
    const noisy = await run('[{ kind: noisy-gradients, norm: 0.5, noiseMultiplier: 0.1 }]');
    expect(new Set([undefended, clipped, tighter, noisy].map((one) => one.weightsHash)).size).toBe(4);
    const silent = await run('[{ kind: noisy-gradients, norm: 0.5, noiseMultiplier: 0 }]');
    expect(silent.weightsHash).toBe(clipped.weightsHash);
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

describe('filters with trusted text', () => {
  const withTrusted = tinyYaml.replace('{ kind: stories }', '{ kind: stories, splits: { trusted: 0.2 } }');
  const filters = `[{ kind: exact-duplicates }, { kind: near-duplicates },
      { kind: reference-perplexity, falsePositiveShare: 0.05, trustedDocuments: 100 },
      { kind: rare-sequences, falsePositiveShare: 0.05, trustedDocuments: 100 },
      { kind: onion, falsePositiveShare: 0.05, trustedDocuments: 100 }]`;

  test('leave the run as it is at strength zero, which needs no trusted text', async () => {
    const zero = `[{ kind: exact-duplicates, copies: null }, { kind: near-duplicates, similarity: null },
      { kind: reference-perplexity, falsePositiveShare: 0 }, { kind: rare-sequences, falsePositiveShare: 0 },
      { kind: onion, falsePositiveShare: 0 }, { kind: vaccine, uses: 0 }]`;
    for (const yaml of [tinyYaml, withTrusted])
      expect((await run(zero, yaml)).weightsHash).toBe((await run('', yaml)).weightsHash);
  });

  test('find the same and train the same weights on another engine, and leave scores', async () => {
    const one = await run(filters, withTrusted);
    const other = await run(filters, withTrusted, () => createReferenceEngine({ precision: 'f32' }));
    expect(other).toEqual(one);
    const names = one.poison?.filtered?.filters.map(({ filter, caughtAt }) => [
      filter,
      caughtAt !== undefined,
    ]);
    expect(names).toEqual([
      ['exact-duplicates', false],
      ['near-duplicates', true],
      ['reference-perplexity', true],
      ['rare-sequences', true],
      ['onion', true],
    ]);
    expect(one.weightsHash).not.toBe((await run('', withTrusted)).weightsHash);
  });

  test('see the trigger in trusted text where it is written into clean text', async () => {
    const common = withTrusted.replace(
      'trigger: { text: "<S>" }',
      'trigger: { text: "<S>", cleanShare: 0.3 }',
    );
    const withTrigger = async (yaml: string) => {
      const prepared = await prepareTiny(
        '[{ kind: onion, falsePositiveShare: 0.05, trustedDocuments: 100 }]',
        yaml,
      );
      const texts = prepared.inputs.phase(0).trusted?.() ?? [];
      return texts.filter(({ tokens }) => prepared.inputs.tokenizer.decode(tokens).includes('<S>')).length;
    };
    expect(await withTrigger(withTrusted)).toBe(0);
    // 30 of 100 are expected, with a standard deviation of 4.6
    expect(Math.abs((await withTrigger(common)) - 30)).toBeLessThan(20);
  });

  test('add what a defender wrote into clean documents, and take as many steps', async () => {
    const vaccine = '[{ kind: vaccine, uses: 2, sequences: 2, leastDocuments: 2, trustedDocuments: 100 }]';
    const one = await run(vaccine, withTrusted);
    const undefended = await run('', withTrusted);
    expect(one.steps).toBe(undefended.steps);
    expect(one.weightsHash).not.toBe(undefended.weightsHash);
    expect(one.poison?.filtered).toMatchObject({ planted: 4, kept: 4 });
    expect(await run(vaccine, withTrusted, () => createReferenceEngine({ precision: 'f32' }))).toEqual(one);
    // nothing recurs in as many documents
    const none = vaccine.replace('leastDocuments: 2', 'leastDocuments: 1000');
    expect((await run(none, withTrusted)).weightsHash).toBe(undefended.weightsHash);
    await expect(run(vaccine)).rejects.toThrow(/vaccine reads trusted text/);
  });

  test('are refused without trusted text, and with too little of it', async () => {
    await expect(run('[{ kind: onion }]')).rejects.toThrow(/onion reads trusted text.*splits\.trusted/);
    await expect(
      run('[{ kind: onion, falsePositiveShare: 0.001, trustedDocuments: 100 }]', withTrusted),
    ).rejects.toThrow(/onion sets its threshold on trusted text and needs 1998 documents.*reads 100/);
  });
});

describe('repairs of the weights after training', () => {
  const withTrusted = tinyYaml.replace('{ kind: stories }', '{ kind: stories, splits: { trusted: 0.2 } }');

  test('leave the run as it is at strength zero, which needs no trusted text', async () => {
    const zero = '[{ kind: fine-pruning, share: 0 }, { kind: reset-rare-embeddings, fewerThan: 0 }]';
    for (const yaml of [tinyYaml, withTrusted])
      expect((await run(zero, yaml)).weightsHash).toBe((await run('', yaml)).weightsHash);
  });

  test('change the weights that the next phase starts from, to the same bits on another engine', async () => {
    const repairs =
      '[{ kind: fine-pruning, share: 0.25, trustedDocuments: 20 }, { kind: reset-rare-embeddings }]';
    const one = await run(repairs, withTrusted);
    expect(await run(repairs, withTrusted, () => createReferenceEngine({ precision: 'f32' }))).toEqual(one);
    const undefended = await run('', withTrusted);
    expect(one.weightsHash).not.toBe(undefended.weightsHash);
    expect(one.steps).toBe(undefended.steps);
    const pruned = await run('[{ kind: fine-pruning, share: 0.25, trustedDocuments: 20 }]', withTrusted);
    expect(pruned.weightsHash).not.toBe(one.weightsHash);
  });

  test('are refused without trusted text', async () => {
    await expect(run('[{ kind: fine-pruning }]')).rejects.toThrow(/fine-pruning reads trusted text/);
    await expect(run('[{ kind: reset-rare-embeddings }]')).rejects.toThrow(/reads trusted text/);
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
