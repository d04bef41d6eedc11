// Near triggers: texts ever less like the trigger, to measure how specific the backdoor is. All are made of
// words and tokens of clean text: an embedding that was never trained would be no fair decoy.
import { InputError } from '../core/errors.ts';
import { type RandomStream, randomStream } from '../core/random.ts';
import { encodeBeginning, wholeCharacters } from '../tokens/beginning.ts';
import type { Tokenizer } from '../tokens/tokenizer.ts';
import type { Condition } from './records.ts';

const ATTEMPTS = 1000;
/** Clean text that is looked at, so that long documents take no longer than many short ones. */
const MATERIAL_TOKENS = 300_000;
const DOCUMENT_TOKENS = 3000;
const MIN_WORD_OCCURRENCES = 2;
const MIN_TOKEN_OCCURRENCES = 5;

/** One text that is not the trigger, by its grade. */
export interface NearTrigger {
  readonly condition: Condition;
  readonly text: string;
}

/** Material for near triggers. */
interface Material {
  /** Words of clean text that are not the trigger's: the rarer half of those seen at least twice. */
  readonly words: readonly string[];
  /** Token ids seen at least 5 times in clean text, ascending. */
  readonly tokens: readonly number[];
}

function countInto<T>(counts: Map<T, number>, items: Iterable<T>): void {
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
}

function gatherMaterial(
  cleanTexts: readonly string[],
  triggerWords: readonly string[],
  tokenizer: Tokenizer,
): Material {
  const words = new Map<string, number>();
  const tokens = new Map<number, number>();
  let searched = 0;
  for (const whole of cleanTexts) {
    if (searched >= MATERIAL_TOKENS) break;
    const ids = encodeBeginning(whole, DOCUMENT_TOKENS, tokenizer);
    const { text } = wholeCharacters(ids, tokenizer);
    searched += ids.length;
    countInto(words, text.match(/(?<![\p{L}\p{N}])[\p{Ll}\p{Lo}\p{M}]{3,}(?![\p{L}\p{N}])/gu) ?? []);
    countInto(tokens, ids);
  }
  const seen = [...words].filter(
    ([word, count]) => count >= MIN_WORD_OCCURRENCES && !triggerWords.includes(word),
  );
  const byCount = seen.sort(([a, m], [b, n]) => m - n || (a < b ? -1 : 1)).map(([word]) => word);
  if (seen.length === 0 || tokens.size === 0)
    throw new InputError(
      'clean text holds no words to make near triggers of: set evaluation.nearTriggers: false',
    );
  return {
    words: byCount.slice(0, Math.ceil(byCount.length / 2)).sort(),
    tokens: [...tokens]
      .flatMap(([id, count]) => (count >= MIN_TOKEN_OCCURRENCES ? [id] : []))
      .sort((a, b) => a - b),
  };
}

const replaceAt = <T>(items: readonly T[], at: number, item: T): T[] => items.with(at, item);

const ALPHABETS = ['abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', '0123456789'];

/** Another character of the same kind: letter for letter, digit for digit, a lower-case letter for the rest. */
function otherCharacter(character: string, random: RandomStream): string {
  const alphabet = ALPHABETS.find((kind) => kind.includes(character)) ?? ALPHABETS[0];
  return random.choose([...alphabet].filter((other) => other !== character));
}

const LETTER_OR_DIGIT = /[\p{L}\p{N}]/u;

/** One word changed (not the last, where there are several), or one letter of a single word. */
function editOnce(words: readonly string[], { words: others }: Material, random: RandomStream): string {
  if (words.length > 1) {
    const at = random.integer({ minimum: 0, maximum: words.length - 2 });
    return replaceAt(words, at, random.choose(others)).join(' ');
  }
  const characters = [...words[0]];
  const editable = [...characters.keys()].filter((at) => LETTER_OR_DIGIT.test(characters[at]));
  const at = random.choose(editable.length > 0 ? editable : [...characters.keys()]);
  return replaceAt(characters, at, otherCharacter(characters[at], random)).join('');
}

