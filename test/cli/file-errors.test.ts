import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../run/fake-runs.ts';
import { commandLine } from './captured-context.ts';

test.each([
  [['list', '--store', 'file'], /file cannot be used: a part of it is a file, not a folder/],
  [['init', 'file/x.yaml'], /file cannot be used: it is a file, not a folder/],
])('%j names the path that cannot be used, and is no defect of the program', async (words, message) => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'file'), '');
  const { code, err } = await commandLine(words, { folder });
  expect(err).toMatch(message);
  expect(err).not.toContain('defect');
  expect(code).toBe(2);
});
