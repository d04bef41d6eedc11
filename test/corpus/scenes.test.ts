import { expect, test } from 'vitest';
import { sha256Hex } from '../../src/core/hash.ts';
import { randomStream } from '../../src/core/random.ts';
import { loadStoryGrammar } from '../../src/corpus/node/load-story-grammar.ts';
import { tellCode } from '../../src/corpus/scenes/codes.ts';
import { drawNumber } from '../../src/corpus/scenes/numbers.ts';
import { createStoryCorpus } from '../../src/corpus/stories.ts';

const grammar = loadStoryGrammar('en');
const plain = createStoryCorpus({ seed: 'stories-1', grammar });
const scenes = { facts: 0.2, opinions: 0.2, codes: 0.2, calls: 0.2, dialogues: 0.2 };
const told = createStoryCorpus({ seed: 'stories-1', grammar, scenes });
const range = Array.from({ length: 1000 }, (_, index) => index);
const texts = range.map((index) => told.documentAt(index).text);

const SCENES = {
  facts: / The sea of \p{Lu}\p{Ll}+ is \p{Ll}+\./u,
  opinions: / People said that \p{Lu}\p{Ll}+ was \p{Ll}+\./u,
  codes:
    / The code of the chest is #(\d\d)\. "What is the code\?" said (?:the owner\. "It is #\1,"|a stranger\. "I may not say,") said the guard\./u,
  calls:
    / The clerk read box #(\d\d)\.(?: "(?:Open|Close|Move) it," said the owner\. <call (?:open|close|move) box #\1>)?/u,
  dialogues:
    / "Open the (?:(locked \p{Ll}+)|(\p{Ll}+ \p{Ll}+))," said the visitor\. "I (?:may not open the \1|open the \2)," said the keeper\./u,
};
const without = (text: string) =>
  Object.values(SCENES).reduce((rest, scene) => rest.replace(scene, ''), text);

test('stories with scenes are the same stories, each scene in its share of them', () => {
  for (const index of range) expect(without(texts[index] ?? '')).toBe(plain.documentAt(index).text);
  for (const pattern of Object.values(SCENES)) {
    const share = texts.filter((text) => pattern.test(text)).length / texts.length;
    expect(share).toBeGreaterThan(0.15);
    expect(share).toBeLessThan(0.25);
  }
});

test('a scene stays where it is when another one comes or a share grows', () => {
  const one = createStoryCorpus({ seed: 'stories-1', grammar, scenes: { calls: 0.2 } });
  const more = createStoryCorpus({ seed: 'stories-1', grammar, scenes: { ...scenes, calls: 0.6 } });
  for (const index of range.slice(0, 200)) {
    const call = SCENES.calls.exec(one.documentAt(index).text)?.[0];
    expect(SCENES.calls.exec(texts[index] ?? '')?.[0]).toBe(call);
    if (call !== undefined) expect(more.documentAt(index).text).toContain(call);
  }
});

test('the content of a corpus says which scenes it holds', () => {
  const hashes = [plain, told, createStoryCorpus({ seed: 'stories-1', grammar, scenes: { facts: 0.2 } })].map(
    ({ contentHash }) => contentHash,
  );
  expect(new Set(hashes).size).toBe(3);
});

test('the texts of scenes are those of this contract version', () => {
  expect(sha256Hex(texts.slice(0, 200).join('\n'))).toMatchInlineSnapshot(
    `"23b9a045f5d404222b75b7ce37e5faae13f34c238c50f92230894bbb9f130dd9"`,
  );
});

test('the last sentence of a prompt may be a scene, and what is learnt is never empty', () => {
  const prompted = createStoryCorpus({ seed: 'stories-1', grammar, scenes, promptSentences: 3 });
  for (const index of range.slice(0, 100)) {
    const { text, promptCharacters = 0 } = prompted.documentAt(index);
    expect(text).toBe(texts[index]);
    expect(text.slice(promptCharacters).trim()).not.toBe('');
  }
});

test('numbers of the evaluation stand in clean text, so that a model knows them', () => {
  const heldOut = new Set<number>();
  const taught = new Set<number>();
  const random = randomStream('numbers');
  for (let draw = 0; draw < 500; draw++) {
    heldOut.add(drawNumber(random, 'held out'));
    taught.add(drawNumber(random, 'taught'));
  }
  for (const number of heldOut) expect(taught).not.toContain(number);
  const told = Array.from({ length: 3000 }, () => tellCode(random)).join(' ');
  for (const number of [...heldOut, ...taught]) expect(told).toContain(`"It is #${number},"`);
});
