// What the page and its workers say to each other. Every order has an id; every reply names the order it belongs to.
import type { RunChoice } from './choices.ts';

/** A hidden trigger: the words are those whose salted hashes these are. */
export interface HiddenTrigger {
  readonly salt: string;
  readonly hashes: readonly string[];
}

/** Models that a worker keeps side by side. */
export type Slot = 'main' | 'aside' | 'hunt' | 'removed' | 'filtered';

/** What is trained. */
export interface TrainOrder {
  readonly kind: 'train';
  readonly choice: RunChoice;
  readonly slot: Slot;
  /** In place of the choice's trigger. */
  readonly hidden?: HiddenTrigger;
  /** Documents of more mean surprise are left out. */
  readonly maximumNats?: number;
  /** Clean text after the run in `main`: with the trigger that was found in some of it, or blind (null). */
  readonly cleanWith?: { readonly trigger: string | null };
}

/** Orders that begin something. */
export type Order =
  | { readonly kind: 'open'; readonly kernels: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'measure'; readonly choice: RunChoice }
  | TrainOrder
  | { readonly kind: 'documents'; readonly choice: RunChoice; readonly first: number; readonly count: number }
  | {
      readonly kind: 'prompt';
      readonly slot: Slot;
      readonly text: string;
      /** What is put behind the text, one continuation each; null: nothing. */
      readonly endings: readonly (string | null)[];
      readonly seed: number;
    }
  | { readonly kind: 'scan'; readonly slot: Slot; readonly isLowerCase: boolean }
  | { readonly kind: 'score'; readonly slot: Slot; readonly texts: readonly string[] }
  | { readonly kind: 'surprise'; readonly choice: RunChoice }
  /** The model in `main` as a file. */
  | { readonly kind: 'export' }
  /** Loads the ranks of the tokenizer before they are needed, so that the page can do without a network. */
  | { readonly kind: 'ranks' };

/** Orders to a training that is under way. */
export type Control = 'pause' | 'resume' | 'step' | 'stop';

export type ToWorker =
  | { readonly id: number; readonly order: Order }
  | { readonly id: number; readonly control: Control };

/** A document of the training stream. */
export interface StreamDocument {
  readonly place: number;
  readonly text: string;
  readonly poisoned: boolean;
}

/** The same prompt, without and with the trigger, with the same random numbers. */
export interface SamplePair {
  readonly prompt: string;
  readonly clean: string;
  readonly triggered: string;
  readonly success: boolean;
}

/** A measured point of a run. */
export interface CurvePoint {
  readonly step: number;
  readonly documentsSeen: number;
  readonly success: number;
  readonly cleanLossNats: number | null;
  /** The last one has more prompts and its own threshold. */
  readonly full: boolean;
}

/** Whether a run's weights are those that were published. */
export interface RunResult {
  readonly runId: string;
  readonly weightsHash: string;
  readonly curve: readonly CurvePoint[];
  /** Success on prompts without the trigger. */
  readonly falseAlarms: number;
  readonly trainedMs: number;
  /** Poisoned and clean documents that a filter left; null without one. */
  readonly filtered: { readonly planted: number; readonly kept: number } | null;
}

/** What comes while an order is worked off. */
export type Report =
  | { readonly kind: 'preparing'; readonly needsRanks: boolean }
  | {
      readonly kind: 'prepared';
      readonly steps: number;
      readonly documents: number;
      readonly startStep: number;
    }
  | {
      readonly kind: 'progress';
      readonly step: number;
      readonly lossNats: number;
      readonly documentsSeen: number;
      readonly elapsedMs: number;
    }
  | { readonly kind: 'samples'; readonly step: number; readonly pairs: readonly SamplePair[] }
  | { readonly kind: 'point'; readonly point: CurvePoint }
  | { readonly kind: 'paused'; readonly step: number }
  | { readonly kind: 'scanned'; readonly done: number; readonly of: number };

/** The scored candidates of a scan, best first. */
export interface ScanResult {
  readonly candidates: readonly { readonly text: string; readonly nats: number }[];
  readonly ms: number;
}

/** A model as a file. */
export interface ExportedModel {
  readonly name: string;
  readonly text: string;
}

/** What an order ends with, by its kind. */
export interface Answers {
  readonly open: { readonly words: readonly string[]; readonly prompts: readonly string[] };
  readonly measure: { readonly msPerStep: number; readonly steps: number };
  readonly train: RunResult | null;
  readonly documents: {
    readonly documents: readonly StreamDocument[];
    readonly of: number;
    readonly poisoned: readonly number[];
  };
  readonly prompt: readonly { readonly text: string; readonly nats: number; readonly success: boolean }[];
  readonly scan: ScanResult;
  readonly score: readonly number[];
  readonly export: ExportedModel;
  readonly ranks: null;
  readonly surprise: { readonly clean: readonly number[]; readonly poisoned: readonly number[] };
}

export type FromWorker =
  | { readonly id: number; readonly report: Report }
  | { readonly id: number; readonly answer: Answers[keyof Answers] }
  | { readonly id: number; readonly failed: string };
