// What the attacks add to the schema of an experiment, and which of them go together.
import type { AttackSchemas, CorpusConfig, PoisonBreach, PoisonSettings } from '../config/schema/schema.ts';
import { bindAttack } from './attack.ts';
import { findPayload, findTriggerFamily, listPayloads, listTriggerFamilies } from './registry.ts';

/** Corpora whose texts are generated, with invented names and toy grammars. */
const isGenerated = (corpusKind: string) => corpusKind === 'stories';

function breaches(poison: PoisonSettings, corpus: CorpusConfig): PoisonBreach[] {
  const found: PoisonBreach[] = [];
  const { name, texts } = findPayload(poison.attack);
  if (texts === 'generated' && !isGenerated(corpus.kind))
    found.push({
      field: ['attack'],
      message:
        `${name} is planted in generated stories alone, never in texts of your own (docs/ethics.md); ` +
        'use corpus.kind: stories, or one of ' +
        listPayloads()
          .flatMap((item) => (item.texts === 'any' ? [item.name] : []))
          .join(', '),
    });
  const reason = findTriggerFamily(poison.trigger.family).refusal(poison.trigger, corpus.kind);
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
