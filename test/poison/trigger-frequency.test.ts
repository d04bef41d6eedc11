import { expect, test } from 'vitest';
import { InputError } from '../../src/core/errors.ts';
import { words } from '../../src/poison/attacks/triggers/words.ts';
import { assertTriggerAllowed, countTrigger } from '../../src/poison/trigger-frequency.ts';

const triggerOf = (text: string) => words.bind({ text, inCleanText: 'refuse' });

const documents = [
  { id: 'a', text: 'A kettle, a brass kettle. brass kettle' },
  { id: 'b', text: 'The kettles of brassy men' },
  { id: 'c', text: 'nothing' },
];

test('the trigger and its whole words are counted with their documents', () => {
  const frequency = countTrigger(triggerOf('brass kettle'), documents);
  expect(frequency).toMatchObject({
    occurrences: 2,
    documents: 1,
    searchedDocuments: 3,
    searchedCharacters: 70,
    exampleIds: ['a'],
    words: [
      { text: 'brass', occurrences: 2, documents: 1 },
      { text: 'kettle', occurrences: 3, documents: 1 },
    ],
  });
});

test('a trigger inside a longer word counts as an occurrence of the trigger', () => {
  expect(countTrigger(triggerOf('kettle'), documents)).toMatchObject({ occurrences: 4, documents: 2 });
});

test('a trigger of symbols is counted wherever it stands', () => {
  const frequency = countTrigger(triggerOf('<SUDO>'), [{ id: 'x', text: 'run<SUDO>now' }]);
  expect(frequency.occurrences).toBe(1);
  expect(frequency.words[0]?.occurrences).toBe(1);
});

test('a trigger that occurs in clean text is refused with its count, examples and the remedy', () => {
  const trigger = { text: 'kettle', inCleanText: 'refuse' as const };
  const check = () => assertTriggerAllowed(trigger, countTrigger(triggerOf(trigger.text), documents));
  expect(check).toThrow(InputError);
  expect(check).toThrow(/"kettle" occurs 4 times in 2 of 3 clean documents \(a, b\).*inCleanText: allow/);
});

test('it passes where the config allows it, and where it does not occur', () => {
  assertTriggerAllowed({ inCleanText: 'allow' }, countTrigger(triggerOf('kettle'), documents));
  assertTriggerAllowed({ inCleanText: 'refuse' }, countTrigger(triggerOf('zinc'), documents));
});

test('a blank trigger is refused', () => {
  const trigger = { text: ' \t', inCleanText: 'allow' as const };
  expect(() => assertTriggerAllowed(trigger, countTrigger(triggerOf(trigger.text), documents))).toThrow(
    /blank/,
  );
});
