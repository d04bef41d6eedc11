import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/core/errors.ts';
import { chooseEngine, describeEngines, type EngineProvider } from '../../src/kernels/choose-engine.ts';
import type { Engine } from '../../src/kernels/engine.ts';
import { operationCode, operations } from '../../src/kernels/operations.ts';
import { createReferenceEngine } from '../../src/kernels/reference/reference-engine.ts';
import { selfTestHashes, selfTestProblem } from '../../src/kernels/self-test/self-test.ts';
import { selfTestCases } from '../../src/kernels/self-test/self-test-cases.ts';

const reference = createReferenceEngine({ precision: 'f32' });

/** The reference under another name, with every arena changed by `change`. */
function disguised(
  name: 'native' | 'wasm',
  change: (
    arena: ReturnType<Engine['createArena']>,
  ) => Partial<ReturnType<Engine['createArena']>> = () => ({}),
): Engine {
  const createArena: Engine['createArena'] = (request) => {
    const arena = reference.createArena(request);
    return { ...arena, ...change(arena) };
  };
  return { ...reference, name, detail: `${name}, for tests`, createArena };
}

/** Computes everything right, but for the last bit of one word. */
const corrupted = disguised('native', (arena) => ({
  run: (start, length) => {
    arena.run(start, length);
    // the second argument of adamw is the parameters
    if (arena.integers[start] === operationCode.adamw) arena.integers[arena.integers[start + 2] + 5] ^= 1;
  },
}));

const throwing = disguised('native', () => ({
  run: () => {
    throw new Error('illegal instruction');
  },
}));

function provide(name: EngineProvider['name'], engine: Engine | { reason: string }): EngineProvider {
  return { name, create: () => engine, remedy: `Mend ${name}.` };
}

const absent = provide('native', { reason: 'no compiler was found' });
const wasm = provide('wasm', disguised('wasm'));

describe('the self-test', () => {
  test('accepts the reference, whose hashes are pinned', () => {
    const pinned = Object.entries(selfTestCases).map(([name, { hash }]) => [name, hash]);
    expect(selfTestHashes(reference)).toEqual(Object.fromEntries(pinned));
  });

  test('runs every operation', () => {
    const seen = new Set<number>();
    selfTestHashes(
      disguised('wasm', (arena) => ({
        run: (start, length) => {
          for (let at = start; at < start + length; ) {
            const code = arena.integers[at];
            seen.add(code);
            at += 1 + Object.values(operations)[code].length;
          }
          arena.run(start, length);
        },
      })),
    );
    expect([...seen].sort((a, b) => a - b)).toEqual(Object.values(operationCode));
  });

  test('rejects an engine that gets one bit wrong, naming what, or throws', () => {
    expect(selfTestProblem(corrupted)).toMatch(
      /^it fails its self-test: other bits in optimisers \(hash [0-9a-f]{8}, not [0-9a-f]{8}\)$/,
    );
    expect(selfTestProblem(throwing)).toBe('it fails its self-test: illegal instruction');
  });
});

describe('choosing an engine', () => {
  test('auto takes the first that works, without notes', () => {
    const native = provide('native', disguised('native'));
    expect(chooseEngine({ engine: 'auto' }, [native, wasm])).toMatchObject({
      engine: { name: 'native' },
      notes: [],
    });
  });

  test.each([
    ['that is absent', absent, /native kernels are not used: no compiler was found\./],
    [
      'that computes wrong bits',
      provide('native', corrupted),
      /native kernels are not used: native, for tests: it fails/,
    ],
  ])('auto passes over one %s and says why', (_, provider, message) => {
    const { engine, notes } = chooseEngine({ engine: 'auto' }, [provider, wasm]);
    expect(engine.name).toBe('wasm');
    expect(notes).toEqual([expect.stringMatching(message)]);
  });

  test.each([
    ['is absent', { reason: 'no compiler was found' }, /no compiler was found/],
    ['computes wrong bits', corrupted, /native, for tests: it fails its self-test/],
  ])('where the first build %s the second is taken, and doctor can say why', (_, first, reason) => {
    const second = disguised('native');
    const provider: EngineProvider = { ...provide('native', first), createInstead: () => second };
    expect(chooseEngine({ engine: 'auto' }, [provider, wasm])).toEqual({ engine: second, notes: [] });
    expect(chooseEngine({ engine: 'native' }, [provider, wasm]).engine).toBe(second);
    expect(describeEngines([provider])).toEqual([
      { name: 'native', available: true, detail: second.detail, reason: expect.stringMatching(reason) },
    ]);
  });

  test('a second build is held to the self-test too', () => {
    const provider: EngineProvider = { ...absent, createInstead: () => corrupted };
    const { engine, notes } = chooseEngine({ engine: 'auto' }, [provider, wasm]);
    expect(engine.name).toBe('wasm');
    expect(notes).toEqual([expect.stringMatching(/no compiler was found; native, for tests: it fails/)]);
  });

  test('auto without any engine is an InputError with every reason', () => {
    const broken = provide('wasm', { reason: 'this host has no WebAssembly' });
    const choose = () => chooseEngine({ engine: 'auto' }, [absent, broken]);
    expect(choose).toThrow(InputError);
    expect(choose).toThrow(/no compiler was found.*this host has no WebAssembly/);
  });

  test('an engine asked for that cannot be had is an InputError with reason and remedy', () => {
    const choose = () => chooseEngine({ engine: 'native' }, [absent, wasm]);
    expect(choose).toThrow(InputError);
    expect(choose).toThrow('engine `native` cannot be used: no compiler was found. Mend native.');
  });

  test('threads that would be ignored are noted, and only those', () => {
    const native = provide('native', disguised('native'));
    expect(chooseEngine({ engine: 'wasm', threads: 4 }, [wasm]).notes).toEqual([
      'threads: 4 is ignored: only the native kernels use more than one thread.',
    ]);
    expect(chooseEngine({ engine: 'wasm', threads: 1 }, [wasm]).notes).toEqual([]);
    expect(chooseEngine({ engine: 'native', threads: 4 }, [native]).notes).toEqual([]);
  });

  test('here, WebAssembly and the reference can always be chosen', () => {
    expect(chooseEngine({ engine: 'wasm' }).engine.name).toBe('wasm');
    expect(chooseEngine({ engine: 'reference' }).engine.name).toBe('reference');
  });
});

describe('describing the engines', () => {
  test('gives the reason of each that is not available', () => {
    expect(describeEngines([absent, wasm])).toEqual([
      { name: 'native', available: false, detail: '', reason: 'no compiler was found' },
      { name: 'wasm', available: true, detail: 'wasm, for tests' },
    ]);
  });

  test('lists native, wasm, reference', () => {
    expect(describeEngines().map(({ name }) => name)).toEqual(['native', 'wasm', 'reference']);
  });
});
