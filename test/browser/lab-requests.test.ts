// What the lab loads: its own files, no other origin, no report of its policy; and how much.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromium, firefox, isMissing, launch } from './browsers.ts';
import { openWatched, serveLab } from './lab-page.ts';
import type { LocalServer } from './local-server.ts';

const lab = resolve('dist/lab');
const single = resolve('dist/lab-single.html');
const assets = readdirSync(join(lab, 'assets'));
const named = (pattern: RegExp) => assets.filter((name) => pattern.test(name));

describe('the size of the lab', () => {
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
  const skip = isMissing(kind);
  let browser: Browser;
  let server: LocalServer;
  beforeAll(async () => {
    if (skip) return;
    server = await serveLab();
    browser = await launch(kind);
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  test.skipIf(skip)('loads without an error, from its own origin alone', async () => {
    const { page, requests, errors } = await openWatched(browser, server.address);
    expect(requests.length).toBeGreaterThan(2);
    expect(requests.filter((address) => !address.startsWith(server.address))).toEqual([]);
    expect(errors).toEqual([]);
    await page.close();
  });

  test.skipIf(skip)('loads as one file from a disk, without a request', async () => {
    const address = pathToFileURL(single).href;
    const { page, requests, errors } = await openWatched(browser, address);
    expect(requests.filter((other) => other !== address && !/^(blob|data):/.test(other))).toEqual([]);
    expect(errors).toEqual([]);
    await page.close();
  });
});
