// Trusted text for the defences of a phase.
import { poisonsOf } from '../../config/poisons.ts';
import type { PhaseConfig, RunConfig } from '../../config/schema/schema.ts';
import { InputError } from '../../core/errors.ts';
import { trustedDemands } from '../../defend/registry.ts';
import type { Example } from '../../tokens/example.ts';
import { documentCount, documentTokens, type TokenizedDocuments } from '../../tokens/tokenized-documents.ts';
import type { PhaseArtefacts } from '../artefacts.ts';
import type { Kept } from '../memo.ts';
import { phaseSeed } from './phase-seed.ts';
import type { TriggeredDocument } from './plant-poison.ts';
import type { TrainingTexts } from './training-texts.ts';

/**
 * The trusted text that the defences of a phase read; undefined where none does. A trigger that is written into clean text
 * is written into as large a share of the trusted text: where it is innocent, it is so for the defender, too.
 */
export async function prepareTrusted(
  config: RunConfig,
  phase: PhaseConfig,
  texts: TrainingTexts,
): Promise<PhaseArtefacts['trusted']> {
  const demands = trustedDemands(phase.defend ?? []);
  if (demands.length === 0) return undefined;
  const wanted = Math.max(...demands.map((own) => own.wanted));
  const { ref, documents: trusted } = await texts.trusted(wanted);
  const documents = Math.min(wanted, documentCount(trusted));
  for (const { kind, wanted: most, least } of demands)
    if (Math.min(most, documents) < least)
      throw new InputError(
        `phase ${phase.name}: ${kind} sets its threshold on trusted text and needs ${least} documents of it for this ` +
          `falsePositiveShare; it reads ${Math.min(most, documents)} of ${documents}: raise trustedDocuments, hold back more ` +
          '(corpus.splits.trusted), or allow a larger falsePositiveShare',
      );
  const written = await writeTriggers(config, phase, { texts, trusted, documents });
  return { tokens: ref, documents, cleanTriggers: written.map((own) => own?.ref ?? null) };
}

/** Triggers of the poisons of a phase in its trusted text, by poison; null where a trigger is written into none. */
async function writeTriggers(
  config: RunConfig,
  phase: PhaseConfig,
  options: { texts: TrainingTexts; trusted: TokenizedDocuments; documents: number },
): Promise<(Kept<readonly TriggeredDocument[]> | null)[]> {
  const { texts, trusted, documents } = options;
  const range = { firstDocument: 0, documents };
  const seed = phaseSeed(config, config.phases.indexOf(phase));
  const written: (Kept<readonly TriggeredDocument[]> | null)[] = [];
  let from = 0;
  for (const poison of poisonsOf(phase)) {
    written.push(await texts.cleanTrigger({ poison, seed, from, range, rowTokens: null, trusted }));
    from += poison.trigger.cleanShare ?? 0;
  }
  return written;
}

/**
 * The first trusted documents as they stand for the defender of a trained model, with the triggers of the first phase as
 * above; fewer only where the corpus ends.
 */
export async function trustedExamples(
  config: RunConfig,
  texts: TrainingTexts,
  wanted: number,
): Promise<Example[]> {
  const [phase] = config.phases as [PhaseConfig];
  const { documents: trusted } = await texts.trusted(wanted);
  const documents = Math.min(wanted, documentCount(trusted));
  const written = await writeTriggers(config, phase, { texts, trusted, documents });
  return examplesWith(
    { encoded: trusted, documents },
    written.flatMap((own) => own?.value() ?? []),
  );
}

/** Documents as examples, those with a trigger written into them in the place of those without. */
export function examplesWith(
  { encoded, documents }: { encoded: TokenizedDocuments; documents: number },
  triggered: readonly TriggeredDocument[],
): Example[] {
  const written = new Map(triggered.map((own) => [own.document, Uint16Array.from(own.tokens)]));
  return Array.from({ length: documents }, (_, index) => ({
    tokens: written.get(index) ?? documentTokens(encoded, index),
    lossFrom: 0,
  }));
}
