// Browsers and shells that tests drive: Chromium, Firefox (by WebDriver BiDi), the shell of JavaScriptCore. One that is
// not installed is skipped, aloud.
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import puppeteer, { type Browser } from 'puppeteer-core';
import { say } from '../say.ts';

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return existsSync(path);
  } catch {
    return false;
  }
}

/** Path of the first of these programs that is installed. */
export function findProgram(...names: readonly (string | undefined)[]): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return names
    .filter((name) => name !== undefined)
    .flatMap((name) => (isAbsolute(name) ? [name] : folders.map((folder) => join(folder, name))))
    .find(isProgram);
}

/** A browser that tests may have. */
export interface TestBrowser {
  readonly name: 'Chromium' | 'Firefox';
  /** Undefined where it is not installed. */
  readonly path: string | undefined;
}

export const chromium: TestBrowser = {
  name: 'Chromium',
  path: findProgram(process.env.CHROMIUM, 'chromium', 'chromium-browser', 'google-chrome'),
};
export const firefox: TestBrowser = {
  name: 'Firefox',
  path: findProgram(process.env.FIREFOX, 'firefox-esr', 'firefox'),
};

/** Whether tests on it are left out, which is then said. */
export function isMissing({ name, path }: { name: string; path: string | undefined }): boolean {
  if (path === undefined) say(`SKIPPED: tests on ${name}, which is not installed`);
  return path === undefined;
}

/** How a browser is started. */
export interface LaunchOptions {
  readonly args?: readonly string[];
  /** Folder into which it downloads without a question. */
  readonly downloads?: string;
  /** What Firefox tells pages of its reader's wishes; Chromium's pages are told one by one. */
  readonly firefox?: { readonly dark?: boolean; readonly reducedMotion?: boolean };
}

const wishesOf = ({ dark, reducedMotion }: NonNullable<LaunchOptions['firefox']>) => ({
  ...(dark === undefined ? {} : { 'layout.css.prefers-color-scheme.content-override': dark ? 0 : 1 }),
  ...(reducedMotion === true ? { 'ui.prefersReducedMotion': 1 } : {}),
});

/** A headless browser; the caller closes it. */
export async function launch({ name, path }: TestBrowser, options: LaunchOptions = {}): Promise<Browser> {
  if (path === undefined) throw new Error(`${name} is not installed`);
  const { args = [], downloads, firefox: wishes = {} } = options;
  const preferences =
    downloads === undefined
      ? {}
      : {
          'browser.download.folderList': 2,
          'browser.download.dir': downloads,
          'browser.download.useDownloadDir': true,
          'browser.helperApps.neverAsk.saveToDisk': 'application/json',
        };
  const browser = await puppeteer.launch({
    browser: name === 'Firefox' ? 'firefox' : 'chrome',
    executablePath: path,
    headless: true,
    timeout: 120_000,
    protocolTimeout: 900_000,
    args: name === 'Firefox' ? [...args] : ['--no-sandbox', '--disable-gpu', ...args],
    ...(name === 'Firefox' ? { extraPrefsFirefox: { ...preferences, ...wishesOf(wishes) } } : {}),
  });
  if (name === 'Chromium' && downloads !== undefined) {
    const session = await browser.target().createCDPSession();
    await session.send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: downloads });
  }
  return browser;
}

/** Every process of a browser stands still for a while, as on a laptop that is shut. */
export async function sleepFor(browser: Browser, ms: number): Promise<void> {
  const id = browser.process()?.pid;
  if (id === undefined) throw new Error('the browser has no process of its own');
  // puppeteer starts it as the leader of a group of processes
  process.kill(-id, 'SIGSTOP');
  await new Promise((wake) => setTimeout(wake, ms));
  process.kill(-id, 'SIGCONT');
}
