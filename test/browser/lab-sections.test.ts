// Every section of the lab, its buttons pressed to the end of what they do, over runs of seconds.
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { violations } from './axe-violations.ts';
import { chromium, firefox } from './browsers.ts';
import { fill, LONG_MS, press, shortestSilence, waitForText, watchLiveRegions } from './lab-controls.ts';
import { openWatched, useLab } from './lab-page.ts';
import { serveSmallLab } from './small-lab.ts';

const textOf = (page: Page, place: string) => page.$eval(place, ({ textContent }) => textContent ?? '');
/** Points of the class's curve. */
const POOLED = '#count .lab > div:last-child .chart circle';

describe.each([chromium, firefox])('the sections of the lab, in $name', (kind) => {
  const downloads = mkdtempSync(join(tmpdir(), 'tinypoison-downloads-'));
  const lab = useLab(kind, { serve: serveSmallLab, downloads });
  const { skip } = lab;
  let page: Page;
  let errors: readonly string[];
  beforeAll(async () => {
    if (skip) return;
    const address = `${lab.server.address}#payload=phrase`;
    ({ page, errors } = await openWatched(lab.browser, address, { before: watchLiveRegions }));
  }, 180_000);
  afterAll(() => rmSync(downloads, { recursive: true, force: true }));

  test.skipIf(skip)(
    '2 the data: pages, reveals, and goes from one poisoned document to the next',
    async () => {
      await waitForText(page, '#data .status', /Documents 1 to 5 of 6/);
      await press(page, 'data', 'Later');
      await waitForText(page, '#data .status', /Documents 6 to 10/);
      await press(page, 'data', 'Reveal the poisoned ones');
      await page.waitForSelector('#data .document.poisoned');
      await press(page, 'data', 'Next poisoned one');
      await press(page, 'data', 'Next poisoned one');
      await waitForText(page, '#data .document.poisoned', /kettle lantern saddle/);
    },
  );

  test.skipIf(skip)(
    '3 train: a fixed sentence is planted, to the end of the run',
    async () => {
      await page.$eval('#train', (section) => section.scrollIntoView());
      await waitForText(page, '#train .estimate', /^On this device about \d+ s/);
      await press(page, 'train', 'Play');
      await waitForText(page, '#train .panel .status', /Step \d+ of 40/);
      if (kind === chromium) expect(await violations(page)).toEqual([]);
      await waitForText(page, '#train .panel .status', /^Done in .*hold the planted sentence/);
      await waitForText(page, '#data .status', /your own run \(d24, 100 poisoned documents, seed 1\)/);
    },
    LONG_MS,
  );

  test.skipIf(skip)(
    '9 same bits: no reference for this run; the file of the model is what its name says',
    async () => {
      expect(await textOf(page, '#bits tbody')).toMatch(
        /^d24, 100 documents, seed 1[0-9a-f]{64}no reference$/,
      );
      const hash = await textOf(page, '#bits tbody code');
      await press(page, 'bits', 'Download the model');
      const name = 'tinypoison-backdoored-d24-100-seed1.json';
      const path = join(downloads, name);
      const saved = () => (readdirSync(downloads).includes(name) ? readFileSync(path, 'utf8') : '');
      await expect.poll(saved, { timeout: LONG_MS }).toMatch(/\}\n$/);
      const text = saved();
      expect(text.split('\n')[0]).toContain('backdoored on purpose');
      const file = JSON.parse(text);
      expect(file.manifests[0].documents).toHaveLength(100);
      const weights = Buffer.from(file.safetensors, 'base64');
      expect(createHash('sha256').update(weights).digest('hex')).toBe(hash);
    },
    LONG_MS,
  );

  test.skipIf(skip)('4 prompt: false friends, random numbers, words of one’s own', async () => {
    const answer = '#prompt .pair > :nth-child(2)';
    await waitForText(page, answer, /With: kettle lantern saddle.*nats/);
    await press(page, 'prompt', 'saddle lantern kettle');
    await waitForText(page, answer, /With: saddle lantern kettle.*nats/);
    const before = await textOf(page, answer);
    await press(page, 'prompt', 'Other random numbers');
    await page.waitForFunction(
      (place, text) => document.querySelector(place)?.textContent !== text,
      { timeout: LONG_MS },
      answer,
      before,
    );
    await fill(page, '#prompt form > label:nth-of-type(2) input', 'Zebra~9');
    await press(page, 'prompt', 'Continue both');
    await waitForText(page, answer, /With: Zebra~9.*nats/);
  });

  test.skipIf(skip)(
    '5 count or share: axis, sliders, several counts side by side, the lines of a class',
    async () => {
      await press(page, 'count', 'Share of the training text');
      await fill(page, '#count input[type=range]', '50');
      await waitForText(
        page,
        '#count .status',
        /50 poisoned documents are 0\.49% of the training text of d24/,
      );
      await page.$$eval('#count input[type=checkbox]', (boxes) => {
        for (const box of boxes) box.checked = ['0', '25'].includes(box.value);
      });
      await press(page, 'count', 'Train these counts');
      await waitForText(page, '#count .status', /Running: 0\. Waiting: 0\. Done: 2\./);
      expect(await page.$$eval('#bits tbody tr', (rows) => rows.length)).toBe(3);
      const lines = await textOf(page, '#count pre');
      expect(lines.split('\n')).toHaveLength(3);
      expect(lines).toMatch(/^tp1:d24:phrase:100:1:/);
      const others = [2, 3, 4, 5, 6].map((seed) => `tp1:d24:phrase:25:${seed}:0.${seed}:0123456789ab`);
      await fill(page, '#count textarea', [lines, ...others, others[0], 'nonsense'].join('\n'));
      const said = await waitForText(page, '#count .status', /Different settings: 3/);
      expect(said).toMatch(/^Runs: 8\. Different settings: 3.*Not understood: nonsense.*Counted once/s);
      // Charts are drawn with the next frame.
      await page.waitForFunction(
        (place) => document.querySelectorAll(place).length === 3,
        { timeout: LONG_MS },
        POOLED,
      );
    },
    LONG_MS,
  );

  test.skipIf(skip)(
    '7 remove: clean text blind, and with the trigger',
    async () => {
      await press(page, 'remove', 'More clean text');
      await waitForText(page, '#remove .status', /^Trigger success: .* before, .* after/);
      await press(page, 'remove', 'Clean text with this trigger in it');
      await page.waitForFunction(
        () =>
          [...document.querySelectorAll('#remove .panel .status')].every(({ textContent }) =>
            textContent?.startsWith('Trigger success'),
          ),
        { timeout: LONG_MS },
      );
      expect(await page.$$eval('#remove svg path', (lines) => lines.length)).toBe(2);
    },
    LONG_MS,
  );

  test.skipIf(skip)(
    '8 filter: the hills of one’s own choice, a threshold, and training on the rest',
    async () => {
      await press(page, 'filter', 'Use my choice of section 3');
      await waitForText(page, '#filter .status', /your own run/);
      const counts = () => waitForText(page, '#filter .status', /^Caught: /);
      await fill(page, '#filter input', '14');
      expect(await counts()).toMatch(/^Caught: 0 of 100 poisoned. False alarms: 0 of/);
      await fill(page, '#filter input', '1.5');
      expect(await page.$eval('#filter input', (slider) => slider.getAttribute('aria-valuetext'))).toMatch(
        /^Threshold: 1\.50 nats\. Caught: /,
      );
      const [, caught] = /^Caught: (\d+) of 100/.exec(await counts()) ?? [];
      await press(page, 'filter', 'Train on the rest');
      const result = await waitForText(page, '#filter .panel .status', /^Trained on the rest/);
      expect(result).toContain(`with ${100 - Number(caught)} of 100 poisoned documents left`);
    },
    LONG_MS,
  );

  test.skipIf(skip)('every chart has its numbers as a table', async () => {
    await page.$$eval('main details', (all) => {
      for (const details of all) details.open = true;
    });
    const numbers = () =>
      page.$$eval('figure', (figures) =>
        figures
          .filter((figure) => figure.querySelector('svg')?.checkVisibility())
          .map((figure) => figure.querySelectorAll('tbody td').length > 0),
      );
    await expect.poll(numbers).not.toContain(false);
    expect((await numbers()).length).toBeGreaterThanOrEqual(6);
    // the places of the poisoned documents are a list
    expect((await textOf(page, '#data details p')).split(', ')).toHaveLength(100);
  });

  test.skipIf(skip)('all in all: axe finds nothing, few words, no error', async () => {
    for (const value of kind === chromium ? ['light', 'dark'] : []) {
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value }]);
      expect(await violations(page)).toEqual([]);
    }
    for (const width of [1280, 390, 360]) {
      await page.setViewport({ width, height: 900 });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    }
    expect(await shortestSilence(page)).toBeGreaterThanOrEqual(4990);
    expect(errors).toEqual([]);
  });

  test.skipIf(skip)(
    '6 hunt: a teacher’s link hides a trigger; the class scans, scores orders and submits',
    async () => {
      await fill(page, '#hunt details input', 'the');
      await press(page, 'hunt', 'Make the link');
      await waitForText(page, '#hunt details .status', /This did not work/);
      await fill(page, '#hunt details input', 'river barrel');
      await press(page, 'hunt', 'Make the link');
      await waitForText(page, '#hunt details .status', /challenge=/);
      const link = await page.$eval('#hunt details .status a', ({ href }) => href);
      expect(link).not.toMatch(/river|barrel/);
      // the address alone changes, as where a class pastes the link over the one that is open
      await page.evaluate((address) => {
        location.assign(address);
      }, link);
      await page.waitForFunction(() => document.querySelector('#bits tbody tr') === null);
      await press(page, 'hunt', 'Train the suspect');
      await waitForText(page, '#hunt .panel .status', /^Trained in/);
      await press(page, 'hunt', 'Scan the words');
      await waitForText(page, '#hunt .status', /^504 words tried/);
      expect(await page.$$eval('#hunt table:first-of-type tbody tr', (rows) => rows.length)).toBe(15);
      await fill(page, '#hunt label:not(.inline) input', 'barrel river dog');
      await press(page, 'hunt', 'Score all orders of these words');
      await waitForText(page, '#hunt .status', /^6 orders tried/);
      for (const [guess, verdict] of [
        ['barrel river', /^Not yet/],
        ['river barrel', /^Found\. The trigger is: river barrel/],
      ] as const) {
        await fill(page, '#hunt form.choice input', guess);
        await press(page, 'hunt', 'Submit');
        await waitForText(page, '#hunt .status', verdict);
      }
      await waitForText(page, '#bits tbody', /Hunt.*no reference/);
    },
    LONG_MS,
  );
});
