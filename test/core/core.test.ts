import { mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/core/canonical-json.ts';
import { DivergenceError, InputError } from '../../src/core/errors.ts';
import { createHasher, hashValue, sha256Hex } from '../../src/core/hash.ts';
import { writeFileAtomic } from '../../src/core/node/atomic-file.ts';
import { randomStream } from '../../src/core/random.ts';

describe('canonical JSON', () => {
  it('does not depend on the order of keys and reads back as the same value', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse());
        expect(canonicalJson(reversed)).toBe(canonicalJson(value));
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('sorts keys by code unit, integers too, and writes numbers as JSON does', () => {
    expect(canonicalJson({ b: 1, '10': 2, '9': 3, é: 4, '\uffff': 5, '\u{1f600}': 6, Z: 7 })).toBe(
      '{"10":2,"9":3,"Z":7,"b":1,"é":4,"\u{1f600}":6,"\uffff":5}',
    );
    expect(canonicalJson([-0, 1e21, 1e-7, 0.1, JSON.parse('{"__proto__":{"a":1}}')])).toBe(
      '[0,1e+21,1e-7,0.1,{"__proto__":{"a":1}}]',
    );
  });

  it('leaves undefined fields out, writes non-finite numbers as null and refuses functions', () => {
    expect(canonicalJson({ b: undefined, a: [Number.NaN, undefined] })).toBe('{"a":[null,null]}');
    expect(() => canonicalJson({ f: () => 1 })).toThrow(TypeError);
  });
});

describe('hashes', () => {
  it('are SHA-256 (FIPS 180-4 example)', () => {
    expect(sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });

  it('are the same in pieces and at once', () => {
    const hasher = createHasher();
    hasher.update('a');
    hasher.update(new Uint8Array([98, 99]));
    expect(hasher.hex()).toBe(sha256Hex('abc'));
  });
});

describe('random streams', () => {
  it('depend on seed and purpose alone', () => {
    const first = randomStream(1, 'weights');
    const again = randomStream(1, 'weights');
    expect(Array.from({ length: 5 }, () => first.uniform())).toEqual(
      Array.from({ length: 5 }, () => again.uniform()),
    );
    expect(randomStream(2, 'weights').uniform()).not.toBe(randomStream(1, 'weights').uniform());
    expect(randomStream(1, 'order').uniform()).not.toBe(randomStream(1, 'weights').uniform());
    expect(randomStream('1', 'order').uniform()).not.toBe(randomStream(1, 'order').uniform());
  });

  it('have pinned first numbers: a change orphans every stored result', () => {
    const random = randomStream('golden', 'stream', 7);
    expect([
      random.uniform(),
      random.uniform(),
      random.integer({ minimum: 0, maximum: 999 }),
    ]).toMatchInlineSnapshot(`
      [
        0.48791783628985286,
        0.8893040318507701,
        967,
      ]
    `);
    expect(random.normal()).toMatchInlineSnapshot(`2.722613375566522`);
  });

  it('give integers of the whole range, ends included, evenly', () => {
    const random = randomStream('integers');
    const counts = new Array<number>(6).fill(0);
    for (let i = 0; i < 60_000; i++) {
      const n = random.integer({ minimum: 0, maximum: 5 });
      counts[n] = (counts[n] ?? 0) + 1;
    }
    const chiSquare = counts.reduce((sum, count) => sum + ((count - 10_000) * (count - 10_000)) / 10_000, 0);
    expect(chiSquare).toBeLessThan(20.5); // 0.999 quantile with 5 degrees of freedom
    expect(() => random.integer({ minimum: 2, maximum: 1 })).toThrow(RangeError);
  });

  it('give normal deviates of mean 0 and variance 1', () => {
    const random = randomStream('normal');
    const values = Array.from({ length: 40_000 }, () => random.normal());
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    const variance = values.reduce((sum, x) => sum + (x - mean) * (x - mean), 0) / values.length;
    expect(Math.abs(mean)).toBeLessThan(0.02);
    expect(Math.abs(variance - 1)).toBeLessThan(0.03);
  });

  it('shuffle into a permutation and leave the input alone', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.integer({ min: 0 }), (items, seed) => {
        const before = [...items];
        const shuffled = randomStream(seed, 'shuffle').shuffle(items);
        expect(items).toEqual(before);
        expect([...shuffled].sort((a, b) => a - b)).toEqual([...items].sort((a, b) => a - b));
      }),
    );
  });

  it('refuse to choose from nothing', () => {
    expect(() => randomStream(1).choose([])).toThrow(RangeError);
  });
});

describe('errors', () => {
  it('list all problems with their places', () => {
    const error = new InputError([
      { message: 'a is wrong', file: 'x.yaml', line: 3, column: 5 },
      { message: 'b is missing' },
    ]);
    expect(error.message).toBe('x.yaml:3:5 a is wrong\nb is missing');
    expect(new InputError('plain').problems).toEqual([{ message: 'plain' }]);
  });

  it('say where training diverged and what it did before', () => {
    const error = new DivergenceError({
      optimizerStep: 12,
      lastLossesNats: [2.5, 9.1],
      what: 'the loss is NaN',
    });
    expect(error.message).toContain('step 12');
    expect(error.message).toContain('2.500, 9.100');
  });
});

describe('atomic files', () => {
  it('are whole, and leave nothing beside them', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tinypoison-'));
    const path = join(folder, 'deep', 'file.txt');
    writeFileAtomic(path, 'one');
    writeFileAtomic(path, 'two');
    expect(readFileSync(path, 'utf8')).toBe('two');
    expect(readdirSync(join(folder, 'deep'))).toEqual(['file.txt']);
  });

  it('leave no temporary file when writing fails', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tinypoison-'));
    mkdirSync(join(folder, 'taken'));
    expect(() => writeFileAtomic(join(folder, 'taken'), 'a folder stands here')).toThrow();
    expect(readdirSync(folder)).toEqual(['taken']);
  });

  it('have hashes that identify their value', () => {
    expect(hashValue({ a: 1, b: 2 })).toBe(hashValue({ b: 2, a: 1 }));
  });
});
