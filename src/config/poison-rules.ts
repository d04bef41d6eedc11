// Rules between the fields of a phase's poisons, and between the poisons.
import { dataParts, meanDocumentTokens, poisonedDocuments } from './budget.ts';
import type { Breach } from './evaluation-rules.ts';
import { placedPoisons } from './poisons.ts';
import { fillerRanges } from './schema/filler-schema.ts';
import { isBatchPlacement } from './schema/placement-schema.ts';
import type { AttackSchemas, CorpusConfig, PhaseSettings, PoisonSettings } from './schema/schema.ts';
import type { FieldPath } from './yaml/located.ts';
import { isMisspelt } from './yaml/suggest.ts';

function* copyRules(
  { distinctDocuments, rewriteShare = 0 }: PoisonSettings,
  documents: number,
): Generator<{ readonly field: string; readonly message: string }> {
  if (distinctDocuments !== undefined && documents > 0 && distinctDocuments > documents)
    yield {
      field: 'distinctDocuments',
      message:
        `${distinctDocuments} different documents cannot be among ${documents} poisoned ones; ` +
        `give at most ${documents}, or leave it out: then all are different`,
    };
  if (rewriteShare > 0 && distinctDocuments === undefined)
    yield {
      field: 'rewriteShare',
      message:
        'rewrites copies, and without distinctDocuments there are none; ' +
        'say how many different documents there are to be, or leave it out',
    };
}

/** Documents that give their place to clean text are among those planted, each named once. */
function* filledRules(
  { filler = 'none' }: PoisonSettings,
  documents: number,
): Generator<{ readonly field: readonly string[]; readonly message: string }> {
  const field = ['filler', 'documents'];
  let next = 0;
  for (const { first, last } of fillerRanges(filler) ?? []) {
    const name = first === last ? `${first}` : `${first}-${last}`;
    if (last < first) yield { field, message: `${name} ends before it begins: write ${last}-${first}` };
    else if (first < next)
      yield { field, message: `${name} stands behind ${next - 1}: give each document once, in rising order` };
    else if (documents > 0 && last >= documents)
      yield {
        field,
        message: `${name} is not among the ${documents} poisoned documents, which are numbered 0 to ${documents - 1}`,
      };
    next = Math.max(next, last + 1);
  }
}

/** The path of a poison: of one by itself, or of an item of a list. */
function pathOf(phase: FieldPath, place: number | undefined): FieldPath {
  return [...phase, 'poison', ...(place === undefined ? [] : [place])];
}

/** On a phase's poison as written, valid or not: each states one amount. */
export function* amountRules(written: unknown, path: FieldPath): Generator<Breach> {
  if (Array.isArray(written)) {
    for (const [place, item] of written.entries()) yield* amountRules(item, [...path, place]);
    return;
  }
  if (typeof written !== 'object' || written === null) return;
  const { documents, share } = written as { readonly documents?: unknown; readonly share?: unknown };
  if (documents === undefined && share === undefined && !isMisspelt(written, ['documents', 'share']))
    yield { path, message: 'needs an amount: give documents or share' };
  if (documents !== undefined && share !== undefined)
    yield { path: [...path, 'share'], message: 'give either documents or share, not both' };
}

/** A trigger written into a clean document would move the end of its prompt. */
function* promptRules({ trigger }: PoisonSettings, corpus: CorpusConfig, path: FieldPath): Generator<Breach> {
  if ((trigger.cleanShare ?? 0) === 0) return;
  const name = (['promptSentences', 'promptField'] as const).find((field) => field in corpus);
  if (name !== undefined)
    yield {
      path: [...path, 'trigger', 'cleanShare'],
      message: `the trigger is not written into documents with prompts (corpus.${name}); leave out one of the two`,
    };
}

/** Rules that hold whatever the phase's budget is. */
export function* poisonRules(
  phase: PhaseSettings,
  path: FieldPath,
  { corpora, attacks }: { corpora: readonly CorpusConfig[]; attacks: AttackSchemas },
): Generator<Breach> {
  const poisons = placedPoisons(phase);
  let cleanShare = 0;
  for (const { poison, index, place } of poisons) {
    const own = pathOf(path, place);
    for (const corpus of corpora) {
      yield* promptRules(poison, corpus, own);
      for (const { field, message } of attacks.breaches(poison, corpus))
        yield { path: [...own, ...field], message };
    }
    if (corpora.length > 1 && (poison.trigger.cleanShare ?? 0) > 0)
      yield {
        path: [...own, 'trigger', 'cleanShare'],
        message: 'the trigger is not written into documents of a mix; leave out one of the two',
      };
    for (const other of poisons.slice(0, index)) {
      const reason = attacks.conflict(other.poison, poison);
      if (reason !== null) yield { path: [...own, 'trigger'], message: `${reason} (poison ${other.index})` };
    }
    cleanShare += poison.trigger.cleanShare ?? 0;
    if (cleanShare > 1 + 1e-9 && place !== undefined)
      yield {
        path: [...own, 'trigger', 'cleanShare'],
        message: `with those of the poisons before it, it is ${cleanShare}: a clean document gets one trigger at most, so they sum to 1 at most`,
      };
  }
}

