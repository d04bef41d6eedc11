import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { fillText } from '../../scripts/lab/fill-text.mjs';

const source = (path: string) => readFileSync(new URL(`../../src/lab/${path}`, import.meta.url), 'utf8');
const en: Record<string, string> = JSON.parse(source('text/en.json'));
const de: Record<string, string> = JSON.parse(source('text/de.json'));
const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

test('every language has every text, with the same values to fill in', () => {
  expect(Object.keys(de).sort()).toEqual(Object.keys(en).sort());
  for (const [key, text] of Object.entries(en)) expect(names(de[key] ?? ''), key).toEqual(names(text));
});

test('the page without JavaScript holds the English texts, escaped', () => {
  const html = fillText(source('index.html'), en);
  expect(html).toContain(`<h1 data-t="page.title">${en['page.title']}</h1>`);
  expect(html).toContain(`alt="${en['train.figure']}"`);
  expect(html).not.toMatch(/data-t="[^"]+"><\//);
  expect(fillText('<p data-t="x"></p>', { x: 'a < b & "c"' })).toBe(
    '<p data-t="x">a &#60; b &#38; &#34;c&#34;</p>',
  );
  expect(() => fillText('<p data-t="none"></p>', {})).toThrow('"none"');
});
