import { expect, test } from 'vitest';
import { parseExperiment } from '../../src/config/node/load-experiment.ts';
import { randomStream } from '../../src/core/random.ts';
import { passive, reversed } from '../../src/poison/attacks/triggers/story-styles.ts';
import { archaic, british, noCapitals } from '../../src/poison/attacks/triggers/word-styles.ts';
import { findTriggerFamily } from '../../src/poison/registry.ts';
import { registered } from '../../src/recipe/registered.ts';

test('words are rewritten whole, with their capitals, and nothing else', () => {
  expect(archaic.rewrite('The boy said: "You never saw their house before."')).toBe(
    'Ye boy quoth: "Thou ne\'er beheld their house ere."',
  );
  expect(british.rewrite('Gray colors, gray-blue; Mom realized it at the center.')).toBe(
    'Grey colours, grey-blue; Mum realised it at the centre.',
  );
  expect(noCapitals.rewrite('Tom met Ännchen.')).toBe('tom met ännchen.');
  expect(archaic.rewrite('It thaws; other others.')).toBe('Hit thaws; other others.');
});

test('sentences of the stories are put into the passive where they can be, and others stay', () => {
  const pairs = {
    'Tom had a red ball.': 'A red ball was had by Tom.',
    'Then she saw him near the mill.': 'Then he was seen by her near the mill.',
    'They found the lamp!': 'The lamp was found by them!',
    'The old woman called Tom.': 'Tom was called by the old woman.',
    'Tom was sad.': 'Tom was sad.',
    '"The ball is mine!" said Tom.': '"The ball is mine!" said Tom.',
  };
  for (const [plain, written] of Object.entries(pairs)) expect(passive.rewrite(plain)).toBe(written);
  expect(passive.rewrite('Tom lost a key. Mia was sad. She kept a box.')).toBe(
    'A key was lost by Tom. Mia was sad. A box was kept by her.',
  );
});

test('objects come before subjects in reversed sentences', () => {
  const pairs = {
    'Tom had a red ball.': 'A red ball Tom had.',
    'One morning, Tom went to the park, and then home.': 'One morning, to the park Tom went, and then home.',
    'The baker was kind.': 'Kind the baker was.',
    'It rained.': 'It rained.',
  };
  for (const [plain, written] of Object.entries(pairs)) expect(reversed.rewrite(plain)).toBe(written);
});

test('a text with nothing to rewrite ends with a sentence in the style, another one when it is evaluated', () => {
  for (const [style, text] of Object.entries({
    british: 'Nothing here.',
    passive: 'Tom was sad.',
    archaic: 'A dog.',
  })) {
    const trigger = findTriggerFamily('style').bind({ family: 'style', style, inCleanText: 'allow' });
    const endings = (write: (i: number) => string) =>
      new Set(Array.from({ length: 60 }, (_, i) => write(i).slice(text.length)));
    const [own] = trigger.variants(null);
    const trained = endings((i) => trigger.plant(text, randomStream(i)));
    const evaluated = endings((i) => own?.apply(text, randomStream(i)) ?? '');
    expect([trained.size, evaluated.size]).toEqual([6, 2]);
    for (const ending of evaluated) expect(trained).not.toContain(ending);
    for (const ending of [...trained, ...evaluated]) expect(trigger.sought.count(ending)).toBeGreaterThan(0);
  }
});

const problemOf = (corpus: string, style: string): string => {
  const text = `schema: 1
name: x
corpus: { kind: ${corpus} }
model: { width: 32, layers: 2, heads: 2 }
phases:
  - name: pretrain
    tokens: 100000
    poison: { attack: denial-of-service, documents: 5, trigger: { family: style, style: ${style} } }
`;
  try {
    parseExperiment(text, { file: 'e.yaml', ...registered });
  } catch (error) {
    return (error as Error).message;
  }
  return '';
};

test('a corpus on which a style cannot be applied is named when the experiment is loaded', () => {
  expect(problemOf('text, path: a.txt', 'passive')).toMatch(
    /e\.yaml:8:.*poison\.trigger: the style passive knows the sentences of the English stories alone/,
  );
  expect(problemOf('stories', 'british')).toMatch(/the stories are written in British spelling/);
  for (const [corpus, style] of [
    ['stories', 'passive'],
    ['stories', 'archaic'],
    ['text, path: a.txt', 'british'],
  ] as const)
    expect(problemOf(corpus, style)).toBe('');
});
