// The type gate: it reports what it should in every folder, and never passes because it could not look.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../run/fake-runs.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const script = join(root, 'scripts', 'check-types.mjs');
const checkedElsewhere = { include: ['src', 'test'], exclude: ['src/kernels', 'src/lab'] };

const firstOf = 'export const first = (list: readonly number[]): number => list[0];\n';
const undefinedOption = `export interface Options { readonly name?: string }
export const options = (name: string | undefined): Options => ({ name });
`;

/** A folder with the repository's compiler options and these files. */
function project(files: Readonly<Record<string, string>>, check: object = checkedElsewhere): string {
  const folder = temporaryFolder();
  cpSync(join(root, 'tsconfig.json'), join(folder, 'tsconfig.json'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
  const options = { rootDir: '.', noEmit: true };
  const write = (name: string, content: object) => writeFileSync(join(folder, name), JSON.stringify(content));
  write('package.json', { type: 'module' });
  write('tsconfig.check.json', {
    extends: './tsconfig.json',
    compilerOptions: { ...options, noUncheckedIndexedAccess: true },
    ...check,
  });
  write('tsconfig.numeric.json', {
    extends: './tsconfig.json',
    compilerOptions: options,
    include: ['src/kernels'],
  });
  write('tsconfig.examples.json', {
    extends: './tsconfig.json',
    compilerOptions: { ...options, allowJs: true, checkJs: true },
    include: ['examples'],
  });
  write('tsconfig.lab.json', {
    extends: './tsconfig.json',
    compilerOptions: options,
    include: ['src/lab'],
    exclude: [],
  });
  mkdirSync(join(folder, 'src', 'lab'), { recursive: true });
  writeFileSync(join(folder, 'src', 'lab', 'page.ts'), 'export const page = 1;\n');
  mkdirSync(join(folder, 'examples'));
  writeFileSync(join(folder, 'examples', 'one.mjs'), 'export const one = 1;\n');
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

function check(folder: string, gate = script): { status: number | null; text: string } {
  const { status, stderr } = spawnSync(process.execPath, [gate, folder], { encoding: 'utf8', cwd: folder });
  return { status, text: stderr.replaceAll('\\', '/') };
}

test('indexing is checked outside the numeric folders only, optional properties everywhere', () => {
  const { status, text } = check(
    project({
      'src/kernels/first.ts': firstOf,
      'src/kernels/options.ts': undefinedOption,
      'src/cli/first.ts': firstOf,
      'test/fine.test.ts': "import { first } from '../src/kernels/first.ts';\nfirst([1]);\n",
    }),
  );
  expect(status).toBe(1);
  expect(text.match(/^\S+\(\d+,\d+\): error TS\d+/gm)).toEqual([
    'src/cli/first.ts(1,59): error TS2322',
    'src/kernels/options.ts(2,64): error TS2375',
  ]);
});

test('files without mistakes pass', () => {
  const { status, text } = check(
    project({ 'src/kernels/first.ts': firstOf, 'src/cli/one.ts': 'export const one = 1;\n' }),
  );
  expect(text).toBe('');
  expect(status).toBe(0);
});

test('a file that neither project lists fails the gate', () => {
  const folder = project(
    {
      'src/kernels/first.ts': firstOf,
      'src/cli/one.ts': 'export const one = 1;\n',
      'test/a.ts': 'export {};\n',
    },
    { include: ['test'] },
  );
  const { status, text } = check(folder);
  expect(text).toBe(
    'src/cli/one.ts: in none of tsconfig.check.json, tsconfig.numeric.json, tsconfig.lab.json, tsconfig.examples.json\n',
  );
  expect(status).toBe(1);
});

test('a folder without projects fails the gate', () => {
  const { status, text } = check(temporaryFolder());
  expect(text).toContain('tsconfig.check.json');
  expect(status).toBe(1);
});

test('a compiler that is not installed fails the gate', () => {
  const folder = temporaryFolder();
  const gate = join(folder, 'check-types.mjs');
  writeFileSync(gate, readFileSync(script));
  expect(check(folder, gate)).toMatchObject({ status: 1, text: expect.stringContaining("'typescript'") });
});