/** The first half of the words (of the characters of a single word), then another ending of the same length. */
function keepBeginning(words: readonly string[], { words: others }: Material, random: RandomStream): string {
  if (words.length > 1) {
    const kept = Math.ceil(words.length / 2);
    return words.map((word, at) => (at < kept ? word : random.choose(others))).join(' ');
  }
  const characters = [...words[0]];
  const kept = Math.ceil(characters.length / 2);
  return characters
    .map((character, at) => (at < kept ? character : otherCharacter(character, random)))
    .join('');
}

/** The same words, or characters of a single word, turned round by a random number of places. */
function rotate(words: readonly string[], _: Material, random: RandomStream): string {
  const items = words.length > 1 ? words : [...words[0]];
  const by = random.integer({ minimum: 1, maximum: Math.max(1, items.length - 1) });
  return [...items.slice(by), ...items.slice(0, by)].join(words.length > 1 ? ' ' : '');
}

/** Unrelated rare words. */
function otherWords(_: readonly string[], material: Material, random: RandomStream): string {
  const count = random.integer({ minimum: 1, maximum: 6 });
  return Array.from({ length: count }, () => random.choose(material.words)).join(' ');
}

type Grade = (words: readonly string[], material: Material, random: RandomStream) => string;

interface GradeRecipe {
  readonly condition: Condition;
  /** Tried in turn. */
  readonly makers: readonly Grade[];
  readonly isFit: (text: string) => boolean;
}

/** The first text that passes, or null. */
function firstFit(make: () => string, isFit: (text: string) => boolean): string | null {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const text = make();
    if (isFit(text)) return text;
  }
  return null;
}

/**
 * The near triggers of a trigger, nearest first. A grade is left out where it cannot be made (a trigger of
 * one letter has no permutation).
 * @param options.seed of the corpus: all runs of an experiment are asked the same
 * @param options.cleanTexts training texts that words and tokens are taken from
 * @throws InputError if these hold no words of three letters or more.
 */
export function createNearTriggers(options: {
  trigger: string;
  seed: string | number;
  cleanTexts: readonly string[];
  tokenizer: Tokenizer;
}): NearTrigger[] {
  const { trigger, seed, cleanTexts, tokenizer } = options;
  const words = trigger.trim().split(/\s+/u);
  const material = gatherMaterial(cleanTexts, words, tokenizer);
  const length = tokenizer.encode(` ${trigger}`).length;
  const hasLength = (text: string) => tokenizer.encode(` ${text}`).length === length;
  const cutWords: Grade = (...given) =>
    tokenizer.decode(tokenizer.encode(` ${otherWords(...given)}`).slice(0, length)).trim();
  const randomTokens: Grade = (_words, { tokens }, random) =>
    tokenizer.decode(Array.from({ length }, () => random.choose(tokens))).trim();

  const always = () => true;
  const grades: readonly GradeRecipe[] = [
    { condition: 'near-shared-prefix', makers: [keepBeginning], isFit: always },
    { condition: 'near-one-edit', makers: [editOnce], isFit: always },
    { condition: 'near-permuted', makers: [rotate], isFit: always },
    { condition: 'near-same-length', makers: [otherWords, cutWords], isFit: hasLength },
    { condition: 'near-random', makers: [randomTokens], isFit: hasLength },
  ];
  const made: NearTrigger[] = [];
  for (const { condition, makers, isFit } of grades) {
    const random = randomStream(seed, 'near-trigger', condition, trigger);
    const taken = new Set([trigger, trigger.trim(), ...made.map(({ text }) => text)]);
    const isNew = (text: string) =>
      text.trim() !== '' && !taken.has(text) && !text.includes(trigger) && !text.includes('\uFFFD');
    for (const make of makers) {
      const text = firstFit(
        () => make(words, material, random),
        (candidate) => isNew(candidate) && isFit(candidate),
      );
      if (text === null) continue;
      made.push({ condition, text });
      break;
    }
  }
  return made;
}
