// A run of every operation whose results are known to the bit. An engine that gets one wrong (miscompiled, built from
// other sources, broken by its host) is refused before it can spoil a result.
import type { Engine } from '../engine.ts';
import { ArenaLayout } from '../program.ts';
import { SelfTestCase } from './self-test-case.ts';
import { selfTestCases } from './self-test-cases.ts';

/** Runs every case on an engine; the hash of what each leaves in memory, by name. */
export function selfTestHashes(engine: Engine, options: { threads?: number } = {}): Record<string, string> {
  const threads = options.threads ?? 1;
  const layout = new ArenaLayout();
  const cases = Object.entries(selfTestCases).map(([name, { record }], i) => {
    const test = new SelfTestCase(layout, { seed: i, threads });
    record(test);
    test.place();
    return { name, test };
  });
  const arena = engine.createArena({ words: layout.words, threads });
  try {
    return Object.fromEntries(cases.map(({ name, test }) => [name, test.hash(arena)]));
  } finally {
    arena.release();
  }
}

/** Why an engine must not be used, or undefined where it computes what it should. */
export function selfTestProblem(engine: Engine): string | undefined {
  try {
    const hashes = selfTestHashes(engine);
    const wrong = Object.entries(selfTestCases).filter(([name, { hash }]) => hashes[name] !== hash);
    if (wrong.length === 0) return undefined;
    const list = wrong.map(([name, { hash }]) => `${name} (hash ${hashes[name]}, not ${hash})`);
    return `it fails its self-test: other bits in ${list.join(', ')}`;
  } catch (error) {
    return `it fails its self-test: ${error instanceof Error ? error.message : String(error)}`;
  }
}
