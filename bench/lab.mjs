// How large and how fast the browser lab is, in headless Chromium: sizes after gzip, loading under throttling (10 Mbit/s,
// 40 ms, a processor four times slower), then runs without it, each with pauses in between and compared with the published
// one. Beside times of the clock stand processor times, which other work on the machine disturbs less. Times depend on the
// machine: never part of a test. Needs `npm run prepare`. One core: put `taskset -c 0` before it.
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
/** Pauses of a run, spread over its steps. */
const PAUSES = 10;
const LONG_TASK_MS = 50;

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

/** kB after gzip of what the page loads, by part. */
function measureSizes() {
  const files = readdirSync(join(lab, 'assets')).map((name) => join('assets', name));
  const kilobytes = (pattern) =>
    ['index.html', ...files]
      .filter((name) => pattern.test(name))
      .reduce((sum, name) => sum + gzipSync(readFileSync(join(lab, name))).length, 0) / 1000;
  return {
    pageAndStyle: kilobytes(/index/),
    worker: kilobytes(/worker-.*js$/),
    kernels: kilobytes(/wasm$/),
    untilFirstRun: kilobytes(/^(?!.*ranks)/),
    ranks: kilobytes(/ranks/),
  };
}

/** Processor time of all processes of the browser, in ms. */
async function processorMs(browser) {
  const session = await browser.target().createCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return processInfo.reduce((sum, { cpuTime }) => sum + cpuTime * 1000, 0);
}

/** Processor times of the main thread's tasks, in ms, from a trace. */
function taskTimes(trace) {
  const { traceEvents } = JSON.parse(Buffer.from(trace).toString('utf8'));
  const main = new Set(
    traceEvents
      .filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid}/${tid}`),
  );
  return traceEvents
    .filter(({ name, pid, tid }) => name === 'RunTask' && main.has(`${pid}/${tid}`))
    .map(({ tdur = 0 }) => tdur / 1000);
}

/** Presses pause and resume at even distances of a run. @returns how long each pause took to be there, in ms */
async function pauseOften(page, press) {
  const times = [];
  for (let pause = 1; pause <= PAUSES; pause++) {
    const due = pause / (PAUSES + 1);
    await page.waitForFunction(
      (share) => {
        const bar = document.querySelector('#train progress');
        return bar.hidden || bar.value >= share;
      },
      { timeout: LONG_MS, polling: 20 },
      due,
    );
    if (await page.$eval('#train progress', ({ hidden, value }) => hidden || value >= 1)) break;
    times.push(
      await page.evaluate(async () => {
        const status = document.querySelector('#train .panel .status');
        const start = performance.now();
        document.querySelector('#train .panel button.primary').click();
        while (!/^(Paused|Done)/.test(status.textContent)) await new Promise((next) => setTimeout(next, 5));
        return performance.now() - start;
      }),
    );
    const isDone = await page.$eval('#train progress', ({ hidden }) => hidden);
    if (isDone) break;
    await press();
  }
  return times;
}

/** A run of a size, and what the page then says of its bits. */
async function measureRun(browser, address, size) {
  const page = await browser.newPage();
  await page.goto(`${address}#size=${size}`, { waitUntil: 'load' });
  await page.$eval('#train', (section) => section.scrollIntoView());
  await page.waitForFunction(
    () => /^On this device/.test(document.querySelector('#train .estimate')?.textContent ?? ''),
    { timeout: LONG_MS },
  );
  const estimate = await page.$eval('#train .estimate', ({ textContent }) => textContent);
  await page.evaluate(watch);
  await page.tracing.start({ categories: ['disabled-by-default-devtools.timeline'] });
  const processorStart = await processorMs(browser);
  const press = () => page.$eval('#train .panel button.primary', (button) => button.click());
  await press();
  await waitForStatus(page, '^Step ');
  const pauses = await pauseOften(page, press);
  await waitForStatus(page, '^Done');
  const found = await page.evaluate(() => ({
    ...window.seen,
    doneMs: performance.now() - window.seen.startMs,
  }));
  const processor = (await processorMs(browser)) - processorStart;
  const tasks = taskTimes(await page.tracing.stop());
  const cell = await page.waitForSelector('#bits td[class^=verdict]', { timeout: LONG_MS });
  const verdict = await cell.evaluate(({ textContent }) => textContent);
  await page.close();
  return {
    size,
    verdict,
    estimate,
    firstPairMs: found.pairMs,
    doneMs: found.doneMs,
    processorMs: processor,
    pauseMs: { median: median(pauses), longest: Math.max(...pauses) },
    frameP95Ms: quantile(found.frames, 0.95),
    longTasks: found.longTasks.length,
    longestTaskMs: Math.max(0, ...found.longTasks),
    longTasksByProcessor: tasks.filter((ms) => ms > LONG_TASK_MS).length,
    longestTaskProcessorMs: Math.max(0, ...tasks),
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
const found = { loadAverage: loadavg()[0], kilobytes: measureSizes(), load, runs };
if (options.json) console.log(JSON.stringify(found, null, 2));
else {
  const ms = (value) => (value === undefined ? 'none' : `${Math.round(value)} ms`);
  console.log(`load average of this machine: ${found.loadAverage.toFixed(1)}`);
  const { pageAndStyle, worker, kernels, untilFirstRun, ranks } = found.kilobytes;
  console.log(
    `kB after gzip (most): page and style ${pageAndStyle.toFixed(0)} (50), worker ${worker.toFixed(0)} (100), ` +
      `kernels ${kernels.toFixed(0)} (30), all until the first run ${untilFirstRun.toFixed(0)} (250), ranks ${ranks.toFixed(0)}`,
  );
  console.log(
    `throttled, median of ${loads.length}: first paint ${ms(load.paintMs)} (1000), interactive ${ms(load.interactiveMs)} (2000)`,
  );
  const done = { d24: ' (20000)', d32: ' (35000)' };
  for (const run of runs) {
    console.log(
      `${run.size}, ${run.verdict} with the published run: first pair ${ms(run.firstPairMs)} (3000), ` +
        `done ${ms(run.doneMs)}${done[run.size] ?? ''} with ${PAUSES} pauses, processor ${ms(run.processorMs)}; ` +
        `before it the page said: ${run.estimate}`,
    );
    console.log(
      `  pause ${ms(run.pauseMs.median)}, longest ${ms(run.pauseMs.longest)} (200); p95 frame ${ms(run.frameP95Ms)} (20); ` +
        `tasks above ${LONG_TASK_MS} ms (none): ${run.longTasks} by the clock, longest ${ms(run.longestTaskMs)}; ` +
        `${run.longTasksByProcessor} by processor time, longest ${ms(run.longestTaskProcessorMs)}`,
    );
  }
}
