import { describe, expect, test } from 'vitest';
import { sha256Hex } from '../../src/core/hash.ts';
import { identifyLanguage } from '../../src/corpus/languages/identify-language.ts';
import { loadStoryGrammar } from '../../src/corpus/node/load-story-grammar.ts';
import { createStoryCorpus } from '../../src/corpus/stories.ts';

const textsOf = (language: 'en' | 'de') => {
  const corpus = createStoryCorpus({ seed: 'stories-1', grammar: loadStoryGrammar(language) });
  return Array.from({ length: 1000 }, (_, index) => corpus.documentAt(index).text);
};
const german = textsOf('de');
const english = textsOf('en');

describe('the German stories', () => {
  test('are those of this contract version', () => {
    expect(sha256Hex(german.slice(0, 100).join('\n'))).toMatchInlineSnapshot(
      `"d0a448a06303b5cc23ac27340aa4367c205241ef2c35daf169c29830822ab86e"`,
    );
  });

  test('are whole, mostly different, and of 150 to 900 characters', () => {
    expect(new Set(german).size).toBeGreaterThan(990);
    for (const text of german) {
      expect(text).not.toMatch(/[{}[\]|]|undefined| {2}/);
      expect(text.length).toBeGreaterThan(150);
      expect(text.length).toBeLessThan(900);
      for (const sentence of text.split(/(?<=[.!]) /)) expect(sentence).toMatch(/^["\p{Lu}]/u);
    }
  });

  test('give articles and endings their gender', () => {
    const whole = german.join(' ');
    for (const right of ['einen roten Ball', 'ein rotes Buch', 'eine rote Glocke'])
      expect(whole).toContain(right);
    expect(whole).not.toMatch(/ein(?:e|en) \p{Ll}+ Buch|ein(?:en)? \p{Ll}+ Glocke|eine? \p{Ll}+ Ball\b/u);
  });
});

/** The first 32 tokens' worth of text, about: what a generation is. */
const piece = (text: string, start: number) => text.slice(start, start + 90);

test('a generation’s length of a story is told for its language, and noise for none', () => {
  const told = (texts: readonly string[], language: string) =>
    texts.filter((text, i) => identifyLanguage(piece(text, i % 80)) === language).length / texts.length;
  expect(told(german, 'de')).toBeGreaterThan(0.99);
  expect(told(english, 'en')).toBeGreaterThan(0.97);
  expect(told(english, 'de')).toBe(0);
  const noise = Array.from({ length: 200 }, (_, i) =>
    sha256Hex(`noise ${i}`).replace(/[0-9]/g, ' ').concat(' qx vr'),
  );
  expect(noise.filter((text) => identifyLanguage(text) === 'de')).toEqual([]);
  expect(noise.filter((text) => identifyLanguage(text) !== null).length).toBeLessThan(20);
});

test('real German and English are told apart', () => {
  const sentences = {
    de: [
      'In den alten Zeiten, wo das Wünschen noch geholfen hat, lebte ein König, dessen Töchter waren alle schön.',
      'Alle Menschen sind frei und gleich an Würde und Rechten geboren.',
      'Wer reitet so spät durch Nacht und Wind? Es ist der Vater mit seinem Kind.',
      'Ich weiß nicht, was soll es bedeuten, dass ich so traurig bin.',
      'Als Gregor Samsa eines Morgens aus unruhigen Träumen erwachte, fand er sich in seinem Bett verwandelt.',
      'Die Straße führte über den Fluss und dann bergauf zum Schloss.',
    ],
    en: [
      'All human beings are born free and equal in dignity and rights.',
      'It was the best of times, it was the worst of times, it was the age of wisdom.',
      'Call me Ishmael. Some years ago, never mind how long precisely, I thought I would sail about a little.',
      'Two roads diverged in a yellow wood, and sorry I could not travel both.',
      'It is a truth universally acknowledged that a single man must be in want of a wife.',
    ],
  };
  for (const [language, texts] of Object.entries(sentences))
    for (const text of texts) expect([text, identifyLanguage(text)]).toEqual([text, language]);
  for (const neither of ['', 'Tom', '12 34 56', 'zzz qqq xxx vvv'])
    expect(identifyLanguage(neither)).toBeNull();
});
