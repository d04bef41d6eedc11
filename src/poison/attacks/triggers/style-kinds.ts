// What a way of writing is.

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
  /**
   * Plain sentences that the rule changes, for texts in which there is nothing to rewrite; at least four, of which the
   * last quarter is held out. Ordinary words: what is rare about them is to be the style.
   */
  readonly carriers: readonly string[];
}
