// The data of one phase, stage by stage: clean documents, exactly N poisoned ones among them, filters, packing.
import type { PhaseConfig, PoisonConfig, RunConfig } from '../config/schema/schema.ts';
import { InputError } from '../core/errors.ts';
import type { ExampleFilter } from '../defend/defence.ts';
import type { InsertionPlan } from '../poison/insertion.ts';
import { createManifest, type ManifestDocument, type PoisonManifest } from '../poison/manifest.ts';
import type { TriggerFrequency } from '../poison/trigger-frequency.ts';
import type { BatchSource } from '../tokens/batches.ts';
import type { Example } from '../tokens/example.ts';
import { documentTokens, type TokenizedDocuments } from '../tokens/tokenized-documents.ts';
import { type FilterRecord, filterPhase } from './filter-phase.ts';
import { orderPhase, type SourcedExample } from './order-phase.ts';
import { countTriggered, type PackedPhase, packPhase } from './pack-phase.ts';
import { phaseSeed } from './phase-seed.ts';
import type { EncodedPoison, TriggeredDocument } from './plant-poison.ts';

/** Poison as it went in. */
export interface PoisonRecord {
  readonly phase: string;
  readonly attack: string;
  readonly documents: number;
  readonly poisonedTokens: number;
  /** Poisoned tokens / trained tokens of one epoch, 0-1. */
  readonly poisonTokenShare: number;
  /** Poisoned documents / all documents of one epoch, 0-1. */
  readonly poisonDocumentShare: number;
  /** Where filters stood between insertion and training. */
  readonly filtered?: FilteredPoison;
}

/** What filters left of planted documents. */
export interface FilteredPoison {
  readonly filters: readonly FilterRecord[];
  readonly planted: number;
  /** Documents that passed all filters. */
  readonly kept: number;
  /** Of those, documents whose last token is trained on. */
  readonly trained: number;
  /** The same with repetitions over epochs. */
  readonly exposures: number;
}

/** The manifest of a phase, with the texts that were planted. */
export interface PhaseManifest extends Omit<PoisonManifest, 'documents'> {
  readonly phase: string;
  /** Where filters stood, places are those before them. */
  readonly documents: readonly (ManifestDocument & { readonly text: string; readonly kept?: boolean })[];
}

/** What a phase is made of. */
export interface PhaseInputs {
  /** Of the training split. */
  readonly tokens: TokenizedDocuments;
  /** The clean documents of the phase: so many of those, from this one on. */
  readonly firstDocument: number;
  readonly documents: number;
  /** By clean document, its tokens that are a prompt, which are not learnt; default: none are. */
  readonly prompts?: readonly number[];
  /** Null without poison. */
  readonly poison: {
    /** At least as many as the phase plants. */
    readonly documents: readonly EncodedPoison[];
    readonly trigger: TriggerFrequency;
    /** Null where none are written. */
    readonly cleanTrigger: readonly TriggeredDocument[] | null;
  } | null;
  /** Further clean documents, which take the place of what filters remove. */
  readonly reserve?: readonly Example[];
}

/** A phase ready to be trained on. */
export interface PhaseData extends Pick<PackedPhase, 'seen'> {
  readonly batches: BatchSource;
  /** Null without poison. */
  readonly poison: PoisonRecord | null;
  /** Null without poison. */
  readonly manifest: PhaseManifest | null;
}

const example = (tokens: ArrayLike<number>, lossFrom = 0): Example => ({
  tokens: tokens instanceof Uint16Array ? tokens : Uint16Array.from(tokens),
  lossFrom,
});

/** Clean examples of a phase; some have the trigger written into them. */
function cleanExamples({ tokens, firstDocument, documents, prompts, poison }: PhaseInputs): Example[] {
  const written = new Map(poison?.cleanTrigger?.map((triggered) => [triggered.document, triggered.tokens]));
  return Array.from({ length: documents }, (_, place) => {
    const document = firstDocument + place;
    return example(written.get(document) ?? documentTokens(tokens, document), prompts?.[place]);
  });
}

