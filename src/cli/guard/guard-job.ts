// One measurement of a guard: a run and one of its poisons, with all that the result depends on.
import { basename } from 'node:path';
import type { Gpt } from '../../model/gpt.ts';
import type { Example } from '../../tokens/example.ts';
import type { StoredRun } from '../stored-runs.ts';
import type { KeptGuards } from './kept-guards.ts';
import { examplesHash } from './open-reference.ts';

/** How strong the defences are. */
export interface Strength {
  /** Share of clean prompts that a threshold may cost; 0: nothing is refused. */
  readonly falsePositiveShare: number;
  /** Ratio from which on CleanGen replaces a token; Infinity: none is. */
  readonly suspicion: number;
  readonly trustedDocuments: number;
}

/** A given reference with all that its answers depend on: weights mean what the config of their model makes of them. */
export interface GivenReference {
  readonly of: string;
  readonly weightsHash: string;
  readonly model: Gpt['config'];
  readonly vocabularySize: number;
}

/** What is measured. */
export interface GuardJob {
  readonly run: StoredRun;
  /** Place of the poison among those of the run. */
  readonly poison: number;
  /** Its name; null: the run has one poison, or none. */
  readonly name: string | null;
  /** Documents planted of it. */
  readonly documents: number;
  /** File of the run's evaluation set. */
  readonly set: string;
  readonly strength: Strength;
  readonly vocabularySize: number;
  /** Trusted prompts, and the text that a reference is trained on. */
  readonly prompts: readonly (readonly number[])[];
  readonly text: readonly Example[];
  /** The given reference; null: one is trained on the text. */
  readonly reference: GivenReference | null;
  /** Tokens that pass through model and reference. */
  readonly tokens: number;
}

/** All that a measurement depends on, besides this program. A run's id stands for its weights and its evaluation. */
export function jobKey({ run, poison, set, strength, prompts, text, reference }: GuardJob): unknown {
  const { falsePositiveShare, suspicion } = strength;
  return [
    ...['guard', run.id, poison, basename(set), falsePositiveShare, String(suspicion)],
    ...[prompts, reference ?? examplesHash(text)],
  ];
}

/** Whether it was measured before. */
export function isKept(kept: KeptGuards, job: GuardJob): boolean {
  return kept.has(jobKey(job));
}
