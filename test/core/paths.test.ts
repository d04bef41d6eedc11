import { posix } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { extensionOf, posixPaths } from '../../src/core/paths.ts';

const path = fc
  .array(fc.constantFrom('/', '.', '..', 'a', 'file.yaml', '.gz', 'a..b', 'x.'), { maxLength: 7 })
  .map((parts) => parts.join('').replaceAll(/\/+/g, '/'));

describe('paths without a file system', () => {
  test('are what node:path says, where the current folder is the root', () => {
    fc.assert(
      fc.property(path, path, (a, b) => {
        expect(posixPaths.isAbsolute(a)).toBe(posix.isAbsolute(a));
        expect(posixPaths.dirname(a)).toBe(posix.dirname(a));
        expect(posixPaths.basename(a)).toBe(posix.basename(a));
        expect(posixPaths.extname(a)).toBe(posix.extname(a));
        expect(posixPaths.resolve(a, b)).toBe(posix.resolve('/', a, b));
        const joined = posix.join(a, b);
        expect(posixPaths.join(a, b)).toBe(joined.length > 1 ? joined.replace(/\/$/, '') : joined);
      }),
      { numRuns: 2000 },
    );
  });

  test('have an ending whichever slash separates their parts', () => {
    expect(extensionOf('C:\\data.d\\corpus.JSONL')).toBe('.JSONL');
    expect(extensionOf('/data.d/corpus')).toBe('');
    expect(extensionOf('/data/.gz')).toBe('');
    expect(extensionOf('corpus.jsonl.gz')).toBe('.gz');
  });
});
