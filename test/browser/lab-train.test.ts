// A run in the lab's page, as a reader starts it: the bits of the command line, no request while it goes on, few words to
// screen readers; from a folder and from one file.
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'puppeteer-core';
import { describe, expect, test } from 'vitest';
import { chromium, firefox } from './browsers.ts';
import { openWatched, useLab } from './lab-page.ts';

const LONG_MS = 900_000;
const single = pathToFileURL(resolve('dist/lab-single.html')).href;

/** Presses Play of the section that trains, once the steps timed before are behind it. */
async function play(page: Page): Promise<void> {
  await page.$eval('#train', (section) => section.scrollIntoView());
  await page.waitForFunction(
    () => /^On this device/.test(document.querySelector('#train .estimate')?.textContent ?? ''),
    {
      timeout: LONG_MS,
    },
  );
  await page.click('#train .panel button.primary');
}

const training = (page: Page) =>
  page.waitForFunction(
    () => {
      const progress = document.querySelector<HTMLProgressElement>('#train progress');
      return progress !== null && !progress.hidden && progress.value > 0;
    },
    { timeout: LONG_MS },
  );

/** What the page says of the run's fingerprint, once it is done. */
async function verdict(page: Page): Promise<string> {
  const cell = await page.waitForSelector('#bits td[class^=verdict]', { timeout: LONG_MS });
  return (await cell?.evaluate(({ className }) => className)) ?? '';
}

/** Times at which the live region said something, from the page. */
function watchAnnouncements(): void {
  const spoken: number[] = [];
  Object.assign(window, { spoken });
  addEventListener('DOMContentLoaded', () => {
    const region = document.getElementById('announcements');
    if (region === null) return;
    new MutationObserver(() => {
      if (region.textContent !== '') spoken.push(performance.now());
    }).observe(region, { childList: true, characterData: true, subtree: true });
  });
}

describe.each([chromium, firefox])('training in the page, in $name', (kind) => {
  const lab = useLab(kind);

  test.skipIf(lab.skip)(
    'from a folder: equal to the published run, without a request while it goes on',
    async () => {
      const { page, errors } = await openWatched(lab.browser, lab.server.address, {
        before: watchAnnouncements,
      });
      await play(page);
      await training(page);
      const before = lab.server.requested.length;
      if (kind === chromium) await freeze(page);
      expect(await verdict(page)).toBe('verdict-equal');
      expect(lab.server.requested.slice(before)).toEqual([]);
      expect(errors).toEqual([]);
      const spoken = await page.evaluate(() => (window as unknown as { spoken: number[] }).spoken);
      expect(spoken.length).toBeGreaterThan(0);
      const gaps = spoken.slice(1).map((time, place) => time - (spoken[place] ?? 0));
      expect(Math.min(5000, ...gaps)).toBeGreaterThanOrEqual(4990);
      await page.close();
    },
    LONG_MS,
  );

  test.skipIf(lab.skip)(
    'from one file: trains, pauses, takes a step, goes on and stops',
    async () => {
      const { page, requests, errors } = await openWatched(lab.browser, single);
      await play(page);
      await training(page);
      const status = () => page.$eval('#train .panel .status', ({ textContent }) => textContent);
      const press = (place: number) =>
        page.$$eval('#train .panel .buttons button', (buttons, at) => buttons[at]?.click(), place);
      const paused = /Paused at step (\d+)/;
      const waitForPause = (after: number) =>
        page.waitForFunction(
          (least) => {
            const text = document.querySelector('#train .panel .status')?.textContent ?? '';
            return Number(/Paused at step (\d+)/.exec(text)?.[1] ?? 0) > least;
          },
          { timeout: LONG_MS },
          after,
        );
      await press(0);
      await waitForPause(0);
      const first = Number(paused.exec((await status()) ?? '')?.[1]);
      await press(1);
      await waitForPause(first);
      expect(Number(paused.exec((await status()) ?? '')?.[1])).toBe(first + 1);
      await press(0);
      await training(page);
      await press(2);
      await page.waitForFunction(
        () => document.querySelector('#train .panel .status')?.textContent?.startsWith('Stopped'),
        { timeout: LONG_MS },
      );
      expect(requests.filter((address) => address !== single && !/^(blob|data):/.test(address))).toEqual([]);
      expect(errors).toEqual([]);
      await page.close();
    },
    LONG_MS,
  );
});

/** The tab sleeps for two seconds, as one in the background or on a laptop that is shut. */
async function freeze(page: Page): Promise<void> {
  const session = await page.createCDPSession();
  await session.send('Page.setWebLifecycleState', { state: 'frozen' });
  await new Promise((wake) => setTimeout(wake, 2000));
  await session.send('Page.setWebLifecycleState', { state: 'active' });
  await session.detach();
}