/** What leaves a twin without its pair. */
export function* fillerRules(
  phase: PhaseSettings,
  path: FieldPath,
  { isAdaptive, hasStimuli, isFiltered }: { isAdaptive: boolean; hasStimuli: boolean; isFiltered: boolean },
): Generator<Breach> {
  for (const { poison, place } of placedPoisons(phase)) {
    if ((poison.filler ?? 'none') === 'none') continue;
    const at = [...pathOf(path, place), 'filler'];
    if (isAdaptive)
      yield {
        path: at,
        message: 'twins say nothing of success, which sweep.adaptive chooses by; leave out one of the two',
      };
    if (hasStimuli)
      yield {
        path: at,
        message:
          'twins are compared at one setting over seeds, which sweep.stimuli deals other settings; leave out one of the two',
      };
    if (isFiltered)
      yield {
        path: at,
        message:
          'filters remove other documents of a twin than of the poisoned run; leave out one of the two',
      };
  }
}

/** Density and frequency count rows of batches. */
function* placementRules(
  { placement }: PoisonSettings,
  documents: number,
  {
    phase: { batch, defend },
    dataTokens,
    contextTokens,
  }: { phase: PhaseSettings; dataTokens: number; contextTokens: number },
): Generator<{ readonly field: readonly string[]; readonly message: string }> {
  if (!isBatchPlacement(placement)) return;
  const { sequences, every } = placement;
  if (dataParts({ defend }) > 1) {
    yield {
      field: ['placement'],
      message:
        'counts sequences of batches, and partition trains on one part of the documents, whose batches are others: choose another placement',
    };
    return;
  }
  if (batch.packing !== 'rows') {
    yield {
      field: ['placement'],
      message:
        'counts sequences of batches, which documents are in rows alone: set batch.packing: rows in this phase',
    };
    return;
  }
  const rows = batch.sequences * batch.accumulation;
  if (sequences > rows)
    yield {
      field: ['placement', 'sequences'],
      message: `a batch has ${rows} sequences, not ${sequences}; give at most ${rows}`,
    };
  const batches = (Math.ceil(documents / sequences) - 1) * every + 1;
  const there = dataTokens / contextTokens / rows;
  if (documents > 0 && sequences <= rows && batches > there)
    yield {
      field: ['placement'],
      message:
        `${documents} documents, ${sequences} in every ${every}. batch, need ${batches} batches, but an epoch has ${there}; ` +
        'give fewer documents, a smaller every, or more tokens',
    };
}

/** Rules of what fits into an epoch. */
export function* doseRules(
  phase: PhaseSettings,
  path: FieldPath,
  {
    dataTokens,
    contextTokens,
    attacks,
  }: { dataTokens: number; contextTokens: number; attacks: AttackSchemas },
): Generator<Breach> {
  const poisons = placedPoisons(phase);
  let space = 0;
  for (const { poison, place } of poisons) {
    const own = pathOf(path, place);
    const documents = poisonedDocuments(poison, { dataTokens, attacks });
    if (documents === 0 && poison.share !== undefined && poison.share > 0)
      yield {
        path: [...own, 'share'],
        message:
          `${poison.share} of the ${dataTokens} tokens of an epoch is less than half a document; ` +
          'give a larger share, or documents: 0 for a control',
      };
    for (const { field, message } of copyRules(poison, documents)) yield { path: [...own, field], message };
    for (const { field, message } of filledRules(poison, documents))
      yield { path: [...own, ...field], message };
    for (const { field, message } of placementRules(poison, documents, {
      phase,
      dataTokens,
      contextTokens,
    }))
      yield { path: [...own, ...field], message };
    const mean = phase.batch.packing === 'rows' ? contextTokens : meanDocumentTokens(poison, attacks);
    const field = poison.documents === undefined ? 'share' : 'documents';
    if (documents * mean > dataTokens)
      yield {
        path: [...own, field],
        message:
          `${documents} documents of about ${Math.round(mean)} tokens do not fit the ${dataTokens} tokens ` +
          'of an epoch; give fewer documents or more tokens',
      };
    const fitsAlone = documents * mean <= dataTokens;
    space += documents * mean;
    if (fitsAlone && space > dataTokens)
      yield {
        path: [...own, field],
        message:
          `with the poisons before it about ${Math.round(space)} tokens are planted, which do not fit the ${dataTokens} ` +
          'tokens of an epoch; give fewer documents or more tokens',
      };
  }
}
