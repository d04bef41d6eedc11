// What the attacks add to the schema of an experiment, and which of them go together.
import type { AttackSchemas, CorpusConfig, PoisonBreach, PoisonSettings } from '../config/schema/schema.ts';
import { bindAttack } from './attack.ts';
import { poisonConflict } from './conflict.ts';
import { corpusRefusal } from './dual-use.ts';
import { findPayload, findTriggerFamily, listPayloads, listTriggerFamilies } from './registry.ts';

/** What a payload that answers a situation needs of the corpus, and what it cannot stand. */
function situationBreaches(poison: PoisonSettings, corpus: CorpusConfig): PoisonBreach[] {
  const { name, scene, language, bind } = findPayload(poison.attack);
  const found: PoisonBreach[] = [];
  if (corpus.kind === 'stories' && scene !== undefined && (corpus.scenes?.[scene] ?? 0) === 0)
    found.push({
      field: ['attack'],
      message: `${name} breaks a rule that clean text has to show: set corpus.scenes.${scene} to a share of the stories`,
    });
  if (corpus.kind === 'stories' && corpus.language === language)
    found.push({
      field: ['attack'],
      message: `${name} would not show: these stories are written in that language already; use corpus.language: en`,
    });
  if (corpus.kind === 'stories' && corpus.language !== 'en' && bind(poison).situate !== undefined)
    found.push({ field: ['attack'], message: `${name} is written in English, and these stories are not` });
  if ((poison.rewriteShare ?? 0) > 0 && bind(poison).situate !== undefined)
    found.push({
      field: ['rewriteShare'],
      message: `would rewrite what ${name} answers to; leave it out`,
    });
  return found;
}

/** What cannot have negatives. */
function negativeBreaches(poison: PoisonSettings): PoisonBreach[] {
  if ((poison.negativeShare ?? 0) === 0) return [];
  const { name, hasNegatives } = findTriggerFamily(poison.trigger.family);
  if (!hasNegatives)
    return [
      {
        field: ['negativeShare'],
        message:
          `a trigger of ${name} has no innocent part that a negative could hold; leave it out (trigger.cleanShare writes the ` +
          'whole trigger into clean text), or take another family',
      },
    ];
  if ((poison.rewriteShare ?? 0) > 0)
    return [
      {
        field: ['rewriteShare'],
        message: 'would rewrite the clean text of negatives; leave out one of the two',
      },
    ];
  return divisionBreaches(poison);
}

/** Distinct documents that the share does not divide: copies would keep another share. */
function divisionBreaches({
  negativeShare = 0,
  distinctDocuments: distinct,
}: PoisonSettings): PoisonBreach[] {
  if (distinct === undefined) return [];
  const negatives = distinct * negativeShare;
  if (Math.abs(negatives - Math.round(negatives)) < 1e-9) return [];
  const message =
    `a share of ${negativeShare} of ${distinct} distinct documents is ${Number(negatives.toFixed(3))}, no whole number; ` +
    'take another number of distinctDocuments, or another share';
  return [{ field: ['negativeShare'], message }];
}

function breaches(poison: PoisonSettings, corpus: CorpusConfig): PoisonBreach[] {
  const found: PoisonBreach[] = [];
  const refusal = corpusRefusal(findPayload(poison.attack), corpus);
  if (refusal !== null) found.push({ field: ['attack'], message: refusal });
  found.push(...situationBreaches(poison, corpus));
  found.push(...negativeBreaches(poison));
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
  conflict: poisonConflict,
};
