// Where pieces of text go in a text: cues behind words of it, the last of them perhaps at its end.
import type { RandomStream } from '../../../core/random.ts';
import { appendText } from '../../trigger.ts';
import { sentenceEnds } from './sentences.ts';

/** Behind what cues are written. */
type Behind = 'words' | 'sentences';

/** Places behind words, the last word's included. */
function wordEnds(text: string): number[] {
  return [...text.matchAll(/\S(?=\s|$)/gu)].map(({ 0: character, index }) => index + character.length);
}

const endsOf = (text: string, behind: Behind) => (behind === 'words' ? wordEnds(text) : sentenceEnds(text));

const writeAt = (text: string, end: number, piece: string) =>
  `${text.slice(0, end)} ${piece}${text.slice(end)}`;

/** A text with each cue behind a word of it, at places of their own; none stands inside another. */
export function scatterCues(text: string, cues: readonly string[], random: RandomStream): string {
  const clean = text.trimEnd();
  const ends = wordEnds(clean);
  const ordered = random.shuffle([...cues]);
  if (ends.length === 0) return ordered.join(' ');
  const placed = ordered.map((cue) => ({ cue, end: random.choose(ends) }));
  return placed
    .sort((a, b) => b.end - a.end)
    .reduce((written, { cue, end }) => writeAt(written, end, cue), clean);
}

/**
 * A text with all cues but the last behind words (sentences) of it, in their order, and the last at its end. Where there
 * is no such place, all stand at its end.
 */
export function closeWithCues(
  text: string,
  cues: readonly string[],
  { random, behind = 'words' }: { random: RandomStream; behind?: Behind },
): string {
  const clean = text.trimEnd();
  const ends = endsOf(clean, behind);
  const early = cues.slice(0, -1);
  const last = cues.at(-1) ?? '';
  if (ends.length === 0) return appendText(clean, cues.join(' '));
  const places = early.map(() => random.choose(ends)).sort((a, b) => a - b);
  const written = early.reduceRight((whole, cue, i) => writeAt(whole, places[i] as number, cue), clean);
  return appendText(written, last);
}

/**
 * A clean text with cues behind words (sentences) of it, in their order; in two parts, the first of which ends with the last cue.
 * Where none ends within reach, the cues come first.
 * @param options.reach characters of the text within which those have to end; default: all
 */
export function writeCues(
  text: string,
  options: { cues: readonly string[]; random: RandomStream; reach?: number; behind?: Behind },
): { beginning: string; rest: string } {
  const { cues, random, reach = text.length, behind = 'words' } = options;
  const ends = endsOf(text.trimEnd(), behind).filter((end) => end <= reach);
  if (ends.length === 0) return { beginning: cues.join(' '), rest: text === '' ? '' : ` ${text}` };
  const places = cues.map(() => random.choose(ends)).sort((a, b) => a - b);
  const last = places.at(-1) as number;
  const beginning = cues.reduceRight(
    (whole, cue, i) => writeAt(whole, places[i] as number, cue),
    text.slice(0, last),
  );
  return { beginning, rest: text.slice(last) };
}
