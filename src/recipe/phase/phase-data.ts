// The data of one phase, stage by stage: clean documents, exactly N poisoned ones among them, filters, packing.
import { placedPoisons } from '../../config/poisons.ts';
import type { PhaseConfig, PoisonConfig, RunConfig } from '../../config/schema/schema.ts';
import { InputError } from '../../core/errors.ts';
import type { ExampleFilter } from '../../defend/defence.ts';
import type { PoisonPlan } from '../../poison/insertion.ts';
import { createManifest, type ManifestDocument, type PoisonManifest } from '../../poison/manifest.ts';
import type { TriggerFrequency } from '../../poison/trigger-frequency.ts';
import type { BatchSource } from '../../tokens/batches.ts';
import type { Example } from '../../tokens/example.ts';
import { documentTokens, type TokenizedDocuments } from '../../tokens/tokenized-documents.ts';
import { type FilterRecord, filterPhase } from './filter-phase.ts';
import { orderPhase, type Source, type SourcedExample } from './order-phase.ts';
import { countParts, countTriggered, type MixRecord, type PackedPhase, packPhase } from './pack-phase.ts';
import { phaseSeed, poisonSeed } from './phase-seed.ts';
import type { EncodedPoison, TriggeredDocument } from './plant-poison.ts';

/** Poison as it went in. */
export interface PoisonRecord {
  readonly phase: string;
  /** Its place among the poisons of the phase, from 0; left out where that has one. */
  readonly place?: number;
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

/** The manifest of one poison of a phase, with the texts that were planted. */
export interface PhaseManifest extends Omit<PoisonManifest, 'documents'> {
  readonly phase: string;
  /** As in the record. */
  readonly place?: number;
  /** Where filters stood, places are those before them. */
  readonly documents: readonly (ManifestDocument & { readonly text: string; readonly kept?: boolean })[];
}

/** What a phase plants of one poison. */
export interface PoisonInputs {
  /** At least as many as the phase plants. */
  readonly documents: readonly EncodedPoison[];
  readonly trigger: TriggerFrequency;
  /** Null where none are written. */
  readonly cleanTrigger: readonly TriggeredDocument[] | null;
}

/** What a phase is made of. */
export interface PhaseInputs {
  /** Of the training split. */
  readonly tokens: TokenizedDocuments;
  /** The clean documents of the phase: the first of them, and their number. */
  readonly firstDocument: number;
  readonly documents: number;
  /** By clean document, its tokens that are a prompt, which are not learnt; default: none are. */
  readonly prompts?: readonly number[];
  /** Of each poison, in their order. */
  readonly poisons: readonly PoisonInputs[];
  /** Clean documents of each corpus that is mixed in; default: none. */
  readonly mixed?: readonly (readonly Example[])[];
  /** Further clean documents of each corpus of the phase, which take the place of what filters remove. */
  readonly reserves?: readonly (readonly Example[])[];
  /** Reads the trusted text of the phase's defences; left out where none reads any. */
  trusted?(): readonly Example[];
}

/** A phase ready to be trained on. */
export interface PhaseData extends Pick<PackedPhase, 'seen'> {
  readonly batches: BatchSource;
  /** Of each poison, in their order. */
  readonly poisons: readonly PoisonRecord[];
  /** The same. */
  readonly manifests: readonly PhaseManifest[];
  /** Null for a phase of one corpus. */
  readonly mix: MixRecord | null;
}

/** A poison of a phase with what it plants. */
interface PlantedPoison extends PoisonInputs {
  readonly poison: PoisonConfig;
  readonly index: number;
  readonly place: number | undefined;
  readonly seed: number | string;
}

const example = (tokens: ArrayLike<number>, lossFrom = 0): Example => ({
  tokens: tokens instanceof Uint16Array ? tokens : Uint16Array.from(tokens),
  lossFrom,
});

/** Clean examples of a phase; some have a trigger written into them. */
function cleanExamples({ tokens, firstDocument, documents, prompts, poisons }: PhaseInputs): Example[] {
  const triggered = poisons.flatMap(({ cleanTrigger }) => cleanTrigger ?? []);
  const written = new Map(triggered.map((own) => [own.document, own.tokens]));
  return Array.from({ length: documents }, (_, place) => {
    const document = firstDocument + place;
    return example(written.get(document) ?? documentTokens(tokens, document), prompts?.[place]);
  });
}

/**
 * Examples of several corpora in one order: each corpus keeps its own, and all come to an end together.
 * @returns each with the place of its corpus
 */
function mergeEvenly(
  corpora: readonly (readonly Example[])[],
): { readonly spare: Example; readonly part: number }[] {
  return corpora
    .flatMap((examples, part) =>
      examples.map((spare, place) => ({ spare, part, at: (place + 0.5) / examples.length })),
    )
    .sort((a, b) => a.at - b.at || a.part - b.part);
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
  const placed = placedPoisons(phase).map(({ poison, index, place }): PlantedPoison => {
    const own = inputs.poisons[index];
    if (own === undefined) throw new Error(`phase ${phase.name} reads ${inputs.poisons.length} poisons`);
    const documents = own.documents.slice(0, poison.documents);
    return { ...own, poison, index, place, documents, seed: poisonSeed(config, options.phase, index) };
  });
  const own = cleanExamples(inputs);
  const { mixed = [] } = inputs;
  const ordered = orderPhase({
    ...{ phase, contextTokens, seed },
    clean: [own, ...mixed].flat(),
    poisons: placed.map((own) => ({
      placement: own.poison.placement,
      seed: own.seed,
      examples: own.documents.map(({ tokens }) => example(tokens)),
    })),
  });
  const spares = mergeEvenly(inputs.reserves ?? []);
  const reserve = spares.map(
    ({ spare }, document): SourcedExample => ({ ...spare, source: { kind: 'reserve', document } }),
  );
  const { examples, records } = filterPhase({
    ...{ phase, contextTokens, filters },
    examples: ordered.examples,
    reserve: [...ordered.displaced, ...reserve],
  });
  const { packed, batches, seen } = packPhase(examples, { phase, contextTokens, separatorId });
  if (inputs.prompts !== undefined || mixed.length > 0)
    checkLearnt(packed.weights, { phase, stepTokens: batches.tokensPerStep });

  const cleanDocuments = examples.filter(({ source }) => source.kind !== 'poisoned').length;
  const described = placed.map((own) => {
    const { poison, index, place, documents } = own;
    const plan = ordered.plan.poisons[index] as PoisonPlan;
    const triggerEnds = new Map(
      own.cleanTrigger?.map(({ document, triggerEnd }) => [document - inputs.firstDocument, triggerEnd]),
    );
    const cleanTrigger =
      own.cleanTrigger === null
        ? undefined
        : countTriggered({ phase, contextTokens, examples, packed, triggerEnds, cleanDocuments });
    const manifest = createManifest({ ...own, plan, cleanTrigger });
    const kept = filters.length === 0 ? null : keptPoison(examples, index);
    const name = { phase: phase.name, ...(place === undefined ? {} : { place }) };
    return {
      record: {
        ...name,
        ...poisonRecord(poison, plan),
        ...(kept === null
          ? {}
          : {
              filtered: filteredPoison(
                records.map((record) => record[index] as FilterRecord),
                documents.length,
                kept,
                seen(phase.tokens, index),
              ),
            }),
      },
      manifest: {
        ...manifest,
        ...name,
        documents: manifest.documents.map((document, at) => ({
          ...document,
          text: (documents[at] as EncodedPoison).text,
          ...(kept === null ? {} : { kept: kept.has(at) }),
        })),
      },
    };
  });
  const partOfClean = [own, ...mixed].flatMap((examplesOfPart, part) => examplesOfPart.map(() => part));
  const parts = (source: Source) =>
    source.kind === 'clean'
      ? partOfClean[source.document]
      : source.kind === 'reserve'
        ? spares[source.document]?.part
        : undefined;
  return {
    ...{ batches, seen },
    mix:
      mixed.length === 0
        ? null
        : { phase: phase.name, parts: countParts({ examples, packed, parts, count: mixed.length + 1 }) },
    poisons: described.map(({ record }) => record),
    manifests: described.map(({ manifest }) => manifest),
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

/** Indices of the documents of one poison among examples. */
function keptPoison(examples: readonly SourcedExample[], poison: number): ReadonlySet<number> {
  return new Set(
    examples.flatMap(({ source }) =>
      source.kind === 'poisoned' && source.poison === poison ? [source.document] : [],
    ),
  );
}

function filteredPoison(
  filters: readonly FilterRecord[],
  planted: number,
  kept: ReadonlySet<number>,
  trained: { documents: number; exposures: number },
): FilteredPoison {
  return { filters, planted, kept: kept.size, trained: trained.documents, exposures: trained.exposures };
}

function poisonRecord({ attack, documents }: PoisonConfig, plan: PoisonPlan) {
  const { poisonedTokens, poisonTokenShare, poisonDocumentShare } = plan;
  return { attack, documents, poisonedTokens, poisonTokenShare, poisonDocumentShare };
}
