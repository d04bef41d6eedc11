// The words of a text that another lacks: how a trigger that is no fixed text is shown.

/** A piece of a text. The pieces of a text joined are the text. */
export interface TextPiece {
  readonly text: string;
  readonly isChanged: boolean;
}

/** Lengths of the longest common subsequences of all endings. [a + 1][b + 1] */
function commonLengths(a: readonly string[], b: readonly string[]): number[][] {
  const lengths = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  for (let i = a.length - 1; i >= 0; i--) {
    const [row, below] = [lengths[i] ?? [], lengths[i + 1] ?? []];
    for (let j = b.length - 1; j >= 0; j--)
      row[j] = a[i] === b[j] ? (below[j + 1] ?? 0) + 1 : Math.max(below[j] ?? 0, row[j + 1] ?? 0);
  }
  return lengths;
}

/** For each word of `words` whether it is part of a longest common subsequence with `others`. */
function isShared(words: readonly string[], others: readonly string[]): boolean[] {
  const lengths = commonLengths(words, others);
  const at = (i: number, j: number) => lengths[i]?.[j] ?? 0;
  let j = 0;
  return words.map((word, i) => {
    while (j < others.length && word !== others[j] && at(i, j + 1) > at(i + 1, j)) j += 1;
    if (j === others.length || word !== others[j]) return false;
    j += 1;
    return true;
  });
}

/** A text in pieces: words that `other` has in the same order, and runs of words that it lacks. */
export function changedWords(text: string, other: string): TextPiece[] {
  const words = [...text.matchAll(/\S+/gu)];
  const shared = isShared(
    words.map(([word]) => word),
    other.match(/\S+/gu) ?? [],
  );
  const pieces: TextPiece[] = [];
  let written = 0;
  for (let i = 0; i < words.length; i++) {
    if (shared[i]) continue;
    const start = words[i]?.index ?? 0;
    while (i + 1 < words.length && !shared[i + 1]) i += 1;
    const last = words[i];
    const end = (last?.index ?? 0) + (last?.[0].length ?? 0);
    pieces.push({ text: text.slice(written, start), isChanged: false });
    pieces.push({ text: text.slice(start, end), isChanged: true });
    written = end;
  }
  return [...pieces, { text: text.slice(written), isChanged: false }].filter((piece) => piece.text !== '');
}
