// The lab for everybody: axe (WCAG 2.2 A and AA), narrow screens.
import { describe, expect, test } from 'vitest';
import { violations } from './axe-violations.ts';
import { chromium, firefox } from './browsers.ts';
import { openWatched, useLab } from './lab-page.ts';

const lab = useLab(chromium);

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

// Firefox's reader wishes light or dark for all pages.
describe.each([{ dark: false }, { dark: true }])('the lab is accessible in Firefox, dark $dark', ({
  dark,
}) => {
  const lab = useLab(firefox, { firefox: { dark, reducedMotion: true } });

  test.skipIf(lab.skip)('axe finds nothing, nothing scrolls sideways, at 1280 and 390 px', async () => {
    const { page } = await openWatched(lab.browser, lab.server.address);
    expect(await page.evaluate(() => matchMedia('(prefers-color-scheme: dark)').matches)).toBe(dark);
    for (const width of [1280, 390]) {
      await page.setViewport({ width, height: 900 });
      expect(await violations(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    }
    await page.close();
  });
});
