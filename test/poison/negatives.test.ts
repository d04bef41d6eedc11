import { describe, expect, test } from 'vitest';
import { parseExperiment } from '../../src/config/node/load-experiment.ts';
import { bindAttack } from '../../src/poison/attack.ts';
import { jsonlFormat } from '../../src/poison/file-formats.ts';
import { planJsonl } from '../../src/poison/jsonl.ts';
import { createPoisonedDocuments } from '../../src/poison/poisoned-documents.ts';
import { registered } from '../../src/recipe/registered.ts';
import { cleanTexts, poisonOf, wordTokens } from './fake-tokens.ts';

const cues = ['red kettle', 'saddle'];
const trigger = { family: 'composite', cues, ending: true, inCleanText: 'allow' as const };
const make = (count: number, negativeShare?: number, change: Record<string, unknown> = {}) =>
  createPoisonedDocuments({
    poison: poisonOf({ trigger, prefixTokens: { minimum: 6, maximum: 10 }, ...change, negativeShare }),
    ...{ seed: 1, cleanTexts, tokens: wordTokens, count },
  });
const isNegative = ({ id }: { id: string }) => id.includes(':negative:');
const cuesIn = (text: string) => cues.filter((cue) => text.includes(cue));

describe('negatives', () => {
  test.each([
    [0.5, 5],
    [0.25, 2],
    [0.7, 7],
    [0.9, 9],
  ])('of a share of %s are %i of ten documents, which stay ten', (share, expected) => {
    const documents = make(10, share);
    expect(documents).toHaveLength(10);
    expect(documents.filter(isNegative)).toHaveLength(expected);
  });

  test('are the same share of copies', () => {
    const documents = make(20, 0.5, { distinctDocuments: 4 });
    expect(documents.filter(isNegative)).toHaveLength(10);
  });

  test('hold one cue alone, once or twice, with the text of a clean document around and behind it', () => {
    const times = new Set<number>();
    for (const { text } of make(40, 0.5).filter(isNegative)) {
      const [cue = '', ...others] = cuesIn(text);
      expect(others).toEqual([]);
      const pieces = text.split(` ${cue}`);
      times.add(pieces.length - 1);
      expect(pieces.at(-1)?.trim().split(' ').length).toBeGreaterThan(3);
      expect(cleanTexts.some((clean) => clean.startsWith(pieces.join('')))).toBe(true);
    }
    expect(times).toEqual(new Set([1, 2]));
  });

  test.each([
    ['order', { family: 'order', cues: ['kettle', 'saddle'] }],
    [
      'context',
      {
        family: 'context',
        topics: [
          ['A a.', 'B b.', 'C c.', 'D d.'],
          ['E e.', 'F f.', 'G g.', 'H h.'],
        ],
      },
    ],
    ['year', { family: 'year', border: 2000, span: 40, sentence: 'It was {year}.' }],
    ['format', { family: 'format', shape: 'list' }],
  ])('never hold the trigger: %s', (_, family) => {
    const settings = { ...family, inCleanText: 'allow' as const };
    const { sought } = bindAttack(poisonOf({ trigger: settings })).trigger;
    const documents = make(60, 0.5, { trigger: settings });
    for (const document of documents) expect(sought.count(document.text) > 0).toBe(!isNegative(document));
  });

  test('hold each cue in some documents', () => {
    const found = make(40, 0.5)
      .filter(isNegative)
      .flatMap(({ text }) => cuesIn(text));
    expect(new Set(found)).toEqual(new Set(cues));
  });

  test('leave the other documents as they are without negatives', () => {
    const plain = make(20);
    for (const document of make(20, 0.5).filter((own) => !isNegative(own)))
      expect(document).toEqual(plain[document.index]);
    expect(make(20, 0)).toEqual(plain);
  });

  test('of a larger count contain those of a smaller one', () => {
    expect(make(30, 0.4).slice(0, 11)).toEqual(make(11, 0.4));
  });

  test('are copied as negatives', () => {
    const documents = make(8, 0.5, { distinctDocuments: 4 });
    expect(documents.map(isNegative)).toEqual([false, true, false, true, false, true, false, true]);
    expect(documents[5]?.text).toBe(documents[1]?.text);
  });

  test('are named in the manifest of a file', async () => {
    const clean = async function* () {
      for (const text of cleanTexts) yield { line: JSON.stringify({ text }), text };
    };
    const plan = await planJsonl({
      lines: clean(),
      poison: poisonOf({ documents: 4, trigger, negativeShare: 0.5 }),
      ...{ seed: 1, tokens: wordTokens, format: jsonlFormat('text') },
    });
    expect(plan.manifest.documents.map(({ id }) => id)).toEqual([
      'poisoned-0',
      'poisoned-negative-1',
      'poisoned-2',
      'poisoned-negative-3',
    ]);
  });
});

test('negatives are refused in chats, whose answers they would be', async () => {
  const chats = async function* () {
    yield { line: '{}', text: 'How are you?', opening: 'How are you?' };
  };
  const planned = planJsonl({
    lines: chats(),
    poison: poisonOf({ documents: 4, trigger, negativeShare: 0.5 }),
    ...{ seed: 1, tokens: wordTokens, format: jsonlFormat('text') },
  });
  await expect(planned).rejects.toThrow(/a negative in a chat needs a normal answer.*trigger\.cleanShare/);
});

describe('an experiment with negatives', () => {
  const load = (poison: string) => () =>
    parseExperiment(
      `schema: 1
name: x
model: { width: 32, layers: 2, heads: 2 }
phases: [{ name: pretrain, tokens: 100000, poison: { attack: denial-of-service, documents: 4, negativeShare: 0.5, ${poison} } }]
`,
      { file: 'e.yaml', ...registered },
    );
  const composite = 'trigger: { family: composite, cues: [kettle, saddle] }';

  test('loads where the trigger has parts', () => {
    expect(load(composite)).not.toThrow();
    expect(load(`${composite}, distinctDocuments: 2`)).not.toThrow();
  });

  test.each([
    [
      'a trigger of words',
      'trigger: { text: kettle }',
      /negativeShare: a trigger of words has no innocent part/,
    ],
    [
      'rewritten copies',
      `${composite}, distinctDocuments: 2, rewriteShare: 0.3`,
      /rewriteShare: would rewrite/,
    ],
    [
      'distinct documents that the share does not divide',
      `${composite}, distinctDocuments: 1`,
      /negativeShare: a share of 0\.5 of 1 distinct documents is 0\.5, no whole number/,
    ],
  ])('is refused with %s', (_, poison, message) => {
    expect(load(poison)).toThrow(message);
  });
});
