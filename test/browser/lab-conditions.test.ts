// The lab under bad conditions: hostile addresses, nonsense that is pasted, storage full or forbidden, no SIMD, no JavaScript;
// by keyboard alone, with less motion, on paper.
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'puppeteer-core';
import { describe, expect, test as plainTest } from 'vitest';
import { randomStream } from '../../src/core/random.ts';
import { chromium, firefox } from './browsers.ts';
import { fillStorage, forbidStorage, press, waitForText } from './lab-controls.ts';
import { openWatched, useLab } from './lab-page.ts';

const SECTIONS = ['predict', 'data', 'train', 'prompt', 'count', 'hunt', 'remove', 'filter', 'bits'];
const isAlive = (page: Page) => page.waitForSelector('#predict button', { timeout: 60_000 });

/** Addresses of nonsense, the same every time. */
function hostileHashes(count: number): string[] {
  const random = randomStream('hostile-hashes');
  const pieces = [
    'size=',
    'count=',
    'seed=',
    'hide=',
    'challenge=',
    'lang=',
    '&',
    '%',
    '%00',
    '=',
    '<script>',
    '🙂',
  ];
  const piece = () => pieces[Math.floor(random.uniform() * pieces.length)] ?? '';
  const letter = () => String.fromCharCode(33 + Math.floor(random.uniform() * 94));
  return Array.from({ length: count }, () =>
    Array.from({ length: 1 + Math.floor(random.uniform() * 20) }, () =>
      random.uniform() < 0.5 ? piece() : letter(),
    ).join(''),
  );
}

describe.each([chromium, firefox])('the lab under bad conditions, in $name', (kind) => {
  const lab = useLab(kind);
  const test = plainTest.skipIf(lab.skip);

  test('opens with any address', async () => {
    const { page, errors } = await openWatched(lab.browser, lab.server.address);
    for (const hash of hostileHashes(25)) {
      await page.goto('about:blank');
      await page.goto(`${lab.server.address}#${hash}`);
      await isAlive(page);
    }
    expect(errors).toEqual([]);
    await page.close();
  });

  test('names lines of a pool that it does not understand', async () => {
    const { page, errors } = await openWatched(lab.browser, lab.server.address);
    await isAlive(page);
    const nonsense = ['tp1:d32:50', '<img src=x onerror=alert(1)>', '\u0000\u0000', 'x'.repeat(5000)].join(
      '\n',
    );
    await page.$eval(
      '#count textarea',
      (field, text) => {
        field.value = text;
        field.dispatchEvent(new Event('input', { bubbles: true }));
        field.dispatchEvent(new Event('change', { bubbles: true }));
      },
      nonsense,
    );
    const said = await page.waitForFunction(
      () => /Not understood: .*tp1:d32:50/s.exec(document.querySelector('#count')?.textContent ?? '')?.[0],
    );
    expect(await said.jsonValue()).toContain('tp1:d32:50');
    expect(await page.$('#count img[src="x"]')).toBeNull();
    expect(errors).toEqual([]);
    await page.close();
  });

  test('works where storage is forbidden', async () => {
    const { page, errors } = await openWatched(lab.browser, lab.server.address, {
      before: forbidStorage,
    });
    await isAlive(page);
    expect(errors).toEqual([]);
    await page.close();
  });

  test('as one file without room to unpack its worker: says so, and shows what was computed before', async () => {
    const single = pathToFileURL(resolve('dist/lab-single.html')).href;
    const { page, errors } = await openWatched(lab.browser, single, { before: fillStorage });
    await page.waitForSelector('#train svg');
    await press(page, 'train', 'Play');
    await waitForText(page, '#train .panel .status', /^This did not work: full/);
    expect(errors).toEqual([]);
    await page.close();
  });

  test('without SIMD says so, and shows what was computed before', async () => {
    const { page, errors } = await openWatched(lab.browser, lab.server.address, {
      before: () => {
        WebAssembly.validate = () => false;
      },
    });
    await page.waitForFunction(() => !document.getElementById('notice')?.hidden);
    expect(await page.$eval('#notice', ({ textContent }) => textContent)).toContain('SIMD');
    await page.waitForSelector('#train svg');
    const play = await page.waitForSelector('#train .panel button.primary');
    await play?.click();
    const said = await page.$eval('#train .panel .status', ({ textContent }) => textContent);
    expect(said).toContain('SIMD');
    expect(errors).toEqual([]);
    await page.close();
  });

  test('everything is reached by keyboard, in order, and shows where the focus is', async () => {
    const { page } = await openWatched(lab.browser, lab.server.address);
    await isAlive(page);
    await page.waitForSelector('#train svg');
    const controls = await page.$$eval('a[href], button, input, select, textarea, summary', (elements) => {
      const usable = elements.filter(
        (element) => element.checkVisibility() && !(element as HTMLButtonElement).disabled,
      );
      usable.forEach((element, place) => {
        element.setAttribute('data-place', String(place));
      });
      return usable.length;
    });
    expect(controls).toBeGreaterThan(30);
    const reached: number[] = [];
    for (let presses = 0; presses < controls + 10; presses++) {
      await page.keyboard.press('Tab');
      const focus = await page.evaluate(() => {
        const element = document.activeElement;
        if (element === null || element === document.body) return null;
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
        const isSeen =
          (outlineStyle !== 'none' && Number.parseFloat(outlineWidth) > 0) || boxShadow !== 'none';
        return { place: Number(element.getAttribute('data-place') ?? -1), isSeen, html: element.outerHTML };
      });
      if (focus === null) break;
      expect(focus.isSeen, focus.html.slice(0, 200)).toBe(true);
      reached.push(focus.place);
    }
    const inOrder = reached.filter((place) => place >= 0);
    expect(inOrder).toEqual([...inOrder].sort((a, b) => a - b));
    expect(new Set(inOrder).size).toBe(controls);
    await page.close();
  });
});

