// Draws the README's pictures of the lab, light and dark: section 3 as the page opens, with the run that was computed
// beforehand. Needs `npm run prepare` and Chromium.
//   node scripts/lab/draw-picture.mjs
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { pageTools, root } from './page-tools.mjs';

const MOST_BYTES = 150_000;

const { chromium, launch, serveFolder, waitForText, close } = await pageTools();
const server = await serveFolder(join(root, 'dist/lab'));
const browser = await launch(chromium);
const page = await browser.newPage();
await page.setViewport({ width: 820, height: 1400, deviceScaleFactor: 1.5 });
await page.goto(server.address, { waitUntil: 'load' });
await waitForText(page, '#train .panel .status', /computed beforehand/);
await page.waitForSelector('#train figure svg');
const clip = await page.evaluate(() => {
  const { left, width } = document.querySelector('#train').getBoundingClientRect();
  const { top } = document.querySelector('#train .panel').getBoundingClientRect();
  const { top: bottom } = document.querySelector('#train figure details').getBoundingClientRect();
  return { x: left, y: top + scrollY - 14, width, height: bottom - top + 14 };
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
await browser.close();
await server.close();
await close();
