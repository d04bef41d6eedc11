// A sentence of a paper.

/** A sentence, and the entries of the bibliography that it rests on. */
export interface Sentence {
  readonly text: string;
  readonly cites?: readonly string[];
}
