// How fast the browser lab is, in headless Chromium: loading under throttling (10 Mbit/s, 40 ms, a processor four times
// slower), then a run without it. Times depend on the machine: never part of a test. Needs `npm run prepare`.
//   node bench/lab.mjs [--sizes d24,d32] [--loads 5] [--json]
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { loadavg } from 'node:os';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import puppeteer from 'puppeteer-core';

const lab = join(dirname(dirname(fileURLToPath(import.meta.url))), 'dist/lab');
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};
const MEGABIT = 1e6 / 8;
const THROTTLED = { download: 10 * MEGABIT, upload: 10 * MEGABIT, latency: 40 };
const SLOWER = 4;
const LONG_MS = 900_000;

const { values: options } = parseArgs({
  options: {
    sizes: { type: 'string', default: 'd24,d32' },
    loads: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
  },
});

/** The folder as a static host sends it: compressed. */
function serve() {
  const files = new Map(
    readdirSync(lab, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path.slice(lab.length), gzipSync(readFileSync(path))]),
  );
  return createServer((request, response) => {
    const path = request.url.replace(/[?#].*/, '').replace(/\/$/, '/index.html');
    const body = files.get(path);
    if (body === undefined) return response.writeHead(404).end();
    const type = TYPES[extname(path)] ?? 'application/octet-stream';
    return response.writeHead(200, { 'content-type': type, 'content-encoding': 'gzip' }).end(body);
  });
}

const sorted = (values) => [...values].sort((a, b) => a - b);
const quantile = (values, share) =>
  sorted(values)[Math.min(values.length - 1, Math.floor(share * values.length))];
const median = (values) => quantile(values, 0.5);

/** First paint and the moment when the first section's buttons are there, in ms. */
async function measureLoad(browser, address) {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  await page.setCacheEnabled(false);
  await page.emulateNetworkConditions(THROTTLED);
  await page.emulateCPUThrottling(SLOWER);
  await page.evaluateOnNewDocument(() => {
    const look = () => {
      if (document.querySelector('#predict button')) window.interactiveMs = performance.now();
      else requestAnimationFrame(look);
    };
    look();
  });
  await page.goto(address, { waitUntil: 'load', timeout: LONG_MS });
  await page.waitForFunction(() => window.interactiveMs !== undefined, { timeout: LONG_MS });
  const found = await page.evaluate(() => ({
    paintMs: performance.getEntriesByName('first-contentful-paint')[0]?.startTime,
    interactiveMs: window.interactiveMs,
  }));
  await context.close();
  return found;
}

/** Watches frames and long tasks of the main thread, and when the first pair of samples is another. */
function watch() {
  const seen = { frames: [], longTasks: [], startMs: performance.now(), pairMs: undefined };
  window.seen = seen;
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) seen.longTasks.push(duration);
  }).observe({ type: 'longtask' });
  let last = performance.now();
  const frame = (now) => {
    seen.frames.push(now - last);
    last = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  const pair = () => document.querySelector('#train .pair')?.textContent;
  const first = pair();
  const timer = setInterval(() => {
    if (pair() === first) return;
    seen.pairMs = performance.now() - seen.startMs;
    clearInterval(timer);
  }, 20);
}

const waitForStatus = (page, pattern) =>
  page.waitForFunction(
    (text) => new RegExp(text).test(document.querySelector('#train .panel .status')?.textContent ?? ''),
    { timeout: LONG_MS, polling: 20 },
    pattern,
  );

/** One run of a size, with a pause in the middle. */
async function measureRun(browser, address, size) {
  const page = await browser.newPage();
  await page.goto(`${address}#size=${size}`, { waitUntil: 'load' });
  await page.$eval('#train', (section) => section.scrollIntoView());
  await page.waitForFunction(
    () => /^On this device/.test(document.querySelector('#train .estimate')?.textContent ?? ''),
    {
      timeout: LONG_MS,
    },
  );
  await page.evaluate(watch);
  const press = () => page.$eval('#train .panel button.primary', (button) => button.click());
  await press();
  await waitForStatus(page, '^Step ');
  const pauseStart = performance.now();
  await press();
  await waitForStatus(page, '^Paused');
  const pauseMs = performance.now() - pauseStart;
  await press();
  await waitForStatus(page, '^Done');
  const { frames, longTasks, pairMs, doneMs } = await page.evaluate(() => ({
    ...window.seen,
    doneMs: performance.now() - window.seen.startMs,
  }));
  await page.close();
  return {
    size,
    firstPairMs: pairMs,
    doneMs,
    pauseMs,
    frameP95Ms: quantile(frames, 0.95),
    longTasks: longTasks.length,
    longestTaskMs: Math.max(0, ...longTasks),
  };
}

const server = serve();
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const address = `http://127.0.0.1:${server.address().port}/`;
const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
  protocolTimeout: LONG_MS,
});
const loads = [];
for (let time = 0; time < Number(options.loads); time++) loads.push(await measureLoad(browser, address));
const runs = [];
for (const size of options.sizes.split(',').filter(Boolean))
  runs.push(await measureRun(browser, address, size));
await browser.close();
server.close();

const load = {
  paintMs: median(loads.map(({ paintMs }) => paintMs)),
  interactiveMs: median(loads.map(({ interactiveMs }) => interactiveMs)),
};
const found = { loadAverage: loadavg()[0], load, runs };
if (options.json) console.log(JSON.stringify(found, null, 2));
else {
  const ms = (value) => (value === undefined ? 'none' : `${Math.round(value)} ms`);
  console.log(`load average of this machine: ${found.loadAverage.toFixed(1)}`);
  console.log(
    `throttled, median of ${loads.length}: first paint ${ms(load.paintMs)}, interactive ${ms(load.interactiveMs)}`,
  );
  for (const run of runs)
    console.log(
      `${run.size}: first pair ${ms(run.firstPairMs)}, done ${ms(run.doneMs)}, pause ${ms(run.pauseMs)}, ` +
        `p95 frame ${ms(run.frameP95Ms)}, tasks above 50 ms: ${run.longTasks}, longest ${ms(run.longestTaskMs)}`,
    );
}
