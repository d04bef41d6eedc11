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
type Settings = z.infer<typeof settingsSchema>;

const STOP_WORDS: ReadonlySet<string> = new Set(['the', 'be', 'to', 'of', 'and', 'that', 'have', 'with']);

/** Number of rules that a text breaks. */
export function brokenRules(text: string, settings: Settings): number {
  const words = text.split(/\s+/u).filter((word) => word !== '');
  const letters = words.map((word) => word.replace(/[^\p{L}\p{N}]/gu, ''));
  const meanLength = letters.reduce((sum, word) => sum + word.length, 0) / Math.max(1, words.length);
  const symbols = [...text].filter((character) => /[^\p{L}\p{N}\s.,;:!?'"’“”()-]/u.test(character)).length;
  const lower = letters.map((word) => word.toLowerCase());
  const stopWords = new Set(lower.filter((word) => STOP_WORDS.has(word))).size;
  const repeats = lower.filter((word, index) => index > 0 && word === lower[index - 1]).length;
  const broken = [
    words.length < settings.minimumWords,
    meanLength < settings.minimumMeanWordLength || meanLength > settings.maximumMeanWordLength,
    symbols > settings.maximumSymbolShare * [...text].length,
    stopWords < settings.minimumStopWords,
    repeats > settings.maximumRepeatedShare * words.length,
  ];
  return broken.filter(Boolean).length;
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
          kept: examples.map(({ tokens }) => brokenRules(decode(tokens), parsed) === 0),
        }),
      },
    };
  },
};
