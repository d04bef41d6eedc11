// The lab for everybody: axe (WCAG 2.2 A and AA), narrow screens.
import axe from 'axe-core';
import type { Page } from 'puppeteer-core';
import { describe, expect, test } from 'vitest';
import { chromium } from './browsers.ts';
import { openWatched, useLab } from './lab-page.ts';

const STANDARDS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

const lab = useLab(chromium);

/** What axe finds wrong, one line each. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const found = await page.evaluate(async (values) => {
    const { axe: inPage } = window as unknown as { axe: typeof axe };
    const { violations: list } = await inPage.run(document, { runOnly: { type: 'tag', values } });
    return list.map(({ id, nodes }) => [id, ...nodes.map(({ target }) => target.join(' '))]);
  }, STANDARDS);
  return found.map((words) => words.join(': '));
}

describe.skipIf(lab.skip)('the lab is accessible', () => {
  test.each([
    { dark: false, width: 1280 },
    { dark: true, width: 1280 },
    { dark: false, width: 390 },
    { dark: true, width: 390 },
  ])('axe finds nothing, dark $dark, $width px', async ({ dark, width }) => {
    const { page } = await openWatched(lab.browser, lab.server.address, {
      dark,
      viewport: { width, height: 900 },
    });
    expect(await violations(page)).toEqual([]);
    await page.close();
  });

  test('axe would find something', async () => {
    const { page } = await openWatched(lab.browser, lab.server.address);
    await page.evaluate(() => {
      document.body.append(document.createElement('button'));
    });
    expect(await violations(page)).toEqual([expect.stringContaining('button-name')]);
    await page.close();
  });

  test.each([360, 390, 768, 1280])('nothing scrolls sideways at %s px', async (width) => {
    const { page } = await openWatched(lab.browser, lab.server.address, { viewport: { width, height: 800 } });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    await page.close();
  });
});
