import { expect, test } from 'vitest';
import { cutPrompts } from '../../src/evaluate/prompts.ts';
import { byteTokenizer, documents } from './fakes.ts';

const cut = (change: Partial<Parameters<typeof cutPrompts>[0]> = {}) =>
  cutPrompts({
    documents: documents.prompts,
    count: 30,
    range: { minimum: 8, maximum: 40 },
    seed: 's',
    split: 'prompts',
    tokenizer: byteTokenizer,
    ...change,
  });

test('prompts are beginnings of documents, of lengths over the whole range', () => {
  const prompts = cut();
  const lengths = prompts.map(({ tokens }) => tokens.length);
  prompts.forEach(({ text }, i) => {
    expect(documents.prompts[i].text.startsWith(text)).toBe(true);
  });
  expect(Math.min(...lengths)).toBeGreaterThanOrEqual(8);
  expect(Math.max(...lengths)).toBeLessThanOrEqual(40);
  expect(new Set(lengths).size).toBeGreaterThan(10);
});

test('fewer prompts are the first of more', () => {
  expect(cut({ count: 10 })).toEqual(cut().slice(0, 10));
});

test('the text of a prompt is that of its tokens, whole characters only', () => {
  const text = 'äöü€😀'.repeat(80);
  for (const { tokens, text: shown } of cut({ documents: [{ text }], count: 7 })) {
    expect(shown).not.toContain('\uFFFD');
    expect(byteTokenizer.encode(shown)).toEqual([...tokens]);
  }
});

test('documents without a token left to continue are passed over', () => {
  const short = [{ text: 'too few' }, { text: 'just enough' }];
  const [prompt] = cut({ documents: short, count: 1, range: { minimum: 8, maximum: 40 } });
  expect('just enough'.startsWith(prompt.text)).toBe(true);
  expect(prompt.tokens.length).toBeLessThan(11);
});

test('few but long documents give prompts from further on too', () => {
  const long = [{ text: documents.prompts.map(({ text }) => text).join(' ') }];
  const prompts = cut({ documents: long, count: 20 });
  expect(new Set(prompts.map(({ text }) => text)).size).toBe(20);
});

test('too little text is an error that says what to do', () => {
  expect(() => cut({ documents: documents.prompts.slice(0, 1) })).toThrow(
    /prompts split .* gives \d prompts of 8 to 40 tokens, but 30 are required.*corpus.splits.prompts/,
  );
});
