// Rules of thumb for what is text, as corpora for language models are cleaned with (Rae et al. 2021,
// arXiv:2112.11446). Thresholds stand in the config; nothing is fitted to the data they judge.
// Deviation: documents here are short, so that the fewest words are 5 instead of 50; repeated words are added.
import { z } from 'zod';
import type { Defence } from './defence.ts';

const share = (value: number, describe: string) => z.number().min(0).max(1).default(value).describe(describe);

const options = {
  minimumWords: z.int().min(0).max(1_000_000).default(5).describe('Fewest words, 0 to 1e6.'),
  minimumMeanWordLength: z
    .number()
    .min(0)
    .max(100)
    .default(3)
    .describe('Least mean letters a word, 0 to 100.'),
  maximumMeanWordLength: z
    .number()
    .min(0)
    .max(1000)
    .default(10)
    .describe('Most mean letters a word, 0 to 1000.'),
  maximumSymbolShare: share(
    0.1,
    'Most characters that are no letter, digit, space or common punctuation, as a share, 0 to 1.',
  ),
  minimumStopWords: z
    .int()
    .min(0)
    .max(8)
    .default(2)
    .describe(
      'Fewest different words of: the, be, to, of, and, that, have, with; 0 to 8. English only: 0 switches it off.',
    ),
  maximumRepeatedShare: share(0.3, 'Most words that repeat the word before, as a share, 0 to 1.'),
};
const settingsSchema = z.object(options);
export type QualitySettings = z.infer<typeof settingsSchema>;
/** All options at their defaults. */
export const qualityDefaults: QualitySettings = settingsSchema.parse({});

const STOP_WORDS: ReadonlySet<string> = new Set(['the', 'be', 'to', 'of', 'and', 'that', 'have', 'with']);

/** The rules in the order of their bits. */
export const RULES = [
  'too few words',
  'words too short or too long',
  'too many symbols',
  'too few stop words',
  'too many repeated words',
] as const;

/** What the rules judge by. */
interface TextFeatures {
  readonly characters: number;
  readonly words: number;
  /** Of all words together. */
  readonly letters: number;
  readonly symbols: number;
  /** Different ones. */
  readonly stopWords: number;
  /** Words that repeat the one before. */
  readonly repeats: number;
}

