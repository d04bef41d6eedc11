import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

// A compiler for tests: logs what it is asked, knows what FAKE_REFUSES does not match, writes what -o names.
const FAKE_COMPILER = `
import { appendFileSync, writeFileSync } from 'node:fs';
const args = process.argv.slice(2);
if (args[0] === '--version') { console.log('fake compiler 1.0'); process.exit(0); }
appendFileSync(process.env.FAKE_LOG, args.join(' ') + '\\n');
if (process.env.FAKE_REFUSES && new RegExp(process.env.FAKE_REFUSES).test(args.join(' '))) {
  console.error('In file included from x.h:\\nx.c:7: error: this cannot be compiled');
  process.exit(1);
}
writeFileSync(args[args.indexOf('-o') + 1], args.join(' '));
`;

let copy: string;

beforeEach(() => {
  copy = mkdtempSync(join(tmpdir(), 'build-native-'));
  for (const path of [
    'scripts/build-native.mjs',
    'scripts/compile-kernels.mjs',
    'src/kernels/c',
    'src/kernels/native',
  ]) {
    cpSync(join(root, path), join(copy, path), { recursive: true });
  }
  mkdirSync(join(copy, 'node_modules'));
  const headers = 'node_modules/node-api-headers';
  symlinkSync(join(root, headers), join(copy, headers), 'junction');
  writeFileSync(join(copy, 'fake.mjs'), FAKE_COMPILER);
});

afterEach(() => {
  rmSync(copy, { recursive: true, force: true });
});

function build(environment: Record<string, string>): { status: number | null; lines: string[] } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(copy, 'scripts/build-native.mjs')], {
    encoding: 'utf8',
    env: { PATH: join(copy, 'nothing'), FAKE_LOG: join(copy, 'log'), ...environment },
  });
  return { status, lines: `${stdout}${stderr}`.split('\n').filter((line) => line !== '') };
}

const fake = () => ({ CC: `${process.execPath} ${join(copy, 'fake.mjs')}` });
const commands = () => readFileSync(join(copy, 'log'), 'utf8').trim().split('\n');
const addon = () => join(copy, 'build/native/tinypoison.node');

const isSupported = process.platform !== 'win32' && ['x64', 'arm64'].includes(process.arch);

describe.skipIf(!isSupported)('building the native kernels', () => {
  test('without a compiler says in one line that WebAssembly is used and what would be faster', () => {
    const { status, lines } = build({});
    expect(status).toBe(0);
    expect(lines).toEqual([expect.stringMatching(/no C compiler .* WebAssembly .*`npm ci` builds native/)]);
    expect(existsSync(join(copy, 'build'))).toBe(false);
  });

  test('without a compiler names the prebuilt kernels where they are of these sources', async () => {
    const { hashSources } = (await import(pathToFileURL(join(copy, 'scripts/compile-kernels.mjs')).href)) as {
      hashSources: () => { digest: (encoding: 'hex') => string };
    };
    mkdirSync(join(copy, 'prebuilt'));
    const names = ['', '-glibc', '-musl'].map((libc) => `${process.platform}-${process.arch}${libc}`);
    const addons = Object.fromEntries(names.map((name) => [name, { sha256: '' }]));
    const manifest = JSON.stringify({ sources: hashSources().digest('hex'), addons });
    writeFileSync(join(copy, 'prebuilt/prebuilt.json'), manifest);
    expect(build({}).lines).toEqual([expect.stringMatching(/WebAssembly/)]);
    for (const name of names) writeFileSync(join(copy, `prebuilt/${name}.node`), '');
    expect(build({}).lines).toEqual([
      expect.stringMatching(/no C compiler was found, so the prebuilt native/),
    ]);
    expect(build({ TINYPOISON_PREBUILT: 'no' }).lines).toEqual([expect.stringMatching(/WebAssembly/)]);
    writeFileSync(join(copy, 'src/kernels/c/kernels.h'), '// changed');
    expect(build({}).lines).toEqual([expect.stringMatching(/WebAssembly/)]);
  });

  test('with a $CC that does not run names it, and looks for no other', () => {
    const { status, lines } = build({ CC: 'no-such-compiler --fast' });
    expect(status).toBe(0);
    expect(lines).toEqual([expect.stringMatching(/CC=no-such-compiler --fast does not run, .* WebAssembly/)]);
  });

  test('with sources that do not compile gives the first error in one line and leaves nothing', () => {
    const { status, lines } = build({ ...fake(), FAKE_REFUSES: 'kernels\\.c' });
    expect(status).toBe(0);
    expect(lines).toEqual([
      expect.stringMatching(/WebAssembly kernels will be used \(x\.c:7: error: this cannot/),
    ]);
    expect(existsSync(addon())).toBe(false);
    expect(existsSync(join(copy, 'build/native/tinypoison.json'))).toBe(false);
  });

  test('with a compiler that knows nothing says so', () => {
    expect(build({ ...fake(), FAKE_REFUSES: '.' }).lines).toEqual([
      expect.stringMatching(/none of the instruction sets/),
    ]);
  });

  test('compiles every instruction set without fused or reassociated arithmetic', () => {
    const { status, lines } = build(fake());
    expect(status).toBe(0);
    expect(lines).toEqual([expect.stringMatching(/native kernels built for .* with fake compiler 1\.0/)]);
    const kernels = commands().filter((command) => command.includes('kernels.c'));
    expect(kernels.length).toBe(process.arch === 'x64' ? 3 : 1);
    for (const command of kernels) {
      expect(command).toContain('-ffp-contract=off');
      expect(command).not.toMatch(/fast/);
    }
    expect(JSON.parse(readFileSync(join(copy, 'build/native/tinypoison.json'), 'utf8'))).toMatchObject({
      platform: process.platform,
      arch: process.arch,
      compiler: 'fake compiler 1.0',
    });
  });

  test('does nothing when nothing has changed, and builds again when a source has', () => {
    build(fake());
    const before = commands().length;
    expect(build(fake())).toEqual({ status: 0, lines: [] });
    expect(commands()).toHaveLength(before);
    writeFileSync(join(copy, 'src/kernels/c/kernels.h'), '// changed');
    expect(build(fake()).lines).toHaveLength(1);
    expect(commands().length).toBeGreaterThan(before);
  });

  test('builds again when the addon is gone', () => {
    build(fake());
    rmSync(addon());
    build(fake());
    expect(existsSync(addon())).toBe(true);
  });

  test.skipIf(process.arch !== 'x64')('leaves out an instruction set that the compiler does not know', () => {
    const { lines } = build({ ...fake(), FAKE_REFUSES: 'x86-64-v4|avx512f' });
    expect(lines).toEqual([expect.stringMatching(/built for sse2, avx2 with/)]);
  });
});