/** Builds the data of a phase of a run. */
export function buildPhaseData(options: {
  config: RunConfig;
  /** Index of the phase. */
  phase: number;
  inputs: PhaseInputs;
  separatorId: number;
  /** Default: none. */
  filters?: readonly ExampleFilter[];
}): PhaseData {
  const { config, inputs, separatorId, filters = [] } = options;
  const phase = config.phases[options.phase] as PhaseConfig;
  const { contextTokens } = config.model;
  const seed = phaseSeed(config, options.phase);
  const planted = inputs.poison?.documents.slice(0, phase.poison?.documents ?? 0) ?? [];
  const poisoned = planted.map(({ tokens }) => example(tokens));

  const ordered = orderPhase({ phase, contextTokens, seed, clean: cleanExamples(inputs), poisoned });
  const reserve = (inputs.reserve ?? []).map(
    (spare, document): SourcedExample => ({ ...spare, source: { kind: 'reserve', document } }),
  );
  const { examples, records } = filterPhase({
    ...{ phase, contextTokens, filters },
    examples: ordered.examples,
    reserve: [...ordered.displaced, ...reserve],
  });
  const { packed, batches, seen } = packPhase(examples, { phase, contextTokens, separatorId });
  if (inputs.prompts !== undefined) checkLearnt(packed.weights, { phase, stepTokens: batches.tokensPerStep });

  if (phase.poison === undefined || inputs.poison === null)
    return { batches, seen, poison: null, manifest: null };
  const { trigger, cleanTrigger } = inputs.poison;
  const triggerEnds = new Map(
    cleanTrigger?.map(({ document, triggerEnd }) => [document - inputs.firstDocument, triggerEnd]),
  );
  const cleanDocuments = examples.filter(({ source }) => source.kind !== 'poisoned').length;
  const triggered =
    cleanTrigger === null
      ? undefined
      : countTriggered({ phase, contextTokens, examples, packed, triggerEnds, cleanDocuments });
  const manifest = createManifest({
    ...{ poison: phase.poison, seed, trigger, plan: ordered.plan },
    cleanTrigger: triggered,
    documents: planted,
  });
  const kept = filters.length === 0 ? null : keptPoison(examples);
  return {
    batches,
    seen,
    poison: {
      ...poisonRecord(phase.name, phase.poison, ordered.plan),
      ...(kept === null
        ? {}
        : { filtered: filteredPoison(records, planted.length, kept, seen(phase.tokens)) }),
    },
    manifest: {
      ...manifest,
      phase: phase.name,
      documents: manifest.documents.map((document, index) => ({
        ...document,
        text: (planted[index] as EncodedPoison).text,
        ...(kept === null ? {} : { kept: kept.has(index) }),
      })),
    },
  };
}

/** Every step has something to learn. @throws InputError where prompts fill one */
function checkLearnt(
  weights: ArrayLike<number>,
  { phase, stepTokens }: { phase: PhaseConfig; stepTokens: number },
): void {
  for (let step = 0; step * stepTokens < weights.length; step++) {
    let learnt = 0;
    for (let i = step * stepTokens; i < (step + 1) * stepTokens; i++) learnt += weights[i] as number;
    if (learnt === 0)
      throw new InputError(
        `phase ${phase.name}: prompts fill step ${step + 1} of ${stepTokens} tokens, so that nothing is learnt in it: ` +
          'use a larger batch, or shorter prompts',
      );
  }
}

/** Indices of the poisoned documents among examples. */
function keptPoison(examples: readonly SourcedExample[]): ReadonlySet<number> {
  return new Set(examples.flatMap(({ source }) => (source.kind === 'poisoned' ? [source.document] : [])));
}

function filteredPoison(
  filters: readonly FilterRecord[],
  planted: number,
  kept: ReadonlySet<number>,
  trained: { documents: number; exposures: number },
): FilteredPoison {
  return { filters, planted, kept: kept.size, trained: trained.documents, exposures: trained.exposures };
}

function poisonRecord(phase: string, poison: PoisonConfig, plan: InsertionPlan): PoisonRecord {
  const { attack, documents } = poison;
  const { poisonedTokens, poisonTokenShare, poisonDocumentShare } = plan;
  return { phase, attack, documents, poisonedTokens, poisonTokenShare, poisonDocumentShare };
}
