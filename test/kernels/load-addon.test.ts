import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadAddonFrom } from '../../src/kernels/native/load-addon.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'addon-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function reasonFor(stamp: Record<string, unknown> | string, addon?: string): string {
  writeFileSync(join(folder, 'tinypoison.json'), typeof stamp === 'string' ? stamp : JSON.stringify(stamp));
  if (addon !== undefined) writeFileSync(join(folder, 'tinypoison.node'), addon);
  const result = loadAddonFrom(folder);
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
    const result = loadAddonFrom(folder);
    expect(result).toEqual({ reason: expect.stringMatching(/have not been built; .*npm ci/) });
  });

  test.each([
    [{ ...here, platform: 'sunos' }, /another system \(platform sunos, here/],
    [{ ...here, arch: 'sparc' }, /arch sparc, here/],
    [{ ...here, libc: 'newlib' }, /libc newlib, here/],
    [{ ...here, nodeApi: 1 }, /nodeApi 1, here 8/],
    [{}, /another system/],
  ])('it was built for another system: %o', (stamp, message) => {
    expect(reasonFor(stamp, 'never read')).toMatch(message);
  });

  test('it is no library', () => {
    expect(reasonFor(here, 'not a library')).toMatch(/do not load \(.+\); .*npm ci/);
  });

  test('it is missing beside its description', () => {
    expect(reasonFor(here)).toMatch(/do not load/);
  });

  test('its description is damaged', () => {
    expect(reasonFor('{"platform":')).toMatch(/do not load/);
  });
});
