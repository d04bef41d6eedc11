// What the lessons say of the page is so: the buttons that they name, the addresses that they give.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseUrlState } from '../../src/lab/state/url-state.ts';

const textsOf = (language: string): readonly string[] =>
  Object.values(JSON.parse(readFileSync(`src/lab/text/${language}.json`, 'utf8')));

/** The pages of a folder as one text. */
const pagesOf = (folder: string) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.md'))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');

test.each([
  { language: 'en', folder: 'docs/lesson' },
  { language: 'de', folder: 'docs/lesson/de' },
])('every button that the lessons in $language name is on the page', ({ language, folder }) => {
  const named = [...pagesOf(folder).matchAll(/<kbd>(.*?)<\/kbd>/g)].map(([, name]) => name);
  expect(named.length).toBeGreaterThan(12);
  const texts = textsOf(language);
  expect(named.filter((name) => !texts.includes(name ?? ''))).toEqual([]);
});

test('every address that the lessons give is understood whole', () => {
  const text = ['docs/lesson', 'docs/lesson/de'].map(pagesOf).join('\n');
  const addresses = [...text.matchAll(/`(#[a-z0-9=&,]+)`/g)].map(([, address = '']) => address);
  expect(addresses.length).toBeGreaterThan(4);
  for (const address of addresses) expect(parseUrlState(address).bad, address).toEqual([]);
});

test('the lessons in two languages have the same rows of minutes', () => {
  const minutes = (path: string) =>
    [...readFileSync(path, 'utf8').matchAll(/^\| (\d+–\d+) \|/gm)].map(([, row]) => row);
  for (const [en, de] of [
    ['docs/lesson/45-minutes.md', 'docs/lesson/de/45-minuten.md'],
    ['docs/lesson/90-minutes.md', 'docs/lesson/de/90-minuten.md'],
  ] as const) {
    expect(minutes(en).length).toBeGreaterThan(6);
    expect(minutes(de)).toEqual(minutes(en));
  }
});
