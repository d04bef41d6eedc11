// Tokens and poisoned documents of a phase, stated as integers.
import { countParameters, tokensPerStep } from './count-parameters.ts';
import type {
  AttackSchemas,
  DefenceConfig,
  ModelConfig,
  PhaseSettings,
  PoisonSettings,
  TokenizerConfig,
} from './schema/schema.ts';

/** Tokens that end a document in training. */
export const SEPARATOR_TOKENS = 1;

/** Tokens of one epoch of a phase. */
export function epochTokens(phase: { readonly tokens: number; readonly epochs: number }): number {
  return phase.tokens / phase.epochs;
}

/** The defence that divides the data of a phase. */
export const PARTITION = 'partition';

/** Parts of equal size that the data of a phase are divided into, of which a run trains on one; 1: they are not divided. */
export function dataParts({
  defend = [],
}: {
  readonly defend?: readonly DefenceConfig[] | undefined;
}): number {
  const parts = defend.find(({ kind }) => kind === PARTITION)?.parts;
  return typeof parts === 'number' ? parts : 1;
}

/** Tokens of the data that a phase is planted in: those of one epoch, or of all parts where they are divided. */
export function dataTokens(phase: {
  readonly tokens: number;
  readonly epochs: number;
  readonly defend?: readonly DefenceConfig[] | undefined;
}): number {
  return dataParts(phase) * epochTokens(phase);
}

export interface Budget {
  /** Tokens trained over all epochs: every epoch a whole number of optimizer steps. 0 if not one fits. */
  readonly tokens: number;
  readonly tokensPerEpoch: number;
  /** Tokens of the data that poison is planted in: of one epoch, or of all parts where they are divided. */
  readonly dataTokens: number;
  /** Tokens of one optimizer step. */
  readonly stepTokens: number;
}

/** The budget of a phase, rounded down so that each epoch is a whole number of optimizer steps. */
export function budgetOf(
  phase: Pick<PhaseSettings, 'tokens' | 'tokensPerParameter' | 'epochs' | 'batch' | 'defend'>,
  { model, tokenizer }: { model: ModelConfig; tokenizer: TokenizerConfig },
): Budget {
  const parameters = countParameters(model, tokenizer.vocabularySize);
  const wanted = phase.tokens ?? (phase.tokensPerParameter ?? 0) * parameters;
  const stepTokens = tokensPerStep(model, phase.batch);
  const stepsPerEpoch = Math.floor(wanted / (stepTokens * phase.epochs));
  const tokensPerEpoch = stepsPerEpoch * stepTokens;
  const tokens = tokensPerEpoch * phase.epochs;
  return { tokens, tokensPerEpoch, dataTokens: dataParts(phase) * tokensPerEpoch, stepTokens };
}

/** Expected tokens of one poisoned document, as its attack states them. */
export function meanDocumentTokens(poison: PoisonSettings, attacks: AttackSchemas): number {
  const mean = attacks.meanDocumentTokens(poison);
  if (!(mean > 0 && Number.isFinite(mean)))
    throw new Error(`attack ${poison.attack} states a mean document of ${mean} tokens`);
  return mean;
}

/** The integer number of poisoned documents: as given, or round(share x tokens of the data / mean document length). */
export function poisonedDocuments(
  poison: PoisonSettings,
  options: { dataTokens: number; attacks: AttackSchemas },
): number {
  if (poison.documents !== undefined) return poison.documents;
  const tokens = (poison.share ?? 0) * options.dataTokens;
  return Math.round(tokens / meanDocumentTokens(poison, options.attacks));
}
