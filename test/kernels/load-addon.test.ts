import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadCompiled } from '../../src/kernels/native/load-addon.ts';
import { readPrebuilt } from '../../src/kernels/native/prebuilt.ts';

let root: string;
let folder: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'addon-'));
  folder = join(root, 'build', 'native');
  mkdirSync(folder, { recursive: true });
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function reasonFor(stamp: Record<string, unknown> | string, addon?: string): string {
  writeFileSync(join(folder, 'tinypoison.json'), typeof stamp === 'string' ? stamp : JSON.stringify(stamp));
  if (addon !== undefined) writeFileSync(join(folder, 'tinypoison.node'), addon);
  const result = loadCompiled(root);
  return 'reason' in result ? result.reason : 'it loads';
}

const report = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
const linuxLibc = report.header.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
const here = {
  platform: process.platform,
  arch: process.arch,
  libc: process.platform === 'linux' ? linuxLibc : 'system',
  nodeApi: 8,
};

describe('an addon that cannot be used is refused with the reason and a remedy', () => {
  test('it was never built', () => {
    const result = loadCompiled(root);
    expect(result).toEqual({ reason: expect.stringMatching(/have not been built; .*npm ci/) });
  });

  test.each([
    [{ ...here, platform: 'sunos' }, /another system \(platform sunos, here/],
    [{ ...here, arch: 'sparc' }, /arch sparc, here/],
    [{ ...here, libc: 'newlib' }, /libc newlib, here/],
    [{ ...here, nodeApi: 1 }, /nodeApi 1, here 8/],
  ])('it was built for another system: %o', (stamp, message) => {
    expect(reasonFor(stamp, 'never read')).toMatch(message);
  });

  test('it is no library', () => {
    expect(reasonFor(here, 'not a library')).toMatch(/do not load \(.+\); .*npm ci/);
  });

  test('it is missing beside its description', () => {
    expect(reasonFor(here)).toMatch(/do not load/);
  });

  test.each([
    '{"platform":',
    '{}',
    'null',
    JSON.stringify({ ...here, nodeApi: '8' }),
  ])('its description is damaged: %s', (stamp) => {
    expect(reasonFor(stamp, 'never read')).toMatch(/tinypoison\.json is damaged; .*npm ci/);
  });
});

describe('a prebuilt addon', () => {
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

  /** A program with one C source and one prebuilt addon. */
  function install(changes: { sources?: string; sha256?: string; manifest?: string } = {}) {
    for (const path of ['src/kernels/c', 'src/kernels/native', 'prebuilt'])
      mkdirSync(join(root, path), { recursive: true });
    writeFileSync(join(root, 'src/kernels/c/k.c'), 'int k;\n');
    writeFileSync(join(root, 'src/kernels/native/notes.md'), 'not a source');
    writeFileSync(join(root, 'prebuilt/here-x64.node'), 'library');
    const manifest = {
      sources: changes.sources ?? sha256('\0k.c\0int k;\n'),
      addons: { 'here-x64': { sha256: changes.sha256 ?? sha256('library') } },
    };
    writeFileSync(join(root, 'prebuilt/prebuilt.json'), changes.manifest ?? JSON.stringify(manifest));
  }

  test('of these sources is used', () => {
    install();
    expect(readPrebuilt(root, 'here-x64')).toEqual({ file: 'prebuilt/here-x64.node' });
  });

  test('is not used once a source has changed', () => {
    install();
    writeFileSync(join(root, 'src/kernels/c/k.c'), 'int k = 1;\n');
    expect(readPrebuilt(root, 'here-x64')).toEqual({ reason: expect.stringMatching(/older sources/) });
  });

  test('may come as a package, whose bytes are held against the same hash', () => {
    install();
    const own = join(root, 'node_modules/@tinypoison/here-x64');
    mkdirSync(own, { recursive: true });
    renameSync(join(root, 'prebuilt/here-x64.node'), join(own, 'tinypoison.node'));
    const file = 'node_modules/@tinypoison/here-x64/tinypoison.node';
    expect(readPrebuilt(root, 'here-x64')).toEqual({ file });
    writeFileSync(join(own, 'tinypoison.node'), 'library of another release');
    expect(readPrebuilt(root, 'here-x64')).toEqual({ reason: expect.stringMatching(/of another release/) });
  });

  test.each([
    ['that is not what was built', { sha256: 'f'.repeat(64) }, 'here-x64', /here-x64\.node is damaged/],
    ['of a damaged list', { manifest: '{"sources": 1, "addons": {}}' }, 'here-x64', /json is damaged/],
    ['of a list cut short', { manifest: '{"sources":' }, 'here-x64', /prebuilt.json is damaged/],
    ['of another platform', {}, 'there-arm64', /prebuilt for there-arm64/],
    ['of a platform named like a property', {}, 'toString', /prebuilt for toString/],
  ])('%s is not used', (_, changes, platform, reason) => {
    install(changes);
    expect(readPrebuilt(root, platform)).toEqual({ reason: expect.stringMatching(reason) });
  });

  test('that is missing is not used', () => {
    install();
    rmSync(join(root, 'prebuilt/here-x64.node'));
    expect(readPrebuilt(root, 'here-x64')).toEqual({
      reason: expect.stringMatching(/neither prebuilt\/here-x64\.node nor the package @tinypoison\/here-x64/),
    });
    expect(readPrebuilt(join(root, 'nowhere'), 'here-x64')).toHaveProperty('reason');
  });
});
