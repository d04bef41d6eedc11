// Runs on parts of the same data: what their ensemble certifies rests on these laws.
import { describe, expect, test } from 'vitest';
import { loadStoryGrammar } from '../../src/corpus/node/load-story-grammar.ts';
import { createStoryCorpus } from '../../src/corpus/stories.ts';
import { partOf } from '../../src/defend/partition.ts';
import { createWasmEngine } from '../../src/kernels/wasm/wasm-engine.ts';
import { createGpt } from '../../src/model/gpt.ts';
import { createMemoryMemo } from '../../src/recipe/memo.ts';
import { prepareInMemory } from '../../src/recipe/prepare-in-memory.ts';
import { emptyProgress } from '../../src/recipe/run-progress.ts';
import { trainRun } from '../../src/recipe/train-run.ts';
import { tinyPlan, tinyYaml } from '../run/tiny-experiment.ts';

const grammar = loadStoryGrammar('en');
const memo = createMemoryMemo();
const PARTS = 3;
const withDefence = (defend: string, documents = 4) =>
  tinyYaml
    .replace('documents: 4', `documents: ${documents}`)
    .replace('evaluation:', `    defend: ${defend}\nevaluation:`);
const partition = (part: number, parts = PARTS) => `[{ kind: partition, parts: ${parts}, part: ${part} }]`;

async function run(text: string) {
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
  return { weightsHash, steps, filtered: progress.poison[0]?.[0]?.filtered };
}

describe('a partition', () => {
  test('of one part is the undefended run, to the bit', async () => {
    expect((await run(withDefence(partition(1, 1)))).weightsHash).toBe((await run(tinyYaml)).weightsHash);
  });

  test('gives every poisoned document to one member, and leaves the others their bits', async () => {
    const found = [];
    for (let part = 1; part <= PARTS; part++) {
      const poisoned = await run(withDefence(partition(part)));
      const clean = await run(withDefence(partition(part), 0));
      const kept = poisoned.filtered?.kept ?? -1;
      expect(poisoned.steps).toBe(clean.steps);
      expect(poisoned.weightsHash === clean.weightsHash).toBe(kept === 0);
      expect(poisoned.filtered).toMatchObject({ planted: 4, filters: [] });
      found.push({ kept, weightsHash: clean.weightsHash });
    }
    expect(found.reduce((sum, { kept }) => sum + kept, 0)).toBe(4);
    expect(new Set(found.map(({ weightsHash }) => weightsHash)).size).toBe(PARTS);
    // Otherwise nothing was shown of members without poison.
    const one = await Promise.all([1, 2, 3].map((part) => run(withDefence(partition(part), 1))));
    const clean = found.map(({ weightsHash }) => weightsHash);
    expect(one.map(({ filtered }) => filtered?.kept).sort()).toEqual([0, 0, 1]);
    expect(one.map(({ weightsHash }, place) => weightsHash === clean[place]).sort()).toEqual([
      false,
      true,
      true,
    ]);
  });

  test('trains on as many tokens as without it, of data that are as many times larger as there are parts', () => {
    const [plain] = tinyPlan({ yaml: tinyYaml }).runs;
    const [member] = tinyPlan({ yaml: withDefence(partition(1)) }).runs;
    expect(member?.config.phases[0]?.tokens).toBe(plain?.config.phases[0]?.tokens);
    // a share of poison is one of all parts
    const share = (defend: string) =>
      tinyPlan({ yaml: withDefence(defend).replace('documents: 4', 'share: 0.2') }).runs[0]?.config.phases[0]
        ?.poison;
    const counts = [share('[]'), share(partition(1))].map((own) =>
      own !== undefined && 'documents' in own ? own.documents : 0,
    );
    expect(Math.abs((counts[1] ?? 0) - PARTS * (counts[0] ?? 0))).toBeLessThanOrEqual(1);
    expect(counts[0]).toBeGreaterThan(0);
  });

  test('is refused where it is not first, has no such part, or stands beside places in batches', () => {
    const problem = (text: string) => {
      try {
        tinyPlan({ yaml: text });
      } catch (error) {
        return (error as Error).message;
      }
      return '';
    };
    expect(problem(withDefence(partition(4)))).toMatch(/defend\.0\.part: is 4 of 3 parts: give 1 to 3/);
    expect(problem(withDefence('[{ kind: quality-rules }, { kind: partition }]'))).toMatch(
      /defend\.1: partition divides the data before any other defence.*first/,
    );
    const placed = withDefence(partition(1))
      .replace('batch: { sequences: 4 }', 'batch: { sequences: 4, packing: rows }')
      .replace('documents: 4', 'documents: 4\n      placement: { sequences: 1, every: 1 }');
    expect(problem(placed)).toMatch(/placement: counts sequences of batches, and partition/);
    expect(problem(placed.replace(partition(1), '[]'))).toBe('');
  });
});

describe('the part of a document', () => {
  const example = (...tokens: number[]) => ({ tokens: Uint16Array.from(tokens), lossFrom: 0 });

  test('is that of its tokens and the seed, and parts are about as large as each other', () => {
    const parts = (seed: string, count: number) =>
      Array.from({ length: 6000 }, (_, i) =>
        partOf(example(i % 80, 7, Math.floor(i / 80), 9), { parts: count, seed }),
      );
    const ofOne = parts('1/defence 0', 6);
    expect(parts('1/defence 0', 6)).toEqual(ofOne);
    // 1,000 are expected in each; 29 is their standard deviation
    for (let part = 0; part < 6; part++)
      expect(Math.abs(ofOne.filter((own) => own === part).length - 1000)).toBeLessThan(150);
    // another seed divides anew: one in six stays by chance
    const same = parts('2/defence 0', 6).filter((own, i) => own === ofOne[i]).length;
    expect(Math.abs(same - 1000)).toBeLessThan(150);
  });
});
