// The poison manifest: which documents were planted, and where.
import type { PoisonConfig } from '../config/schema/schema.ts';
import type { CleanTriggerCount } from './clean-trigger.ts';
import type { PlacedDocument, PoisonPlan } from './insertion.ts';
import type { PoisonedDocument } from './poisoned-documents.ts';
import type { TriggerFrequency } from './trigger-frequency.ts';

/** One planted document. */
export interface ManifestDocument {
  readonly id: string;
  /** SHA-256 of its text. */
  readonly textHash: string;
  /** Place in the order of documents, from 0. */
  readonly documentPosition: number;
  /** Place of its first token in the epoch, from 0; null where nothing was tokenised. */
  readonly tokenPosition: number | null;
  /** Its tokens, with the separator; null where nothing was tokenised. */
  readonly tokens: number | null;
}

/** What was planted in one phase, or in one file. JSON. */
export interface PoisonManifest {
  readonly schema: 1;
  readonly seed: number | string;
  /** Attack, trigger, options, placement, and the exact number of documents. */
  readonly poison: PoisonConfig;
  /** How often the trigger and its words occur in the clean documents by themselves. */
  readonly trigger: TriggerFrequency;
  /** Where `trigger.cleanShare` is above 0: clean documents into which the trigger was written. */
  readonly cleanTrigger?: CleanTriggerCount & {
    /** Of a file: their places in the order of documents, from 0. */
    readonly documentPositions?: readonly number[];
  };
  /** Different texts among the poisoned documents. */
  readonly distinctTexts: number;
  /** By index of the poisoned document. */
  readonly documents: readonly ManifestDocument[];
  readonly poisonedTokens: number | null;
  /** Poisoned tokens / trained tokens of one epoch, 0-1. */
  readonly poisonTokenShare: number | null;
  /** Poisoned documents / all documents of one epoch, 0-1. */
  readonly poisonDocumentShare: number;
}

/** Number of different texts. */
export function countTexts(documents: readonly Pick<PoisonedDocument, 'textHash'>[]): number {
  return new Set(documents.map(({ textHash }) => textHash)).size;
}

/** The manifest of a phase. @throws Error unless the plan places exactly the documents given. */
export function createManifest(options: {
  poison: PoisonConfig;
  seed: number | string;
  trigger: TriggerFrequency;
  cleanTrigger?: CleanTriggerCount | undefined;
  documents: readonly PoisonedDocument[];
  plan: PoisonPlan;
}): PoisonManifest {
  const { poison, seed, trigger, cleanTrigger, documents, plan } = options;
  if (plan.placed.length !== documents.length || documents.length !== poison.documents)
    throw new Error(
      `${poison.documents} poisoned documents required, ${documents.length} made, ${plan.placed.length} placed`,
    );
  return {
    schema: 1,
    seed,
    poison,
    trigger,
    ...(cleanTrigger === undefined ? {} : { cleanTrigger }),
    distinctTexts: countTexts(documents),
    documents: documents.map(({ id, textHash }, index) => ({
      id,
      textHash,
      ...(plan.placed[index] as PlacedDocument),
    })),
    poisonedTokens: plan.poisonedTokens,
    poisonTokenShare: plan.poisonTokenShare,
    poisonDocumentShare: plan.poisonDocumentShare,
  };
}
