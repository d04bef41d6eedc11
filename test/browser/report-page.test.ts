// The report page in browsers: what is folded is found by links, keys, readers of screens, and on paper, without a script.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeReport } from '../../src/report/make-report.ts';
import { SIZES, syntheticRecords } from '../analyse/synthetic-records.ts';
import { violations } from './axe-violations.ts';
import { chromium, firefox, isMissing, launch } from './browsers.ts';

const folder = mkdtempSync(join(tmpdir(), 'tinypoison-report-page-'));
const address = pathToFileURL(join(folder, 'index.html')).href;

beforeAll(() => {
  mkdirSync(folder, { recursive: true });
  const records = syntheticRecords({ sizes: SIZES.slice(0, 2), seeds: [1], counts: [0, 50, 100] });
  const { page } = makeReport({
    experiment: { name: 'folded', configText: 'name: folded\n', records },
    environment: { version: '0.1.0', node: '20', engine: 'wasm', revision: null },
  });
  writeFileSync(join(folder, 'index.html'), page);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Whether the element can be seen: it is not in what is folded. */
const isShown = (page: Page, selector: string) =>
  page.$eval(selector, (element) => element.checkVisibility());

/** Ids, or words, of folds whose content cannot be seen. */
const hidden = (page: Page) =>
  page.$$eval('details', (folds) =>
    folds
      .filter((fold) => fold.lastElementChild?.checkVisibility() === false)
      .map((fold) => fold.lastElementChild?.id || fold.textContent.slice(0, 30)),
  );

describe.each([chromium, firefox])('the report page in $name', (program) => {
  const skip = isMissing(program);
  let browser: Browser;
  beforeAll(async () => {
    if (!skip) browser = await launch(program);
  }, 120_000);
  afterAll(() => browser?.close());

  const open = async (fragment = '', width = 1280) => {
    const page = await browser.newPage();
    await page.setViewport({ width, height: 900 });
    await page.goto(`${address}${fragment}`);
    return page;
  };

  test.skipIf(skip)('opens with verdict, figure and caveat; the rest is folded', async () => {
    const page = await open();
    for (const seen of ['.path', '.verdict', '#success-by-count', '#basis', '.caveat'])
      expect(await isShown(page, seen), seen).toBe(true);
    expect(await isShown(page, '#near-triggers')).toBe(false);
    expect(await hidden(page)).toEqual(
      expect.arrayContaining(['count', 'trigger', 'clean-text', 'texts', 'numbers', 'certainty', 'check']),
    );
    await page.close();
  });

  test.skipIf(skip)('a link into a fold opens it, from outside and from the page itself', async () => {
    const page = await open('#near-triggers');
    expect(await isShown(page, '#near-triggers')).toBe(true);
    for (const target of ['#limits', '#count']) {
      expect(await isShown(page, target)).toBe(false);
      await page.$eval(`a[href="${target}"]`, (link) => link.click());
      await page.waitForFunction((id) => document.querySelector(id)?.checkVisibility(), {}, target);
    }
    await page.close();
  });

  test.skipIf(skip)('every link of the page leads to something', async () => {
    const page = await open();
    const targets = await page.$$eval('a', (links) => links.map((link) => link.getAttribute('href') ?? ''));
    expect(targets.length).toBeGreaterThan(4);
    for (const target of targets) expect(await page.$(target), target).not.toBeNull();
    await page.close();
  });

  test.skipIf(skip)('keys open a question, and everything at once', async () => {
    const page = await open();
    await page.focus('summary:has(+ #count)');
    await page.keyboard.press('Enter');
    expect(await hidden(page)).not.toContain('count');
    await page.focus('#open-all');
    await page.keyboard.press(' ');
    expect(await hidden(page)).toEqual([]);
    await page.close();
  });

  test.skipIf(skip).each([500, 1280])(
    'axe finds nothing at %s px, folded and unfolded; nothing scrolls sideways',
    async (width) => {
      const page = await open('', width);
      expect(await violations(page)).toEqual([]);
      await page.$$eval('details', (folds) => {
        for (const fold of folds) fold.open = true;
      });
      expect(await violations(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      await page.close();
    },
  );
});

describe.skipIf(chromium.path === undefined)('the report page on paper', () => {
  test('shows everything that is folded, and not what only a screen needs', async () => {
    const browser = await launch(chromium);
    const page = await browser.newPage();
    await page.goto(address);
    const folded = await hidden(page);
    expect(folded.length).toBeGreaterThan(8);
    await page.emulateMediaType('print');
    expect(await hidden(page)).toEqual([]);
    expect(await isShown(page, '#open-all')).toBe(false);
    await browser.close();
  });
});
