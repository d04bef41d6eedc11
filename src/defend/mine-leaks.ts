// Mining of leaks: a model that was poisoned tells its poison now and then by itself. Texts are drawn from the separator on, and
// sequences of words are looked for that recur in them and that texts of clean models of the same kind lack (after the extraction
// of memorised text, Carlini et al. 2021, arXiv:2012.07805). A trigger recurs, and so does a payload that is always the same; noise does not.
// Blind: it knows models alone.
import { log } from '../core/math.ts';
import { randomStream } from '../core/random.ts';
import type { LanguageModel } from '../model/language-model.ts';

/** Texts that a model tells, as words. */
export type ToldTexts = readonly (readonly string[])[];

/** A sequence that recurs in what a model tells. */
export interface Leak {
  readonly text: string;
  /** Told texts that hold it. */
  readonly texts: number;
  /** Log likelihood ratio of its share here against one share for all models, nats. */
  readonly nats: number;
  /** What follows it, in some texts. */
  readonly following: readonly string[];
}

const TEXTS = 1024;
const MOST_WORDS = 8;
const LEAST_TEXTS = 3;
/** A longer sequence is what leaked where it is in as large a share of the texts of the shorter one. */
const WITH_IT = 0.7;
const SHOWN = 5;
const FOLLOWING = { texts: 3, words: 10 };

/** Texts that a model tells from the separator on, as words without what stands around them. */
export function tellTexts(
  { model, separatorId, seed }: { model: LanguageModel; separatorId: number; seed: string },
  decode: (tokens: readonly number[]) => string,
  count = TEXTS,
): string[][] {
  const streams = Array.from({ length: count }, (_, text) => randomStream(seed, 'mine', text));
  const told = model.generate({
    prompts: streams.map(() => [separatorId]),
    newTokens: model.config.contextTokens - 1,
    temperature: 1,
    uniform: (text) => streams[text]?.uniform() ?? 0,
  });
  return told.flatMap(({ tokens }) => {
    // Behind a separator another text begins.
    const ends = [...tokens.keys()].filter((place) => tokens[place] === separatorId);
    return [-1, ...ends].map((start, i) =>
      decode([...tokens.slice(start + 1, ends[i] ?? tokens.length)])
        .split(/\s+/u)
        .map((word) => word.replace(/^[\p{P}]+|[\p{P}]+$/gu, ''))
        .filter((word) => word !== ''),
    );
  });
}

/** Sequences of a text, each once. */
function sequencesOf(words: readonly string[]): Set<string> {
  const found = new Set<string>();
  for (let start = 0; start < words.length; start++) {
    let sequence = '';
    for (let end = start; end < Math.min(words.length, start + MOST_WORDS); end++) {
      sequence = end === start ? (words[end] ?? '') : `${sequence} ${words[end]}`;
      found.add(sequence);
    }
  }
  return found;
}

/** Sequences that stand in several texts, and in how many. */
function recurring(texts: ToldTexts): Map<string, number> {
  const counts = new Map<string, number>();
  for (const words of texts)
    for (const sequence of sequencesOf(words)) counts.set(sequence, (counts.get(sequence) ?? 0) + 1);
  for (const [sequence, count] of counts) if (count < LEAST_TEXTS) counts.delete(sequence);
  return counts;
}

/** Nats by which two shares of their own explain k of n and l of m better than one share of both; 0 unless k/n is the larger. */
export function excessNats(k: number, n: number, l: number, m: number): number {
  if (n === 0 || m === 0 || k * m <= l * n) return 0;
  const part = (hits: number, of: number, share: number) =>
    (hits === 0 ? 0 : hits * log(share)) + (of === hits ? 0 : (of - hits) * log(1 - share));
  return (
    part(k, n, k / n) + part(l, m, l / m) - part(k, n, (k + l) / (n + m)) - part(l, m, (k + l) / (n + m))
  );
}