describe('the lab for other readers', () => {
  const lab = useLab(chromium);
  const test = plainTest.skipIf(lab.skip);

  // Firefox cannot be driven without scripts
  test('without JavaScript shows its text, the committed figures and the questions', async () => {
    const { page } = await openWatched(lab.browser, lab.server.address, { scripts: false });
    for (const name of SECTIONS) {
      expect(await page.$eval(`#${name} h2`, ({ textContent }) => textContent?.length)).toBeGreaterThan(3);
      expect(await page.$eval(`#${name} .think`, ({ textContent }) => textContent?.length)).toBeGreaterThan(
        20,
      );
    }
    expect(await page.$$eval('section img', (images) => images.length)).toBeGreaterThanOrEqual(4);
    await page.close();
  });

  test('with reduced motion nothing moves by itself', async () => {
    const { page } = await openWatched(lab.browser, lab.server.address, { reducedMotion: true });
    await isAlive(page);
    const moving = await page.$$eval('*', (elements) =>
      elements
        .filter((element) => {
          const { transitionDuration, animationName, scrollBehavior } = getComputedStyle(element);
          const lasts = transitionDuration.split(',').some((time) => Number.parseFloat(time) > 0.01);
          return lasts || animationName !== 'none' || scrollBehavior === 'smooth';
        })
        .map(({ tagName }) => tagName),
    );
    expect(moving).toEqual([]);
    await page.close();
  });

  test('on paper: dark on white, without controls, with the curve, on a few sheets', async () => {
    const { page } = await openWatched(lab.browser, lab.server.address, { dark: true });
    await page.waitForSelector('#train svg');
    await page.emulateMediaType('print');
    const buttons = await page.$$eval(
      'button',
      (elements) => elements.filter((e) => e.checkVisibility()).length,
    );
    expect(buttons).toBe(0);
    expect(await page.$eval('#train svg', (chart) => chart.checkVisibility())).toBe(true);
    const paper = Buffer.from(await page.pdf({ format: 'A4' })).toString('latin1');
    const sheets = paper.match(/\/Type\s*\/Page\b/g)?.length ?? 0;
    expect(sheets).toBeGreaterThan(1);
    expect(sheets).toBeLessThanOrEqual(7);
    await page.close();
  });
});
