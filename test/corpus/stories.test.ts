import { describe, expect, it } from 'vitest';
import { CORPUS_CONTRACT } from '../../src/core/contracts.ts';
import { sha256Hex } from '../../src/core/hash.ts';
import { loadStoryGrammar } from '../../src/corpus/node/load-story-grammar.ts';
import { createStoryCorpus } from '../../src/corpus/stories.ts';
import { compileStoryGrammar } from '../../src/corpus/story-grammar.ts';

const corpus = createStoryCorpus({ seed: 'stories-1', grammar: loadStoryGrammar('en') });
const texts = Array.from({ length: 2000 }, (_, index) => corpus.documentAt(index).text);

describe('the stories', () => {
  it('are those of this contract version (raise CORPUS_CONTRACT if this must change)', () => {
    expect([CORPUS_CONTRACT, sha256Hex(texts.slice(0, 100).join('\n'))]).toMatchInlineSnapshot(`
      [
        1,
        "6619a676933ed8fdf352bf62c172f5d2b9f79ca429e856eceb899abfc111d223",
      ]
    `);
  });

  it('can be told alone or in order', async () => {
    let index = 0;
    for await (const document of corpus.documents()) {
      expect(document).toEqual(corpus.documentAt(index));
      index += 1;
      if (index === 20) break;
    }
    expect(corpus.documentAt(1_000_000_007).id).toBe('story-1000000007');
  });

  it('differ between seeds, and so does the content hash', () => {
    const other = createStoryCorpus({ seed: 'stories-2', grammar: loadStoryGrammar('en') });
    expect(other.documentAt(0).text).not.toBe(texts[0]);
    expect(other.contentHash).not.toBe(corpus.contentHash);
    expect(createStoryCorpus({ seed: 'stories-1', grammar: loadStoryGrammar('en') }).contentHash).toBe(
      corpus.contentHash,
    );
  });

  it('are 250 to 900 characters long, all different, of 400 to 600 words', () => {
    const lengths = texts.map((text) => text.length);
    expect(Math.min(...lengths)).toBeGreaterThan(250);
    expect(Math.max(...lengths)).toBeLessThan(900);
    expect(new Set(texts).size).toBe(texts.length);
    const words = new Set(texts.flatMap((text) => text.toLowerCase().match(/\p{L}+/gu) ?? []));
    expect(words.size).toBeGreaterThan(400);
    expect(words.size).toBeLessThan(600);
  });

  it('leave no slot open and write sentences', () => {
    for (const text of texts) {
      expect(text).not.toMatch(/[{}[\]|]|undefined| {2}/);
      for (const sentence of text.split(/(?<=[.!]) /)) expect(sentence).toMatch(/^["\p{Lu}]/u);
    }
  });

  it('come back at the end to what they began with', () => {
    // the thing of the story is the one with a colour
    const coloured = /\b(?:red|blue|green|yellow|white|silver|brown|golden) (\p{Ll}+)/u;
    const about = texts.filter((text) => coloured.test(text.slice(0, text.length / 2)));
    const returning = about.filter((text) => {
      const thing = coloured.exec(text)?.[1];
      return new RegExp(`\\b${thing}\\b`).test(text.slice(-text.length / 3));
    });
    expect(about.length).toBeGreaterThan(500);
    expect(returning.length / about.length).toBeGreaterThan(0.8);
  });

  it('call a person by the right pronoun', () => {
    for (const text of texts.filter((story) => /^(Once|There once)/.test(story))) {
      const girl = text.includes('girl');
      const [, second = ''] = text.split('. ');
      if (/^He /.test(second)) expect(girl).toBe(false);
      if (/^She /.test(second)) expect(girl).toBe(true);
    }
  });
});

it('begin with a prompt where that is wanted, with the same texts', () => {
  const prompted = createStoryCorpus({
    seed: 'stories-1',
    grammar: loadStoryGrammar('en'),
    promptSentences: 2,
  });
  expect(prompted.contentHash).toBe(corpus.contentHash);
  for (let index = 0; index < 50; index++) {
    const { text, promptCharacters = -1 } = prompted.documentAt(index);
    expect(text).toBe(corpus.documentAt(index).text);
    expect(corpus.documentAt(index)).not.toHaveProperty('promptCharacters');
    expect(text.slice(0, promptCharacters)).toMatch(/[.!?"\u201d]$/);
    expect(text.slice(promptCharacters)).toMatch(/^ \S/);
  }
  const all = createStoryCorpus({ seed: 's', grammar: loadStoryGrammar('en'), promptSentences: 10 });
  const { text, promptCharacters = 0 } = all.documentAt(0);
  expect(text.length).toBeGreaterThan(promptCharacters);
});

describe('a story grammar', () => {
  const words = 'person: { entries: [{ name: Mia, he: she }, Tom] }';
  const plots = (sentence: string) =>
    `plots: [{ name: p, cast: { hero: person }, beats: [b] }]\nbeats: { b: ['${sentence}'] }`;

  it('names the place of a role that is not cast and of a form that a word lacks', () => {
    const compile = (sentence: string) => compileStoryGrammar('xx', { words, plots: plots(sentence) });
    expect(() => compile('{hero} slept.')).not.toThrow();
    expect(() => compile('{villain} slept.')).toThrow('plot p, beat b: the role "villain" is not cast');
    expect(() => compile('{Hero.he} slept.')).toThrow('plot p, beat b: "Tom" has no form "he" for {hero}');
  });
});
