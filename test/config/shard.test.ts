// Parts of a sweep for machines without a common scheduler.
import { describe, expect, it } from 'vitest';
import type { Plan, PlannedRun } from '../../src/config/sweep/expand-plan.ts';
import { parseShard, shardOf } from '../../src/config/sweep/shard.ts';

/** A plan of runs of this work; their configs are not read. */
function planOf(flops: readonly number[]): Plan {
  const runs = flops.map((own, index) => ({ index, flops: own, tokens: own }) as PlannedRun);
  return { name: 'sweep', varying: [], seeds: [1], runs, duplicates: 0, tokens: 0, flops: 0 };
}

describe('parseShard', () => {
  it('reads part and number of parts', () => {
    expect(parseShard('3/8')).toEqual({ number: 3, of: 8 });
    expect(parseShard('1/1')).toEqual({ number: 1, of: 1 });
  });

  it.each(['0/3', '4/3', '3', '3/', 'a/b', '-1/3', '1/0', '1.5/3', '1/99999'])('refuses %s', (text) => {
    expect(() => parseShard(text)).toThrow(`--shard is "${text}": give part and number of parts`);
  });
});

describe('shardOf', () => {
  const plan = planOf([5, 1, 9, 2, 7, 7, 3, 4, 8, 6]);

  it('puts every run into exactly one part, in the order of the plan', () => {
    const parts = [1, 2, 3].map((number) => shardOf(plan, { number, of: 3 }));
    const works = parts.map(({ runs }) => runs.map(({ flops }) => flops));
    expect(works.flat().sort()).toEqual(plan.runs.map(({ flops }) => flops).sort());
    for (const { runs } of parts)
      expect(runs.map(({ index }) => index)).toEqual(runs.map((_, place) => place));
    expect(works[0]).toEqual([5, 9, 4]);
  });

  it('shares the work evenly', () => {
    const works = [1, 2, 3].map((number) => shardOf(plan, { number, of: 3 }).flops);
    expect(Math.max(...works) - Math.min(...works)).toBeLessThanOrEqual(2);
  });

  it('is the plan itself where there is one part', () => {
    expect(shardOf(plan, { number: 1, of: 1 }).runs).toEqual(plan.runs);
  });

  it('refuses a sweep that chooses its runs', () => {
    const adaptive = { ...plan, adaptive: {} } as Plan;
    expect(() => shardOf(adaptive, { number: 1, of: 2 })).toThrow('leave out --shard');
  });

  it('refuses parts that would be empty', () => {
    expect(() => shardOf(planOf([1, 2]), { number: 1, of: 3 })).toThrow('give at most 2 parts');
  });
});
