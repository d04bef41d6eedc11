// The lab as it is used: without a network once it is loaded, by keyboard alone, in German, in a frame of another page, in a
// tab behind another. Runs of seconds.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import de from '../../src/lab/text/de.json' with { type: 'json' };
import { chromium, firefox } from './browsers.ts';
import {
  fill,
  fillStorage,
  forbidStorage,
  LONG_MS,
  press,
  pressByKey,
  tabTo,
  tabToField,
  waitForText,
} from './lab-controls.ts';
import { openWatched, useLab } from './lab-page.ts';
import { serveSmallLab } from './small-lab.ts';

const status = '#train .panel .status';

/** A page of another origin that shows an address in a frame. */
async function serveFrame(address: string): Promise<{ server: Server; frame: string }> {
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(`<title>school</title><iframe width="900" height="700" src="${address}"></iframe>`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, frame: `http://localhost:${(server.address() as AddressInfo).port}/` };
}

describe.each([chromium, firefox])('the lab in use, in $name', (kind) => {
  const lab = useLab(kind, { serve: serveSmallLab });

  test.skipIf(lab.skip)(
    'without a network once it is loaded: trains with a trigger of one’s own, and several counts',
    async () => {
      const own = await serveSmallLab();
      const { page, errors } = await openWatched(lab.browser, own.address);
      await expect
        .poll(() => own.requested.filter((path) => /ranks/.test(path)), { timeout: LONG_MS })
        .toHaveLength(1);
      // what is loaded when the page is idle is loaded in this order, the ranks last
      await new Promise((wake) => setTimeout(wake, 1000));
      await own.close();
      await fill(page, '#train form input[type=text]', 'Zebra~9');
      await press(page, 'train', 'Play');
      await waitForText(page, status, /^Done in/);
      await page.$$eval('#count input[type=checkbox]', (boxes) => {
        for (const box of boxes) box.checked = ['0', '25'].includes(box.value);
      });
      await press(page, 'count', 'Train these counts');
      await waitForText(page, '#count .status', /Running: 0\. Waiting: 0\. Done: 2\./);
      expect(errors.filter((error) => !/Failed to load resource|NetworkError|ERR_CONN/.test(error))).toEqual(
        [],
      );
      await page.close();
    },
    LONG_MS,
  );

  test.skipIf(lab.skip)(
    'by keyboard alone, without storage: through all sections',
    async () => {
      const options = { before: forbidStorage };
      const { page, errors } = await openWatched(lab.browser, lab.server.address, options);
      await waitForText(page, '#train .panel .status', /computed beforehand/);
      await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
      await pressByKey(page, 'predict', 'about 200');
      await waitForText(page, '#predict .status', /^Your guess is noted: about 200/);
      await pressByKey(page, 'data', 'Reveal the poisoned ones');
      await page.waitForSelector('#data .document.poisoned');
      await tabTo(page, 'train', 'Play');
      await page.keyboard.press('Enter');
      await waitForText(page, status, /^Step \d+ of 40|^Done/);
      await page.keyboard.press(' ');
      await waitForText(page, status, /^Paused at step \d+|^Done/);
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      await page.keyboard.down('Shift');
      await page.keyboard.press('Tab');
      await page.keyboard.up('Shift');
      expect(await page.evaluate(() => document.activeElement?.textContent)).toMatch(/Go on|Play/);
      await page.keyboard.press('Enter');
      await waitForText(page, status, /^Done in/);
      await pressByKey(page, 'prompt', 'saddle lantern kettle');
      await waitForText(page, '#prompt .pair > :nth-child(2)', /With: saddle lantern kettle.*nats/);
      await pressByKey(page, 'count', 'Share of the training text');
      await tabToField(page, '#count input[type=range]');
      await page.keyboard.press('End');
      await waitForText(page, '#count .status', /^250 poisoned documents are/);
      await pressByKey(page, 'hunt', 'Train the suspect');
      await waitForText(page, '#hunt .panel .status', /^Trained in/);
      await pressByKey(page, 'hunt', 'Scan the words');
      await waitForText(page, '#hunt .status', /^504 words tried/);
      await pressByKey(page, 'hunt', 'Score all orders of these words');
      await waitForText(page, '#hunt .status', /^6 orders tried/);
      await tabToField(page, '#hunt form.choice input');
      await page.keyboard.type('violin barrel pebble');
      await page.keyboard.press('Enter');
      await waitForText(page, '#hunt .status', /^Found\. The trigger is: violin barrel pebble/);
      await pressByKey(page, 'remove', 'More clean text');
      await waitForText(page, '#remove .status', /^Trigger success: .* after/);
      await tabToField(page, '#filter input[type=range]');
      await page.keyboard.press('Home');
      await waitForText(page, '#filter .status', /^Caught: 100 of 100/);
      await pressByKey(page, 'filter', 'Use my choice of section 3');
      await waitForText(page, '#filter .status', /your own run/);
      await tabTo(page, 'bits', 'Download the model');
      expect(errors).toEqual([]);
      await page.close();
    },
    LONG_MS,
  );

  test.skipIf(lab.skip)(
    'where storage is full: trains to the end, says which file was not written, keeps nothing anyhow',
    async () => {
      const { page, errors } = await openWatched(lab.browser, lab.server.address, { before: fillStorage });
      await press(page, 'train', 'Play');
      await waitForText(page, status, /^Done in/);
      await press(page, 'bits', 'Download the model');
      await waitForText(page, '#bits .status', /^This did not work: full/);
      expect(await page.$eval('#bits .lab', ({ textContent }) => textContent)).toContain('keeps nothing');
      await press(page, 'prompt', 'saddle lantern kettle');
      await waitForText(page, '#prompt .pair > :nth-child(2)', /With: saddle lantern kettle.*nats/);
      const kept = await page.evaluate(async () => [
        localStorage.length,
        sessionStorage.length,
        document.cookie.length,
        (await indexedDB.databases()).length,
        (await caches.keys()).length,
      ]);
      expect(kept).toEqual([0, 0, 0, 0, 0]);
      expect(errors).toEqual([]);
      await page.close();
    },
    LONG_MS,
  );

  test.skipIf(lab.skip)(
    'the training text is paged through while a model trains: here, while it is paused',
    async () => {
      const { page, errors } = await openWatched(lab.browser, lab.server.address);
      await waitForText(page, '#data .status', /^Documents 1 to 5/);
      await waitForText(page, status, /computed beforehand/);
      // Pause at once, before the worker is there
      await page.$eval('#train .panel button.primary', (play) => {
        play.click();
        play.click();
      });
      await waitForText(page, status, /^Paused at step \d+/);
      // what was computed beforehand ends with document 80
      for (let pressed = 0; pressed < 16; pressed++) await press(page, 'data', 'Later');
      await waitForText(page, '#data .status', /^Documents 81 to 85/);
      await press(page, 'train', 'Go on');
      await waitForText(page, status, /^Done in/);
      expect(errors).toEqual([]);
      await page.close();
    },
    LONG_MS,
  );

  test.skipIf(lab.skip)(
    'in German: every word, numbers with a comma, and settings that outlive a link and a choice of language',
    async () => {
      const { page, errors } = await openWatched(lab.browser, `${lab.server.address}#count=50&hide=filter`);
      await waitForText(page, status, /computed beforehand/);
      await page.click('nav a[href="#count"]');
      expect(await page.evaluate(() => location.hash)).toBe('#count=50&hide=filter');
      await page.click('#tools a[lang=de]');
      await page.waitForFunction(() => document.documentElement.lang === 'de');
      await waitForText(page, status, new RegExp(de['train.example'].slice(0, 20)));
      expect(await page.evaluate(() => location.hash)).toBe('#count=50&lang=de&hide=filter');
      expect(await page.$('#filter')).toBeNull();
      const wrong = await page.$$eval(
        '[data-t]',
        (elements, texts) =>
          elements
            .map((element) => [element.getAttribute('data-t') ?? '', element.textContent ?? ''] as const)
            .filter(([key, text]) => {
              const wanted = (texts as Record<string, string>)[key] ?? '';
              return !wanted.includes('{') && wanted !== text;
            }),
        de,
      );
      expect(wrong).toEqual([]);
      await press(page, 'train', 'Start');
      await waitForText(page, status, /^Fertig in .*: Nach dem Auslöser/);
      await waitForText(page, '#prompt .pair', /Überraschung \d+,\d\d Nats/);
      await waitForText(page, '#bits tbody', /kein Vergleich/);
      expect(errors).toEqual([]);
      await page.close();
    },
    LONG_MS,
  );

  test.skipIf(lab.skip)(
    'in a frame of another page, and behind another tab: trains without head and foot',
    async () => {
      const { server: school, frame } = await serveFrame(`${lab.server.address}#embed=1&hide=predict,data`);
      const { page, errors } = await openWatched(lab.browser, frame);
      const handle = await page.waitForSelector('iframe');
      const inside = await handle?.contentFrame();
      if (!inside) throw new Error('the frame is empty');
      await inside.waitForFunction(() =>
        /computed/.test(document.querySelector('#train .status')?.textContent ?? ''),
      );
      const shown = await inside.evaluate(() => ({
        heads: [...document.querySelectorAll('header > *, footer')].filter((e) => e.checkVisibility()).length,
        sections: document.querySelectorAll('section').length,
      }));
      expect(shown).toEqual({ heads: 0, sections: 7 });
      await inside.$eval('#train button.primary', (button) => button.click());
      const front = await lab.browser.newPage();
      await front.bringToFront();
      await front.goto('about:blank');
      await inside.waitForFunction(
        () => /^Done in/.test(document.querySelector('#train .panel .status')?.textContent ?? ''),
        { timeout: LONG_MS, polling: 200 },
      );
      expect(errors).toEqual([]);
      await front.close();
      await page.close();
      await new Promise((resolve) => {
        school.close(resolve);
        school.closeAllConnections();
      });
    },
    LONG_MS,
  );
});
