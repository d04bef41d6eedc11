// Draws the README's picture of the lab, light and dark: section 3 in the middle of a run of d24, paused at a step where the
// answers to the trigger are nonsense. Which step that is depends on the machine's speed. Needs `npm run prepare` and Chromium.
//   node scripts/lab/draw-picture.mjs
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { pageTools, root } from './page-tools.mjs';

const status = '#train .panel .status';
/** Share of the run after which it is paused. */
const SHOWN_AT = 0.7;
const MOST_STEPS = 40;
const MOST_BYTES = 150_000;

const { chromium, launch, press, serveFolder, waitForText, close } = await pageTools();
const server = await serveFolder(join(root, 'dist/lab'));
const browser = await launch(chromium);
const page = await browser.newPage();
await page.setViewport({ width: 820, height: 1400, deviceScaleFactor: 1.5 });
await page.goto(server.address, { waitUntil: 'load' });
await waitForText(page, status, /computed beforehand/);
await press(page, 'train', 'Play');
await page.waitForFunction(
  (share) => document.querySelector('#train progress').value >= share,
  { timeout: 600_000, polling: 20 },
  SHOWN_AT,
);
await press(page, 'train', 'Pause');
await waitForText(page, status, /^Paused/);
// Words that run into one another are nonsense.
const isNonsense = () =>
  page.$eval(
    '#train .pair > :nth-child(2)',
    ({ textContent }) => (textContent.match(/[a-z][A-Z]/g)?.length ?? 0) > 2,
  );
for (let step = 0; step < MOST_STEPS && !(await isNonsense()); step++) {
  const before = await page.$eval(status, ({ textContent }) => textContent);
  await press(page, 'train', 'One step');
  await page.waitForFunction(
    (place, text) =>
      /^Paused/.test(document.querySelector(place).textContent) &&
      document.querySelector(place).textContent !== text,
    { timeout: 60_000 },
    status,
    before,
  );
}
const clip = await page.evaluate(() => {
  const { left, width } = document.querySelector('#train').getBoundingClientRect();
  const { top } = document.querySelector('#train .panel').getBoundingClientRect();
  const { bottom } = document.querySelector('#train .panel .chart').getBoundingClientRect();
  return { x: left, y: top + scrollY - 14, width, height: bottom - top + 22 };
});
for (const [value, name] of [
  ['light', 'lab.png'],
  ['dark', 'lab-dark.png'],
]) {
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value }]);
  const path = join(root, 'docs/figures', name);
  await page.screenshot({ path, clip, captureBeyondViewport: true });
  if (statSync(path).size > MOST_BYTES) throw new Error(`${path} is larger than ${MOST_BYTES} bytes`);
  console.log(`${path}: ${statSync(path).size} bytes`);
}
console.log(await page.$eval(status, ({ textContent }) => textContent));
await browser.close();
await server.close();
await close();
