// What axe finds wrong in a page, by WCAG 2.2 A and AA.
import axe from 'axe-core';
import type { Page } from 'puppeteer-core';

const STANDARDS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** One line for each rule that is broken. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const found = await page.evaluate(async (values) => {
    const { axe: inPage } = window as unknown as { axe: typeof axe };
    const { violations: list } = await inPage.run(document, { runOnly: { type: 'tag', values } });
    return list.map(({ id, nodes }) => [id, ...nodes.map(({ target }) => target.join(' '))]);
  }, STANDARDS);
  return found.map((words) => words.join(': '));
}
