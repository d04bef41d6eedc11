// What one phase of a run reads, as artefacts: its clean text, its poisons, the trusted text of its filters.
import { dataTokens, SEPARATOR_TOKENS } from '../../config/budget.ts';
import { poisonsOf } from '../../config/poisons.ts';
import type { CorpusConfig, PhaseConfig, RunConfig } from '../../config/schema/schema.ts';
import { assertCorpusAllowed } from '../../poison/dual-use.ts';
import { checkFit } from '../../poison/insertion.ts';
import type { MixArtefacts, PhaseArtefacts, PoisonArtefacts } from '../artefacts.ts';
import type { Kept } from '../memo.ts';
import type { CleanRange } from './clean-range.ts';
import { phaseSeed, poisonSeed } from './phase-seed.ts';
import { poisonKey } from './poison-lists.ts';
import { prepareTrusted } from './prepare-trusted.ts';
import type { TrainingTexts } from './training-texts.ts';

/** What one corpus gives to a phase. */
export interface CleanText {
  readonly corpus: CorpusConfig;
  readonly texts: TrainingTexts;
  readonly range: CleanRange;
  readonly reserve: CleanRange | undefined;
}

/** Documents with the name of their prompts, where the corpus has any. */
async function named(
  range: CleanRange,
  texts: TrainingTexts,
): Promise<NonNullable<PhaseArtefacts['reserve']>> {
  const prompts = await texts.prompts(range);
  return { ...range, ...(prompts === null ? {} : { prompts: prompts.ref }) };
}

/** What a phase reads of clean text, once its triggers were looked for in it. */
async function prepareClean(phase: PhaseConfig, { texts, range, reserve }: CleanText) {
  const triggers: string[] = [];
  for (const poison of poisonsOf(phase)) {
    triggers.push((await texts.trigger(poison, range)).ref);
    // What may take a document's place is held to the same rule about the trigger.
    if (reserve !== undefined) await texts.trigger(poison, reserve);
  }
  const clean = { tokens: texts.ref, ...(await named(range, texts)) };
  return {
    triggers,
    clean: reserve === undefined ? clean : { ...clean, reserve: await named(reserve, texts) },
  };
}

/** Prepares phases; what it counted of poisoned documents serves all runs. */
export class PhasePreparation {
  /** Tokens of poisoned documents with their separators, by name. */
  readonly #lengths = new Map<string, number[]>();

  /** Makes what a phase reads of a corpus that is mixed in. */
  async prepareMixed(text: CleanText, phase: PhaseConfig): Promise<MixArtefacts> {
    for (const { attack } of poisonsOf(phase)) assertCorpusAllowed(attack, text.corpus);
    const { triggers, clean } = await prepareClean(phase, text);
    return { ...clean, triggers };
  }

  /**
   * Makes what a phase reads of its own corpus.
   * @param text what that corpus gives to it
   * @param options.counts the most documents of each poison over the experiment
   * @throws InputError for poison that does not fit, or that this corpus may not have
   */
  async prepare(
    text: CleanText,
    options: { config: RunConfig; phase: PhaseConfig; counts: ReadonlyMap<string, number> },
  ): Promise<PhaseArtefacts> {
    const { config, phase, counts } = options;
    for (const { attack } of poisonsOf(phase)) assertCorpusAllowed(attack, text.corpus);
    const { range, texts } = text;
    const { triggers, clean } = await prepareClean(phase, text);
    const poisons: PoisonArtefacts[] = [];
    const lengths: number[] = [];
    const index = config.phases.indexOf(phase);
    const rowTokens = phase.batch.packing === 'rows' ? config.model.contextTokens : null;
    let from = 0;
    for (const [place, poison] of poisonsOf(phase).entries()) {
      const key = poisonKey(config, index, place);
      const count = counts.get(key) ?? poison.documents;
      const planted = await texts.poison({ poison, seed: poisonSeed(config, index, place), count });
      for (const length of this.#lengthsOf(planted).slice(0, poison.documents)) lengths.push(length);
      const seed = phaseSeed(config, index);
      const cleanTrigger = await texts.cleanTrigger({ poison, seed, from, range, rowTokens });
      from += poison.trigger.cleanShare ?? 0;
      poisons.push({
        documents: planted.ref,
        trigger: triggers[place] as string,
        cleanTrigger: cleanTrigger?.ref ?? null,
      });
    }
    // Poison that does not fit its phase is refused before anything runs.
    checkFit({
      poisonedLengths: lengths,
      budgetTokens: dataTokens(phase),
      unit: phase.batch.packing === 'rows' ? 'rows' : 'tokens',
      contextTokens: config.model.contextTokens,
    });
    const trusted = await prepareTrusted(config, phase, texts);
    return { ...clean, poisons, ...(trusted === undefined ? {} : { trusted }) };
  }

  /** Tokens of poisoned documents with their separators. */
  #lengthsOf(planted: Kept<readonly { readonly tokens: readonly number[] }[]>): readonly number[] {
    let lengths = this.#lengths.get(planted.ref);
    if (lengths === undefined) {
      lengths = planted.value().map(({ tokens }) => tokens.length + SEPARATOR_TOKENS);
      this.#lengths.set(planted.ref, lengths);
    }
    return lengths;
  }
}
