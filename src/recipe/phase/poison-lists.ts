// Runs that differ only in how many documents they plant share one list of documents: as long as the largest count.
import { poisonsOf } from '../../config/poisons.ts';
import { documentsPart } from '../../config/schema/poison-options.ts';
import type { PhaseConfig, PoisonConfig, RunConfig } from '../../config/schema/schema.ts';
import { canonicalJson } from '../../core/canonical-json.ts';
import { poisonSeed } from './phase-seed.ts';

/** Poisons with one key plant beginnings of one list of documents. */
export function poisonKey(config: RunConfig, phase: number, place: number): string {
  const { corpus, ...own } = config.phases[phase] as PhaseConfig;
  const recipe = documentsPart(poisonsOf(own)[place] as PoisonConfig);
  return canonicalJson([config.corpus, config.tokenizer, corpus, recipe, poisonSeed(config, phase, place)]);
}

/** The largest count of poisoned documents of each list: smaller counts take its beginning. */
export function largestCounts(runs: readonly { readonly config: RunConfig }[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { config } of runs) {
    for (const [index, phase] of config.phases.entries()) {
      for (const [place, { documents }] of poisonsOf(phase).entries()) {
        const key = poisonKey(config, index, place);
        counts.set(key, Math.max(counts.get(key) ?? 0, documents));
      }
    }
  }
  return counts;
}
