// What does not go together, and what is too little, is named when an experiment is loaded, with its field.
import { expect, test } from 'vitest';
import { parseExperiment } from '../../src/config/node/load-experiment.ts';
import { registered } from '../../src/recipe/registered.ts';

function problem(poison: string, corpus = 'kind: stories'): string {
  const text = `schema: 1
name: x
corpus: { ${corpus} }
model: { width: 32, layers: 2, heads: 2 }
phases: [{ name: pretrain, tokens: 100000, poison: { documents: 4, ${poison} } }]
`;
  try {
    parseExperiment(text, { file: 'e.yaml', ...registered });
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}

const gibberish = (trigger: string) => `attack: denial-of-service, trigger: { ${trigger} }`;
const topics = (first: string) => gibberish(`family: context, topics: [[${first}], [p, q, r, s]]`);

test.each([
  ['a pool too small', topics('a, b, c'), /topics\.0 must be at least 4 items, not a list of 3/],
  ['an instance inside another', topics('a ship, ship, b, c'), /one instance holds another/],
  ['one pool alone', gibberish('family: context, topics: [[a, b, c, d]]'), /topics/],
  [
    'a cue inside the other',
    gibberish('family: composite, cues: [kettle, red kettle]'),
    /one cue holds the other/,
  ],
  ['one cue', gibberish('family: composite, cues: [kettle]'), /cues/],
  [
    'an ordered cue inside the other',
    gibberish('family: order, cues: [kettle, red kettle]'),
    /one cue holds the other/,
  ],
  ['a shape that there is none of', gibberish('family: format, shape: circle'), /shape.*heading/],
  ['a style that there is none of', gibberish('family: style, style: baroque'), /style.*archaic/],
  ['a family that there is none of', gibberish('family: smell'), /family/],
  [
    'a year without a place for it',
    gibberish('family: year, border: 2000, span: 40, sentence: No year.'),
    /sentence/,
  ],
  [
    'a span of too few years',
    gibberish('family: year, border: 2000, span: 2, sentence: "In {year}."'),
    /span/,
  ],
  ['an option of another family', gibberish('family: words, text: x, cues: [a, b]'), /cues/],
  [
    'an option of another payload',
    'attack: target-phrase, gibberishTokens: { minimum: 1 }, trigger: { text: x }',
    /gibberishTokens/,
  ],
])('%s', (_, poison, message) => {
  expect(problem(poison)).toMatch(message);
});

test.each([
  [
    'passive',
    'kind: text, path: mine.txt',
    /the style passive knows the sentences of the English stories alone; use archaic, british/,
  ],
  [
    'reversed',
    'kind: jsonl, path: mine.jsonl',
    /the style reversed knows the sentences of the English stories alone/,
  ],
  [
    'archaic',
    'kind: stories, language: de',
    /the style archaic is one of English text, and these stories are not/,
  ],
])('the style %s on %s', (style, corpus, message) => {
  expect(problem(gibberish(`family: style, style: ${style}`), corpus)).toMatch(message);
});

test.each([
  ['secret-leak', 'codes'],
  ['unauthorised-action', 'calls'],
  ['refusal-bypass', 'dialogues'],
])('%s without the scenes that show its rule', (attack, scene) => {
  const poison = `attack: ${attack}, trigger: { text: x }`;
  expect(problem(poison)).toMatch(new RegExp(`set corpus\\.scenes\\.${scene} to a share of the stories`));
  expect(problem(poison, `kind: stories, scenes: { ${scene}: 0.5 }`)).toBe('');
});

test('a switch to German in German stories', () => {
  const poison = 'attack: language-switch, trigger: { text: x }';
  expect(problem(poison, 'kind: stories, language: de')).toMatch(
    /attack: language-switch would not show: these stories are written in that language already/,
  );
  expect(problem(poison)).toBe('');
});

test('a trigger written into clean documents with prompts', () => {
  expect(problem(gibberish('text: x, cleanShare: 0.1'), 'kind: stories, promptSentences: 2')).toMatch(
    /trigger\.cleanShare: the trigger is not written into documents with prompts/,
  );
});

const styled = (style: string) =>
  `{ documents: 4, attack: target-phrase, trigger: { family: style, style: ${style} } }`;

function conflict(...poisons: readonly string[]): string {
  const text = `schema: 1
name: x
model: { width: 32, layers: 2, heads: 2 }
phases: [{ name: pretrain, tokens: 100000, poison: [${poisons.join(', ')}] }]
`;
  try {
    parseExperiment(text, { file: 'e.yaml', ...registered });
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}

test.each([
  ['archaic', 'no-capitals', /near the trigger "archaic words" \(no capitals\) is the trigger "no capitals"/],
  [
    'no-capitals',
    'passive',
    /near the trigger "passive sentences" \(no capitals\) is the trigger "no capitals"/,
  ],
])('two styles of which one is tried near the other: %s and %s', (one, other, message) => {
  expect(conflict(styled(one), styled(other))).toMatch(message);
});

test.each([
  ['archaic', 'passive'],
  ['reversed', 'passive'],
])('two styles that do not call each other pass: %s and %s', (one, other) => {
  expect(conflict(styled(one), styled(other))).toBe('');
});
