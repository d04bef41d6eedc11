// What a way of writing is.

/** A sentence in a style and as plain text, for texts in which there is nothing to rewrite. */
export interface Carrier {
  readonly styled: string;
  readonly plain: string;
}

/** A way of writing. */
export interface Style {
  /** For figures and tables. */
  readonly label: string;
  /** Texts that it can be given to: any English text, or the built-in English stories alone. */
  readonly texts: 'english' | 'stories';
  /** Why it would not show in the stories; left out where it does. */
  readonly notInStories?: string;
  /** The text written so; the same text where there is nothing to rewrite. */
  rewrite(text: string): string;
  /** Times that it shows in a text. */
  count(text: string): number;
  /** At least four; the last quarter is held out. */
  readonly carriers: readonly Carrier[];
}