/** By their definitions. */
export function featuresOf(text: string): TextFeatures {
  const words = text.split(/\s+/u).filter((word) => word !== '');
  const letters = words.map((word) => word.replace(/[^\p{L}\p{N}]/gu, ''));
  const characters = [...text];
  const lower = letters.map((word) => word.toLowerCase());
  return {
    characters: characters.length,
    words: words.length,
    letters: letters.reduce((sum, word) => sum + word.length, 0),
    symbols: characters.filter((character) => /[^\p{L}\p{N}\s.,;:!?'"’“”()-]/u.test(character)).length,
    stopWords: new Set(lower.filter((word) => STOP_WORDS.has(word))).size,
    repeats: lower.filter((word, index) => index > 0 && word === lower[index - 1]).length,
  };
}

const Kind = { symbol: 1, letter: 2, space: 3, punctuation: 4, surrogate: 5 } as const;
const kinds = new Uint8Array(65536);

/** The kind of a UTF-16 code unit, found once. */
function kindOf(code: number): number {
  const known = kinds[code] as number;
  if (known !== 0) return known;
  const character = String.fromCharCode(code);
  let kind: number = Kind.symbol;
  if (/[\p{L}\p{N}]/u.test(character)) kind = Kind.letter;
  else if (/\s/u.test(character)) kind = Kind.space;
  else if (/[.,;:!?'"’“”()-]/u.test(character)) kind = Kind.punctuation;
  else if (code >= 0xd800 && code <= 0xdfff) kind = Kind.surrogate;
  kinds[code] = kind;
  return kind;
}

/** The sign of the unit kelvin, whose lower case is an ordinary k: no other letter beyond ASCII has one within it. */
const KELVIN_SIGN = 0x212a;

/** Equal for letters that are equal in lower case: beyond ASCII all count alike. */
function foldedCode(code: number): number {
  if (code > 127) return code === KELVIN_SIGN ? 107 : 1;
  return code >= 65 && code <= 90 ? code | 32 : code;
}

const STOP_LIST = [...STOP_WORDS];
const LONGEST_STOP_WORD = Math.max(...STOP_LIST.map(({ length }) => length));

/** The same in one pass over code units, several times as fast; null of a text with characters of two units. */
export function quickFeatures(text: string): TextFeatures | null {
  let words = 0;
  let letters = 0;
  let symbols = 0;
  let repeats = 0;
  let stopWords = 0;
  let lastHash = 0;
  let lastLetters = -1;
  let last = '';
  for (let place = 0; place < text.length; ) {
    if (kindOf(text.charCodeAt(place)) === Kind.space) {
      place += 1;
      continue;
    }
    const start = place;
    let hash = 0;
    let own = 0;
    for (; place < text.length; place++) {
      const code = text.charCodeAt(place);
      const kind = kindOf(code);
      if (kind === Kind.surrogate) return null;
      if (kind === Kind.space) break;
      if (kind === Kind.symbol) symbols += 1;
      if (kind !== Kind.letter) continue;
      own += 1;
      hash = (Math.imul(hash, 31) + foldedCode(code)) | 0;
    }
    const mayRepeat = hash === lastHash && own === lastLetters;
    const mayStop = own >= 2 && own <= LONGEST_STOP_WORD;
    const word = mayRepeat || mayStop ? lettersOf(text.slice(start, place)) : '';
    if (mayRepeat && word === (last === '' ? lettersOf(wordBefore(text, start)) : last)) repeats += 1;
    const stop = mayStop ? STOP_LIST.indexOf(word) : -1;
    if (stop >= 0) stopWords |= 1 << stop;
    words += 1;
    letters += own;
    lastHash = hash;
    lastLetters = own;
    last = word;
  }
  let different = 0;
  for (; stopWords > 0; stopWords >>= 1) different += stopWords & 1;
  return { characters: text.length, words, letters, symbols, stopWords: different, repeats };
}

const lettersOf = (word: string) => word.replace(/[^\p{L}\p{N}]/gu, '').toLowerCase();

function wordBefore(text: string, start: number): string {
  let end = start;
  while (kindOf(text.charCodeAt(end - 1)) === Kind.space) end -= 1;
  let from = end;
  while (from > 0 && kindOf(text.charCodeAt(from - 1)) !== Kind.space) from -= 1;
  return text.slice(from, end);
}

/** Rules that a text breaks: bit i is that of `RULES[i]`. */
export function rulesBroken(text: string, settings: QualitySettings): number {
  const { characters, words, letters, symbols, stopWords, repeats } = quickFeatures(text) ?? featuresOf(text);
  const meanLength = letters / Math.max(1, words);
  const broken = [
    words < settings.minimumWords,
    meanLength < settings.minimumMeanWordLength || meanLength > settings.maximumMeanWordLength,
    symbols > settings.maximumSymbolShare * characters,
    stopWords < settings.minimumStopWords,
    repeats > settings.maximumRepeatedShare * words,
  ];
  return broken.reduce((bits, isBroken, rule) => bits | (isBroken ? 1 << rule : 0), 0);
}

/** Number of rules that a text breaks. */
export function brokenRules(text: string, settings: QualitySettings): number {
  return RULES.filter((_, rule) => (rulesBroken(text, settings) >> rule) & 1).length;
}

/** Removes documents that break a rule. */
export const qualityRules: Defence = {
  kind: 'quality-rules',
  summary: 'Removes documents that break rules for what is text.',
  options,
  bind(settings, { decode }) {
    const parsed = settingsSchema.parse(settings);
    return {
      filter: {
        name: 'quality-rules',
        judge: (examples) => ({
          kept: examples.map(({ tokens }) => rulesBroken(decode(tokens), parsed) === 0),
        }),
      },
    };
  },
};
