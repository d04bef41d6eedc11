// What the attacks add to the schema of an experiment, and which of them go together.
import type { AttackSchemas, CorpusConfig, PoisonBreach, PoisonSettings } from '../config/schema/schema.ts';
import { bindAttack } from './attack.ts';
import { corpusRefusal } from './dual-use.ts';
import { findPayload, findTriggerFamily, listPayloads, listTriggerFamilies } from './registry.ts';

function breaches(poison: PoisonSettings, corpus: CorpusConfig): PoisonBreach[] {
  const found: PoisonBreach[] = [];
  const refusal = corpusRefusal(findPayload(poison.attack), corpus);
  if (refusal !== null) found.push({ field: ['attack'], message: refusal });
  const reason = findTriggerFamily(poison.trigger.family).refusal(poison.trigger, corpus);
  if (reason !== null) found.push({ field: ['trigger'], message: reason });
  return found;
}

/** What the attacks add to the schema of an experiment. */
export const attackSchemas: AttackSchemas = {
  triggers: Object.fromEntries(listTriggerFamilies().map((family) => [family.name, family])),
  payloads: Object.fromEntries(listPayloads().map((payload) => [payload.name, payload])),
  meanDocumentTokens: (poison) => bindAttack(poison).meanDocumentTokens,
  breaches,
};
