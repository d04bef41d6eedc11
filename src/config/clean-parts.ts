// The corpora that a phase's clean text comes from, and how much each gives: its own, then those mixed into it.
import { InputError } from '../core/errors.ts';
import { dataTokens } from './budget.ts';
import type { CorpusConfig, MixedCorpus, PhaseConfig } from './schema/schema.ts';

/** What one corpus gives to the data of a phase: to those of all parts where they are divided. */
export interface CleanPart {
  readonly corpus: CorpusConfig;
  /** Of the epoch, 0-1. */
  readonly share: number;
  /** Tokens, separators included; in rows 0. */
  readonly tokens: number;
  /** In rows: documents, one a row; otherwise 0. */
  readonly documents: number;
}

/** All corpora of a phase: its own first. */
export function corporaOfPhase(phase: {
  readonly corpus: CorpusConfig;
  readonly mix?: readonly MixedCorpus[] | undefined;
}): CorpusConfig[] {
  return [phase.corpus, ...(phase.mix ?? []).map(({ corpus }) => corpus)];
}

/**
 * What each corpus of a phase gives: shares are of tokens, in rows of documents, rounded to whole ones; the phase's own
 * corpus gives what is left.
 */
export function cleanParts(phase: PhaseConfig, contextTokens: number): CleanPart[] {
  const inRows = phase.batch.packing === 'rows';
  // One token more than the budget of a stream: the target of the last position.
  const whole = inRows ? dataTokens(phase) / contextTokens : dataTokens(phase) + 1;
  const mixed = (phase.mix ?? []).map(({ corpus, share }) => ({
    corpus,
    share,
    amount: Math.round(share * whole),
  }));
  const given = mixed.reduce((sum, { amount }) => sum + amount, 0);
  if (mixed.length > 0 && whole - given < 1)
    throw new InputError(
      `phases.${phase.name}.mix: of ${whole} ${inRows ? 'documents' : 'tokens'} its corpora take ${given}, which leaves none ` +
        'for the corpus of the phase: lower a share, or raise the budget',
    );
  const share = 1 - mixed.reduce((sum, own) => sum + own.share, 0);
  return [{ corpus: phase.corpus, share, amount: whole - given }, ...mixed].map(({ amount, ...part }) => ({
    ...part,
    tokens: inRows ? 0 : amount,
    documents: inRows ? amount : 0,
  }));
}
