// The built lab in a browser, watched: what it requests, what it logs, what its policy reports.
import { resolve } from 'node:path';
import type { Browser, Page, Viewport } from 'puppeteer-core';
import { afterAll, beforeAll } from 'vitest';
import { isMissing, type LaunchOptions, launch, type TestBrowser } from './browsers.ts';
import { type LocalServer, serveFolder } from './local-server.ts';

/** A page of the lab under watch. */
export interface WatchedPage {
  readonly page: Page;
  /** Addresses that it requested, its workers' included as far as the browser tells. */
  readonly requests: readonly string[];
  /** Errors: exceptions, the console's, the policy's. */
  readonly errors: readonly string[];
}

/** Serves dist/lab. */
const serveLab = (): Promise<LocalServer> => serveFolder(resolve('dist/lab'));

/** A browser and the served lab, for the tests of one file or group. */
export interface LabUnderTest {
  /** Whether the browser is not installed, and its tests are skipped. */
  readonly skip: boolean;
  browser: Browser;
  server: LocalServer;
}

/**
 * Starts a browser and serves the lab before the tests of this group, and ends both after them.
 * @param options.serve default: dist/lab
 */
export function useLab(
  kind: TestBrowser,
  options: LaunchOptions & { readonly serve?: () => Promise<LocalServer> } = {},
): LabUnderTest {
  const { serve = serveLab, ...launching } = options;
  const lab = { skip: isMissing(kind) } as LabUnderTest;
  beforeAll(async () => {
    if (lab.skip) return;
    lab.server = await serve();
    lab.browser = await launch(kind, launching);
  }, 180_000);
  afterAll(async () => {
    await lab.browser?.close();
    await lab.server?.close();
  });
  return lab;
}

/** How a page is opened. */
export interface OpenOptions {
  readonly viewport?: Viewport;
  readonly dark?: boolean;
  readonly reducedMotion?: boolean;
  readonly scripts?: boolean;
  /** Done in the page before any of its scripts. */
  readonly before?: () => void;
}

/** Opens an address and waits until the page is loaded. */
export async function openWatched(
  browser: Browser,
  address: string,
  options: OpenOptions = {},
): Promise<WatchedPage> {
  const page = await browser.newPage();
  const requests: string[] = [];
  const errors: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('pageerror', (error) =>
    errors.push(`exception: ${error instanceof Error ? error.message : error}`),
  );
  // The policy's reports are errors of the console, too.
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(`console: ${message.text()}`);
  });
  const { viewport = { width: 1280, height: 900 }, dark, reducedMotion, scripts, before } = options;
  await page.setViewport(viewport);
  const features = [
    ...(dark === undefined ? [] : [{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }]),
    ...(reducedMotion ? [{ name: 'prefers-reduced-motion', value: 'reduce' }] : []),
  ];
  if (features.length > 0) await page.emulateMediaFeatures(features);
  if (scripts === false) await page.setJavaScriptEnabled(false);
  if (before !== undefined) await page.evaluateOnNewDocument(before);
  await page.goto(address, { waitUntil: 'load' });
  return { page, requests, errors };
}
