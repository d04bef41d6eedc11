// What filters cost in processor time, from a measurement: enough to plan by, and no promise for another machine.
import { dataTokens, epochTokens, PARTITION } from '../config/budget.ts';
import type { DefenceConfig, PhaseConfig } from '../config/schema/schema.ts';
import { bindDefences, trustedDemands } from './registry.ts';

/** Microseconds a token. */
interface FilterCost {
  /** Of the phase, reserve included as far as it is judged. */
  readonly judged: number;
  /** Of the trusted text. */
  readonly trusted: number;
}

/**
 * One core of a shared Linux machine with AVX-512, Node 20.20, 3,000 stories of 331,000 tokens: `node bench/filters.mjs 3000`.
 * Decoding of tokens is not in it.
 */
const MICROSECONDS: Readonly<Record<string, FilterCost>> = {
  [PARTITION]: { judged: 0.03, trusted: 0 },
  'random-removal': { judged: 0, trusted: 0 },
  'quality-rules': { judged: 0.15, trusted: 0 },
  'exact-duplicates': { judged: 0.04, trusted: 0 },
  'near-duplicates': { judged: 0.45, trusted: 0 },
  'surprise-filter': { judged: 0.54, trusted: 0 },
  'reference-perplexity': { judged: 0.24, trusted: 0.43 },
  'rare-sequences': { judged: 0.96, trusted: 0.94 },
  onion: { judged: 0.62, trusted: 0.9 },
  // Of states of width 32 that are there; what their model costs is among the operations of the run.
  'spectral-signatures': { judged: 0.14, trusted: 0.05 },
  'activation-clustering': { judged: 0.18, trusted: 0.06 },
  mahalanobis: { judged: 0.06, trusted: 0.07 },
  // of losses that are there
  'loss-isolation': { judged: 0.09, trusted: 0.24 },
  vaccine: { judged: 0.95, trusted: 0.01 },
};

const context = { seed: '', decode: () => '', vocabularySize: 1, separatorId: 0, trusted: () => [] };

/** Whether a setting filters anything: at strength zero it does not. */
function isFilter(settings: DefenceConfig): boolean {
  return bindDefences([settings], context).filters.length > 0;
}

/** Kinds of filters whose cost was measured. */
export const pricedFilters: readonly string[] = Object.keys(MICROSECONDS);

/**
 * Processor time of the filters of a phase, in milliseconds; each is taken to see all of it.
 * @param options.meanTokens of a document of its corpus
 */
export function filterMilliseconds(phase: PhaseConfig, { meanTokens }: { meanTokens: number }): number {
  const { defend = [] } = phase;
  return defend.filter(isFilter).reduce((sum, own) => {
    const cost = MICROSECONDS[own.kind] ?? { judged: 0, trusted: 0 };
    const documents = trustedDemands([own]).reduce((most, { wanted }) => Math.max(most, wanted), 0);
    // What divides the data reads all of them, and those behind it one part.
    const judged = own.kind === PARTITION ? dataTokens(phase) : epochTokens(phase);
    return sum + (cost.judged * judged + cost.trusted * documents * meanTokens) / 1000;
  }, 0);
}
