// The built lab in a browser, watched: what it requests, what it logs, what its policy reports.
import { resolve } from 'node:path';
import type { Browser, Page, Viewport } from 'puppeteer-core';
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
export const serveLab = (): Promise<LocalServer> => serveFolder(resolve('dist/lab'));

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
