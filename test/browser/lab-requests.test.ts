// What the lab loads: its own files, no other origin, no report of its policy; and how much.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { chromium, firefox } from './browsers.ts';
import { openWatched, useLab } from './lab-page.ts';

const lab = resolve('dist/lab');
const single = resolve('dist/lab-single.html');
const assets = readdirSync(join(lab, 'assets'));
const named = (pattern: RegExp) => assets.filter((name) => pattern.test(name));
const gzipped = (names: readonly string[]) =>
  names.reduce((sum, name) => sum + gzipSync(readFileSync(join(lab, name))).length, 0);
const inAssets = (names: readonly string[]) => names.map((name) => `assets/${name}`);

/** What goes over a network: data and blobs are part of the page. */
const isRequest = (address: string) => !/^(blob|data):/.test(address);

describe('the size of the lab', () => {
  const isLate = /ranks/;
  const workers = inAssets(named(/^worker-.*\.js$/));
  const kernels = inAssets(named(/\.wasm$/));
  const rest = inAssets(assets.filter((name) => !isLate.test(name)))
    .filter((name) => !workers.includes(name) && !kernels.includes(name))
    .concat('index.html');

  test('is within its budgets, in bytes after gzip', () => {
    expect(workers).toHaveLength(1);
    expect(kernels).toHaveLength(1);
    const page = gzipped(['index.html', ...inAssets(named(/^index-.*\.(js|css)$/))]);
    expect(page).toBeLessThanOrEqual(50_000);
    expect(gzipped(workers)).toBeLessThanOrEqual(100_000);
    expect(gzipped(kernels)).toBeLessThanOrEqual(30_000);
    expect(gzipped([...workers, ...kernels, ...rest])).toBeLessThanOrEqual(250_000);
  });

  test('as one file is at most 1.5 MB', () => {
    expect(statSync(single).size).toBeLessThanOrEqual(1_500_000);
  });

  test('holds no import of Node', () => {
    const scripts = named(/\.js$/).map((name) => readFileSync(join(lab, 'assets', name), 'utf8'));
    expect(scripts.length).toBeGreaterThan(2);
    for (const code of scripts) expect(code).not.toMatch(/\b(from|import|require)\s*\(?\s*["'`]node:/);
  });
});

describe.each([chromium, firefox])('the lab in $name', (kind) => {
  const lab = useLab(kind);

  test.skipIf(lab.skip)('loads without an error, from its own origin alone', async () => {
    const { page, requests, errors } = await openWatched(lab.browser, lab.server.address);
    expect(requests.length).toBeGreaterThan(2);
    expect(
      requests.filter((address) => !address.startsWith(lab.server.address) && isRequest(address)),
    ).toEqual([]);
    expect(errors).toEqual([]);
    await page.close();
  });

  test.skipIf(lab.skip)('loads as one file from a disk, without a request', async () => {
    const address = pathToFileURL(single).href;
    const { page, requests, errors } = await openWatched(lab.browser, address);
    expect(requests.filter((other) => other !== address && !/^(blob|data):/.test(other))).toEqual([]);
    expect(errors).toEqual([]);
    await page.close();
  });
});
