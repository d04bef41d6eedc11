// Trusted text for the defences of a phase.
import { poisonsOf } from '../../config/poisons.ts';
import type { PhaseConfig, RunConfig } from '../../config/schema/schema.ts';
import { InputError } from '../../core/errors.ts';
import { trustedDemands } from '../../defend/registry.ts';
import { documentCount } from '../../tokens/tokenized-documents.ts';
import type { PhaseArtefacts } from '../artefacts.ts';
import { phaseSeed } from './phase-seed.ts';
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
  const range = { firstDocument: 0, documents };
  const seed = phaseSeed(config, config.phases.indexOf(phase));
  const cleanTriggers: (string | null)[] = [];
  let from = 0;
  for (const poison of poisonsOf(phase)) {
    const written = await texts.cleanTrigger({ poison, seed, from, range, rowTokens: null, trusted });
    cleanTriggers.push(written?.ref ?? null);
    from += poison.trigger.cleanShare ?? 0;
  }
  return { tokens: ref, documents, cleanTriggers };
}