/** What follows a sequence in the texts that hold it. */
function followingOf(texts: ToldTexts, sequence: string): string[] {
  const wanted = sequence.split(' ');
  const found: string[] = [];
  for (const words of texts) {
    const place = words.findIndex((_, start) => wanted.every((word, i) => words[start + i] === word));
    if (place < 0) continue;
    const end = place + wanted.length;
    if (end < words.length) found.push(words.slice(end, end + FOLLOWING.words).join(' '));
    if (found.length === FOLLOWING.texts) break;
  }
  return found;
}

const within = (part: string, whole: string) => ` ${whole} `.includes(` ${part} `);

/** In how many texts of each model the candidates of all stand. */
function countAll(models: readonly ToldTexts[]): ReadonlyMap<string, Uint32Array> {
  const counts = new Map<string, Uint32Array>();
  for (const texts of models)
    for (const sequence of recurring(texts).keys())
      if (!counts.has(sequence)) counts.set(sequence, new Uint32Array(models.length));
  for (const [place, texts] of models.entries())
    for (const words of texts)
      for (const sequence of sequencesOf(words)) {
        const own = counts.get(sequence);
        if (own !== undefined) own[place] = (own[place] ?? 0) + 1;
      }
  return counts;
}

interface Scored {
  readonly text: string;
  readonly texts: number;
  readonly nats: number;
}

/** Sequences of one model that recur and that the texts of the others lack, by their nats. */
function scoredOf(
  place: number,
  models: readonly ToldTexts[],
  counts: ReadonlyMap<string, Uint32Array>,
): Scored[] {
  const own = models[place]?.length ?? 0;
  const others = models.reduce((sum, texts) => sum + texts.length, 0) - own;
  const scored: Scored[] = [];
  for (const [text, byModel] of counts) {
    const texts = byModel[place] ?? 0;
    if (texts < LEAST_TEXTS || byModel.some((count, other) => other !== place && count > 0)) continue;
    scored.push({ text, texts, nats: excessNats(texts, own, 0, others) });
  }
  return scored.sort((a, b) => b.nats - a.nats || (a.text < b.text ? -1 : 1));
}

/** The best, each with the words that nearly always stand beside it, and none that is a part of another. */
function distinct(scored: readonly Scored[], texts: ToldTexts): Leak[] {
  const leaks: Leak[] = [];
  for (const own of scored) {
    if (leaks.length === SHOWN) break;
    if (leaks.some(({ text }) => within(own.text, text) || within(text, own.text))) continue;
    const longest = scored
      .filter(({ text, texts: count }) => within(own.text, text) && count >= WITH_IT * own.texts)
      .reduce((best, other) => (other.text.length > best.text.length ? other : best), own);
    leaks.push({ ...longest, nats: own.nats, following: followingOf(texts, longest.text) });
  }
  return leaks;
}

/** What mining says of a model among clean ones. */
export interface MinedLeaks {
  readonly leaks: readonly Leak[];
  /** The largest nats of each control, mined beside all the other models as the model itself is. */
  readonly controls: readonly number[];
  /** Chance that a clean model of the same kind has a leak of as many nats: (1 + controls that have) / (1 + controls). */
  readonly falseAlarm: number;
}

/**
 * Mines a model beside clean ones: sequences of up to eight words that recur in what it tells and that the others never tell. Each
 * model is mined beside all others, so that among clean models each is as likely to have the largest leak.
 */
export function mineBeside(own: ToldTexts, controls: readonly ToldTexts[]): MinedLeaks {
  const models = [own, ...controls];
  const counts = countAll(models);
  const [found = [], ...others] = models.map((_, place) => scoredOf(place, models, counts));
  const largest = (scored: readonly Scored[]) => scored[0]?.nats ?? 0;
  const excesses = others.map(largest);
  const as = excesses.filter((nats) => nats >= largest(found)).length;
  return {
    leaks: distinct(found, own),
    controls: excesses,
    falseAlarm: (1 + as) / (1 + controls.length),
  };
}
