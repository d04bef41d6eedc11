// What a corpus is to the rest of the program.

/** One clean text. Well-formed Unicode without NUL. */
export interface Document {
  /** Unique within its corpus, stable between runs. */
  readonly id: string;
  readonly text: string;
  /** Characters at the beginning of the text that are a prompt; left out: none. */
  readonly promptCharacters?: number;
  /** Where it came from: `stories:en`, or a path relative to the corpus with a line or row. */
  readonly origin: string;
}

/** Which part of the experiment a document serves; decided by the hash of its text. */
export type Split = 'train' | 'heldOut' | 'prompts' | 'calibration' | 'judge' | 'trusted';

/** An opened corpus. */
export interface Corpus {
  /** Identifies the content: generator version and seed, or the SHA-256 of what was read. */
  readonly contentHash: string;
  /** What makes a beginning of a document a prompt; left out: there are no prompts. */
  readonly promptRule?: string;
  /** Files of its folder that were left out, since they are not of its kind; left out: none. */
  readonly leftOutFiles?: number;
  /** True for generators: `documents()` never ends. */
  readonly unlimited: boolean;
  /** The documents in their order (files by code unit of their relative path), from the first at each call. */
  documents(): AsyncIterable<Document>;
}
