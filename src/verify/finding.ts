// What does not agree in a folder of results.

/** Something in the folder that does not agree with the rest of it. */
export interface Finding {
  /** Identity of the run it is about; null: the file as a whole. */
  readonly run: string | null;
  readonly text: string;
}
