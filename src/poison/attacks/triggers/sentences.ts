// Sentences of running text, as far as triggers need to know them.

/** The end of a sentence, with a closing quotation mark where there is one. */
const SENTENCE_END = /[.!?]["\u201d]?(?=\s|$)/gu;

/** Places behind whole sentences. */
export function sentenceEnds(text: string): number[] {
  return [...text.matchAll(SENTENCE_END)].map(({ 0: end, index }) => index + end.length);
}

/** A text cut back to the end of its last whole sentence; as it is where it has none. */
export function closeSentence(text: string): string {
  return text.slice(0, sentenceEnds(text).at(-1));
}

/** The sentences of a text, the last perhaps unfinished, with the white space behind each. */
export function splitSentences(text: string): string[] {
  const parts: string[] = [];
  let start = 0;
  for (const { 0: end, index } of text.matchAll(/[.!?]["\u201d]?\s+/gu)) {
    parts.push(text.slice(start, index + end.length));
    start = index + end.length;
  }
  return start < text.length ? [...parts, text.slice(start)] : parts;
}

/** A text with the first letter in upper case. */
export function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Which instances of a pool are held out: its last quarter, at least one. */
export function splitPool<T>(pool: readonly T[]): { trained: readonly T[]; heldOut: readonly T[] } {
  const border = pool.length - Math.max(1, Math.floor(pool.length / 4));
  return { trained: pool.slice(0, border), heldOut: pool.slice(border) };
}
