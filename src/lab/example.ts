// What the page shows before anything is trained: computed beforehand by scripts/lab/generate-lab-example.mjs with the code that
// the workers run. A file of its own, loaded after the page.
import type { CurvePoint, RunResult, SamplePair, StreamDocument } from './protocol.ts';

/** One kept moment of the example's training. */
export interface ExampleMoment {
  readonly step: number;
  readonly pair: SamplePair;
}

/** JSON, generated. */
export interface Example {
  readonly steps: number;
  readonly losses: readonly (readonly [step: number, lossNats: number])[];
  readonly live: readonly (readonly [step: number, success: number])[];
  readonly moments: readonly ExampleMoment[];
  readonly result: RunResult;
  readonly documents: readonly StreamDocument[];
  readonly poisonedPlaces: readonly number[];
  readonly allDocuments: number;
  readonly answers: readonly {
    readonly beginning: string;
    readonly ending: string | null;
    readonly text: string;
    readonly nats: number;
  }[];
  readonly scan: {
    readonly words: number;
    readonly best: readonly { readonly text: string; readonly nats: number }[];
  };
  readonly removal: {
    readonly blind: readonly CurvePoint[];
    readonly found: readonly CurvePoint[];
  };
  readonly surprise: { readonly clean: readonly number[]; readonly poisoned: readonly number[] };
}

let loading: Promise<Example> | undefined;

/** Loads the example, once. */
export function loadExample(): Promise<Example> {
  loading ??= import('./data/example.json').then(({ default: data }) => data as unknown as Example);
  return loading;
}

/** A published run: its place in results/, and what it found. */
export interface PublishedRun {
  readonly key: string;
  readonly id: string;
  readonly weightsHash: string;
  /** Trigger success at the last checkpoint. */
  readonly success: number;
  /** Poisoned tokens / trained tokens, 0-1. */
  readonly share: number;
}

let published: Promise<readonly PublishedRun[]> | undefined;

/** Loads what was published, once. */
export function loadPublished(): Promise<readonly PublishedRun[]> {
  published ??= import('./data/published.json').then(({ default: data }) =>
    (data as unknown as readonly (readonly [string, string, string, number, number])[]).map(
      ([key, id, weightsHash, success, share]) => ({ key, id, weightsHash, success, share }),
    ),
  );
  return published;
}
