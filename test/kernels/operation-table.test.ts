import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { operations } from '../../src/kernels/operations.ts';

test('the C source has the operations of operations.ts: the same order, the same arguments', () => {
  const source = readFileSync(new URL('../../src/kernels/c/operations.h', import.meta.url), 'utf8');
  const table = [...source.matchAll(/^ {2}OPERATION\((.*?)\)/gm)].map(([, row]) =>
    (row as string).split(', '),
  );
  expect(table).toEqual(Object.entries(operations).map(([name, args]) => [name, ...args]));
});
