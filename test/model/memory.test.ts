import { describe, expect, it } from 'vitest';
import { ArenaLayout } from '../../src/kernels/program.ts';
import { chunkSequences } from '../../src/model/programs/activations.ts';
import { Workspace } from '../../src/model/programs/memory.ts';

describe('the workspace', () => {
  const two = (reserve: (words: number) => number): number[] => [reserve(10), reserve(100)];
  const one = (reserve: (words: number) => number): number => reserve(50);

  it('gives every user the same words, after what is kept', () => {
    const layout = new ArenaLayout();
    const kept = layout.reserve(40);
    const workspace = new Workspace(layout, [one, two]);
    const [first, second] = workspace.place(two);
    expect(first).toBeGreaterThanOrEqual(kept + 40);
    expect(second).toBeGreaterThanOrEqual(first + 10);
    expect(workspace.place(one)).toBe(first);
    expect(layout.words).toBeGreaterThanOrEqual(second + 100);
  });

  it('refuses a plan larger than those announced', () => {
    const workspace = new Workspace(new ArenaLayout(), [one]);
    expect(() => workspace.place(two)).toThrow(RangeError);
  });
});

describe('a chunk', () => {
  it.each([
    [8, 128, 96, 2],
    [8, 128, 64, 1],
    [32, 64, 96, 4],
    [32, 64, 64, 2],
    [7, 16, 96, 7],
    [6, 64, 96, 3],
    [13, 64, 96, 1],
    [4, 512, 96, 1],
  ])('of %i sequences of %i tokens at width %i has %i: the largest divisor that fits', (sequences, T, C, expected) => {
    expect(chunkSequences(sequences, { T, C, threads: 1 })).toBe(expected);
  });

  it('is larger where threads have to meet after every operation', () => {
    expect(chunkSequences(16, { T: 128, C: 128, threads: 2 })).toBe(8);
  });
});
