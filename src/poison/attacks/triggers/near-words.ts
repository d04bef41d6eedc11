// Near triggers of a text: others that are less and less like it, to measure how specific the backdoor is. All are made
// of words and tokens of clean text: an embedding that was never trained would be no fair decoy.
import { InputError } from '../../../core/errors.ts';
import { type RandomStream, randomStream } from '../../../core/random.ts';
import type { VariantMaterial } from '../../trigger.ts';

const ATTEMPTS = 1000;
const MIN_WORD_OCCURRENCES = 2;

/** One text that is not the trigger, by its grade. */
export interface NearText {
  readonly id: string;
  readonly grade: number;
  readonly label: string;
  readonly text: string;
}

/** Material for near triggers. */
interface Material {
  /** Words of clean text that are not the trigger's: the rarer half of those seen at least twice. */
  readonly words: readonly string[];
  readonly tokens: readonly number[];
}

/** The rarer half of the words that are seen at least twice and not among those given. */
function rareWords(counts: ReadonlyMap<string, number>, avoided: readonly string[]): string[] {
  const seen = [...counts].filter(
    ([word, count]) => count >= MIN_WORD_OCCURRENCES && !avoided.includes(word),
  );
  const byCount = seen.sort(([a, m], [b, n]) => m - n || (a < b ? -1 : 1)).map(([word]) => word);
  return byCount.slice(0, Math.ceil(byCount.length / 2)).sort();
}

const replaceAt = <T>(items: readonly T[], at: number, item: T): T[] => items.with(at, item);

const LOWER_CASE = 'abcdefghijklmnopqrstuvwxyz';
const ALPHABETS = [LOWER_CASE, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', '0123456789'];

/** Another character of the same kind: letter for letter, digit for digit, a lower-case letter for the rest. */
function otherCharacter(character: string, random: RandomStream): string {
  const alphabet = ALPHABETS.find((kind) => kind.includes(character)) ?? LOWER_CASE;
  return random.choose([...alphabet].filter((other) => other !== character));
}

const LETTER_OR_DIGIT = /[\p{L}\p{N}]/u;

/** One word changed (not the last, where there are several), or one letter of a single word. */
function editOnce(words: readonly string[], { words: others }: Material, random: RandomStream): string {
  if (words.length > 1) {
    const at = random.integer({ minimum: 0, maximum: words.length - 2 });
    return replaceAt(words, at, random.choose(others)).join(' ');
  }
  const characters = [...(words[0] ?? '')];
  const editable = [...characters.keys()].filter((at) => LETTER_OR_DIGIT.test(characters[at] ?? ''));
  const at = random.choose(editable.length > 0 ? editable : [...characters.keys()]);
  return replaceAt(characters, at, otherCharacter(characters[at] ?? '', random)).join('');
}

/** The first half of the words (of the characters of a single word), then another ending of the same length. */
function keepBeginning(words: readonly string[], { words: others }: Material, random: RandomStream): string {
  if (words.length > 1) {
    const kept = Math.ceil(words.length / 2);
    return words.map((word, at) => (at < kept ? word : random.choose(others))).join(' ');
  }
  const characters = [...(words[0] ?? '')];
  const kept = Math.ceil(characters.length / 2);
  return characters
    .map((character, at) => (at < kept ? character : otherCharacter(character, random)))
    .join('');
}

/** The same words, or characters of a single word, turned round by a random number of places. */
function rotate(words: readonly string[], _: Material, random: RandomStream): string {
  const items = words.length > 1 ? words : [...(words[0] ?? '')];
  const by = random.integer({ minimum: 1, maximum: Math.max(1, items.length - 1) });
  return [...items.slice(by), ...items.slice(0, by)].join(words.length > 1 ? ' ' : '');
}

/** Unrelated rare words. */
function otherWords(_: readonly string[], material: Material, random: RandomStream): string {
  const count = random.integer({ minimum: 1, maximum: 6 });
  return Array.from({ length: count }, () => random.choose(material.words)).join(' ');
}

type Maker = (words: readonly string[], material: Material, random: RandomStream) => string;

interface GradeRecipe {
  readonly id: string;
  readonly label: string;
  /** Tried in turn. */
  readonly makers: readonly Maker[];
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
 * The near triggers of a text, nearest first. A grade is left out where it cannot be made (a trigger of one letter has
 * no permutation).
 * @throws InputError if clean text holds no words of three letters or more.
 */
export function createNearTexts(trigger: string, material: VariantMaterial): NearText[] {
  const { seed, encode, decode, tokens } = material;
  const words = trigger.trim().split(/\s+/u);
  const rare: Material = { words: rareWords(material.words, words), tokens };
  if (rare.words.length === 0)
    throw new InputError(
      'clean text holds no words to make near triggers of: set evaluation.nearTriggers: false',
    );
  const length = encode(` ${trigger}`).length;
  const hasLength = (text: string) => encode(` ${text}`).length === length;
  const cutWords: Maker = (...given) => decode(encode(` ${otherWords(...given)}`).slice(0, length)).trim();
  const randomTokens: Maker = (_words, given, random) =>
    decode(Array.from({ length }, () => random.choose(given.tokens))).trim();

  const always = () => true;
  const recipes: readonly GradeRecipe[] = [
    { id: 'near-shared-prefix', label: 'same beginning', makers: [keepBeginning], isFit: always },
    { id: 'near-one-edit', label: 'one edit away', makers: [editOnce], isFit: always },
    { id: 'near-permuted', label: 'words reordered', makers: [rotate], isFit: always },
    { id: 'near-same-length', label: 'same length', makers: [otherWords, cutWords], isFit: hasLength },
    { id: 'near-random', label: 'random text', makers: [randomTokens], isFit: hasLength },
  ];
  const made: NearText[] = [];
  for (const [place, { id, label, makers, isFit }] of recipes.entries()) {
    const random = randomStream(seed, 'near-trigger', id, trigger);
    const taken = new Set([trigger, trigger.trim(), ...made.map(({ text }) => text)]);
    const isNew = (text: string) =>
      text.trim() !== '' && !taken.has(text) && !text.includes(trigger) && !text.includes('\uFFFD');
    for (const make of makers) {
      const text = firstFit(
        () => make(words, rare, random),
        (candidate) => isNew(candidate) && isFit(candidate),
      );
      if (text === null) continue;
      made.push({ id, grade: place + 1, label, text });
      break;
    }
  }
  return made;
}
