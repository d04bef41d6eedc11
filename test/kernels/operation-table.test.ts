import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as table from '../../src/kernels/operations.ts';

const root = new URL('../../', import.meta.url);

test('operations.h is what scripts/generate-operations.mjs makes of operations.ts', async () => {
  const script = new URL('scripts/generate-operations.mjs', root).href;
  const { operationsHeader } = (await import(script)) as { operationsHeader: (t: typeof table) => string };
  const header = readFileSync(new URL('src/kernels/c/operations.h', root), 'utf8');
  expect(header).toBe(operationsHeader(table));
});
