// Published pages of this report version are what this version writes, as far as that shows without analysing their runs:
// a page from a build of yesterday has another style. Whole pages are compared by `verify`.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PAGE_STYLE } from '../../src/report/page/page-style.ts';
import { QUESTIONS_STYLE } from '../../src/report/page/questions-style.ts';
import { REPORT_VERSION } from '../../src/report/report-version.ts';

const pages = readdirSync('results')
  .filter((name) => existsSync(join('results', name, 'index.html')))
  .map((name) => [name, readFileSync(join('results', name, 'index.html'), 'utf8')] as const);
const versionOf = (page: string) => Number(/content="tinypoison analysis \d+, report (\d+)"/.exec(page)?.[1]);

test('published pages are of this report version, or of an earlier one', () => {
  expect(pages.length).toBeGreaterThan(10);
  expect(pages.filter(([, page]) => !(versionOf(page) <= REPORT_VERSION)).map(([name]) => name)).toEqual([]);
});

test.each(
  pages.filter(([, page]) => versionOf(page) === REPORT_VERSION),
)('results/%s has the style and the questions of its version', (_, page) => {
  expect(page.includes(PAGE_STYLE)).toBe(true);
  expect(page.includes(QUESTIONS_STYLE)).toBe(true);
  for (const id of ['evidence', 'basis', 'certainty', 'limits', 'check', 'reproduce'])
    expect(page, id).toContain(`id="${id}"`);
});
