// One experiment, the same bytes: whatever the number of workers, the kernels, the clock, the language, the folder.
import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../run/fake-runs.ts';
import { resultFiles, runProgram, type StartOptions, tinyRun, workplace } from './built-program.ts';

const words = tinyRun;

/** The page without its footer, which names the machine. */
function page(folder: string): string {
  return readFileSync(join(folder, 'results', 'tiny', 'index.html'), 'utf8').replace(
    /<footer>[\s\S]*<\/footer>/,
    '',
  );
}

function resultsOf(extra: readonly string[], options: Partial<StartOptions> = {}): Record<string, string> {
  const folder = options.folder ?? workplace();
  const { status, stderr } = runProgram([...words, ...extra], { ...options, folder });
  expect(status, stderr).toBe(0);
  return { ...resultFiles(folder), page: page(folder) };
}

/** This program in another folder, its packages linked. */
function movedCheckout(folder: string): string {
  mkdirSync(folder, { recursive: true });
  for (const part of ['dist', 'data', 'configs', 'package.json'])
    cpSync(resolve(part), join(folder, part), { recursive: true });
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  return join(folder, 'dist', 'cli', 'main.js');
}

let first: Record<string, string> | undefined;

/** Results of one worker on WebAssembly, which all others are compared with. */
function expected(): Record<string, string> {
  first ??= resultsOf(['--workers', '1', '--engine', 'wasm']);
  expect(first['results.csv']).toContain('poison_documents');
  expect(first.page).toContain('</html>');
  return first;
}

describe('the results of an experiment', () => {
  test('are the same bytes with two workers on whichever kernels are the fastest', () => {
    expect(resultsOf(['--workers', '2'])).toEqual(expected());
  });

  test('are the same bytes in another time zone and language', () => {
    const environment = { TZ: 'Pacific/Apia', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8', LANGUAGE: 'tr' };
    expect(resultsOf(['--workers', '2'], { environment })).toEqual(expected());
  });

  test('are the same bytes from a program and in a folder with other names', () => {
    const moved = join(temporaryFolder(), 'ein Ordner – mit «Zeichen» 🦊');
    const program = movedCheckout(join(moved, 'program'));
    const environment = { TZ: 'America/St_Johns', LC_ALL: 'ar_EG.UTF-8', LC_NUMERIC: 'ar_EG.UTF-8' };
    expect(resultsOf([], { program, environment, folder: workplace({ inside: moved }) })).toEqual(expected());
  });
});
