import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
let copy: string;

beforeEach(() => {
  copy = mkdtempSync(join(tmpdir(), 'build-dist-'));
  cpSync(join(root, 'scripts/build-dist.mjs'), join(copy, 'scripts/build-dist.mjs'));
  const compilerOptions = { target: 'ES2023', module: 'NodeNext', types: [], rootDir: 'src', outDir: 'dist' };
  writeFileSync(join(copy, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['src'] }));
  writeFileSync(join(copy, 'package.json'), '{ "type": "module" }');
  mkdirSync(join(copy, 'src/part'), { recursive: true });
  writeFileSync(join(copy, 'src/part/a.ts'), 'export const a: number = 1;\n');
  writeFileSync(join(copy, 'src/part/a.wasm'), 'asset');
  writeFileSync(join(copy, 'src/part/a.c'), 'source');
  mkdirSync(join(copy, 'dist'));
  writeFileSync(join(copy, 'dist/old.js'), 'old');
});

afterEach(() => {
  rmSync(copy, { recursive: true, force: true });
});

function build(): { status: number | null; output: string } {
  const run = spawnSync(process.execPath, [join(copy, 'scripts/build-dist.mjs')], { encoding: 'utf8' });
  return { status: run.status, output: run.stdout + run.stderr };
}

function installTypescript(): void {
  mkdirSync(join(copy, 'node_modules'));
  symlinkSync(join(root, 'node_modules/typescript'), join(copy, 'node_modules/typescript'), 'junction');
}

describe('building dist/', () => {
  test('compiles, copies assets but no sources, removes what was there, and prints nothing', () => {
    installTypescript();
    expect(build()).toEqual({ status: 0, output: '' });
    expect(readFileSync(join(copy, 'dist/part/a.js'), 'utf8')).toContain('export const a = 1;');
    expect(readFileSync(join(copy, 'dist/part/a.wasm'), 'utf8')).toBe('asset');
    expect(existsSync(join(copy, 'dist/part/a.c'))).toBe(false);
    expect(existsSync(join(copy, 'dist/old.js'))).toBe(false);
  });

  test.skipIf(process.platform === 'win32')(
    'leaves the program executable, as npx expects it of one that it linked before',
    () => {
      installTypescript();
      mkdirSync(join(copy, 'src/cli'));
      writeFileSync(join(copy, 'src/cli/main.ts'), '#!/usr/bin/env node\n');
      expect(build()).toEqual({ status: 0, output: '' });
      expect(statSync(join(copy, 'dist/cli/main.js')).mode & 0o111).toBe(0o111);
    },
  );

  test('leaves the old dist/ where the sources do not compile, and says why', () => {
    installTypescript();
    writeFileSync(join(copy, 'src/part/a.ts'), 'export const a: number = ;\n');
    const { status, output } = build();
    expect(status).toBe(1);
    expect(output).toContain('a.ts(1,26): error TS1109');
    expect(existsSync(join(copy, 'dist/old.js'))).toBe(true);
  });

  test('keeps dist/ where TypeScript is not installed', () => {
    expect(build()).toEqual({ status: 0, output: '' });
    expect(existsSync(join(copy, 'dist/old.js'))).toBe(true);
  });

  test('without TypeScript and without dist/ says what to do', () => {
    rmSync(join(copy, 'dist'), { recursive: true });
    const { status, output } = build();
    expect(status).toBe(1);
    expect(output).toMatch(/TypeScript is not installed.*npm ci/);
  });
});
