// A run in the lab's page, as a reader starts it: the bits of the command line, no request while it goes on, few words to
// screen readers; from a folder and from one file.
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'puppeteer-core';
import { describe, expect, test } from 'vitest';
import { chromium, firefox, sleepFor } from './browsers.ts';
import { playOnceTimed, verdict } from './lab-controls.ts';
import { openWatched, useLab } from './lab-page.ts';

const LONG_MS = 900_000;
const single = pathToFileURL(resolve('dist/lab-single.html')).href;

const training = (page: Page) =>
  page.waitForFunction(
    () => {
      const progress = document.querySelector<HTMLProgressElement>('#train progress');
      return progress !== null && !progress.hidden && progress.value > 0;
    },
    { timeout: LONG_MS },
  );

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
      await playOnceTimed(page);
      await training(page);
      const before = lab.server.requested.length;
      if (kind === chromium) await freeze(page);
      await sleepFor(lab.browser, 2000);
      expect(await page.$eval('#train progress', ({ hidden }) => hidden)).toBe(false);
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
      await playOnceTimed(page);
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

/** The tab alone is frozen for two seconds, as browsers do with one in the background. */
async function freeze(page: Page): Promise<void> {
  const session = await page.createCDPSession();
  await session.send('Page.setWebLifecycleState', { state: 'frozen' });
  await new Promise((wake) => setTimeout(wake, 2000));
  await session.send('Page.setWebLifecycleState', { state: 'active' });
  await session.detach();
}
