// The data of one phase: clean documents in the run's order, exactly N poisoned ones among them, packed.
// The poison displaces the tail of the clean stream; the number of steps never changes.
import type { PhaseConfig, RunConfig } from '../../config/schema/schema.ts';
import { randomStream } from '../../core/random.ts';
import type { CleanTriggerCount } from '../../poison/clean-trigger.ts';
import { type InsertionPlan, planInsertion } from '../../poison/insertion.ts';
import { createManifest, type ManifestDocument, type PoisonManifest } from '../../poison/manifest.ts';
import { type BatchSource, batchesOf, documentsSeen } from '../../tokens/batches.ts';
import { type PackedTokens, packRows, packStream } from '../../tokens/packing.ts';
import {
  concatDocuments,
  DocumentCollector,
  documentCount,
  documentTokens,
  type TokenizedDocuments,
} from '../../tokens/tokenized-documents.ts';
import { readCachedJson } from '../prepare/cached-json.ts';
import { epochTokens } from '../prepare/clean-range.ts';
import type { EncodedPoison, TriggeredDocument } from '../prepare/training-texts.ts';
import type { PoisonRecord } from '../record.ts';
import type { PhaseArtefacts } from '../run-event.ts';
import {
  encodedPoisonSchema,
  triggeredDocumentsSchema,
  triggerFrequencySchema,
} from '../schemas/cached-schemas.ts';
import { readAllTokens } from './run-inputs.ts';

/** The manifest of a phase, with the texts that were planted. */
export interface PhaseManifest extends Omit<PoisonManifest, 'documents'> {
  readonly phase: string;
  readonly documents: readonly (ManifestDocument & { readonly text: string })[];
}

/** A phase ready to be trained on. */
export interface PhaseData {
  readonly batches: BatchSource;
  /** Null without poison. */
  readonly poison: PoisonRecord | null;
  /** Null without poison. */
  readonly manifest: PhaseManifest | null;
  /** Poisoned documents whose last token has been trained on after so many tokens of the phase. */
  seen(tokensTrained: number): { documents: number; exposures: number };
}

/** Seed of what a phase plants and how it orders documents: its own for each phase of a run. */
export function phaseSeed(config: Pick<RunConfig, 'seed' | 'phases'>, phase: number): number | string {
  return phase === 0 ? config.seed : `${config.seed}/${config.phases[phase]?.name}`;
}

/** A run of neighbouring documents, by itself. */
function sliceDocuments(
  { ids, offsets }: TokenizedDocuments,
  first: number,
  count: number,
): TokenizedDocuments {
  const start = offsets[first] as number;
  return {
    ids: ids.subarray(start, offsets[first + count]),
    offsets: offsets.slice(first, first + count + 1).map((offset) => offset - start),
  };
}

/** Documents with others in some places. */
function replaceDocuments(
  documents: TokenizedDocuments,
  replacements: ReadonlyMap<number, Pick<TriggeredDocument, 'tokens'>>,
): TokenizedDocuments {
  if (replacements.size === 0) return documents;
  const collector = new DocumentCollector();
  for (let index = 0; index < documentCount(documents); index++)
    collector.add(replacements.get(index)?.tokens ?? documentTokens(documents, index));
  return collector.finish();
}

/** Clean documents with the trigger written into them, by their index in the phase. */
function readTriggered({ cleanTrigger, firstDocument }: PhaseArtefacts): Map<number, TriggeredDocument> {
  if (cleanTrigger === null) return new Map();
  const written = readCachedJson(cleanTrigger, triggeredDocumentsSchema);
  return new Map(
    written.map((document): [number, TriggeredDocument] => [document.document - firstDocument, document]),
  );
}

/** How many written triggers stand whole in what is trained on. */
function countTriggered(
  triggered: ReadonlyMap<number, TriggeredDocument>,
  options: {
    phase: PhaseConfig;
    order: Int32Array;
    packed: PackedTokens;
    contextTokens: number;
    clean: number;
  },
): CleanTriggerCount {
  const { phase, order, packed, contextTokens, clean } = options;
  const room = phase.batch.packing === 'rows' ? contextTokens : epochTokens(phase);
  let documents = 0;
  for (const [position, start] of packed.documentStarts.entries()) {
    const document = triggered.get(order[position] as number);
    const before = phase.batch.packing === 'rows' ? 0 : start;
    if (document !== undefined && before + document.triggerEnd <= room) documents += 1;
  }
  return { documents, share: clean === 0 ? 0 : documents / clean, occurrences: documents * phase.epochs };
}

function toDocuments(poisoned: readonly EncodedPoison[]): TokenizedDocuments {
  const offsets = new Uint32Array(poisoned.length + 1);
  for (const [index, { tokens }] of poisoned.entries())
    offsets[index + 1] = (offsets[index] as number) + tokens.length;
  return { ids: Uint16Array.from(poisoned.flatMap(({ tokens }) => tokens)), offsets };
}

/** Tokens of documents with their separators, in an order. */
function lengthsWithSeparator({ offsets }: TokenizedDocuments, order: readonly number[]): Int32Array {
  return Int32Array.from(order, (index) => (offsets[index + 1] as number) - (offsets[index] as number) + 1);
}

function pack(
  documents: TokenizedDocuments,
  order: Int32Array,
  options: { phase: PhaseConfig; contextTokens: number; separatorId: number },
): PackedTokens {
  const { phase, contextTokens, separatorId } = options;
  const tokens = epochTokens(phase);
  if (phase.batch.packing === 'stream') return packStream({ documents, order, separatorId, tokens });
  return packRows({ documents, order, separatorId, rows: tokens / contextTokens, contextTokens });
}

/** Builds the data of a phase of a run. */
export function buildPhaseData(options: {
  config: RunConfig;
  phase: number;
  artefacts: PhaseArtefacts;
  separatorId: number;
}): PhaseData {
  const { config, artefacts, separatorId } = options;
  const phase = config.phases[options.phase] as PhaseConfig;
  const { contextTokens } = config.model;
  const seed = phaseSeed(config, options.phase);
  const triggered = readTriggered(artefacts);
  const clean = replaceDocuments(
    sliceDocuments(readAllTokens(artefacts.tokens), artefacts.firstDocument, artefacts.documents),
    triggered,
  );
  const poisoned =
    artefacts.poison === null
      ? []
      : readCachedJson(artefacts.poison, encodedPoisonSchema).slice(0, phase.poison?.documents ?? 0);

  const cleanOrder = randomStream(seed, 'document-order').shuffle([...Array(documentCount(clean)).keys()]);
  const plan = planInsertion({
    cleanLengths: lengthsWithSeparator(clean, cleanOrder),
    poisonedLengths: poisoned.map(({ tokens }) => tokens.length + 1),
    budgetTokens: epochTokens(phase),
    placement: phase.poison?.placement ?? 'uniform',
    seed,
    unit: phase.batch.packing === 'rows' ? 'rows' : 'tokens',
    contextTokens,
  });
  const order = plan.order.map((place) =>
    place >= 0 ? (cleanOrder[place] as number) : cleanOrder.length - 1 - place,
  );
  const packed = pack(concatDocuments(clean, toDocuments(poisoned)), order, {
    phase,
    contextTokens,
    separatorId,
  });
  const cleanTrigger =
    artefacts.cleanTrigger === null
      ? undefined
      : countTriggered(triggered, { phase, order, packed, contextTokens, clean: plan.cleanDocuments });
  const ends = Uint32Array.from(
    plan.placed,
    ({ documentPosition }) => packed.documentEnds[documentPosition] as number,
  );
  return {
    batches: batchesOf(packed, { ...phase.batch, contextTokens, epochs: phase.epochs }),
    ...describePoison(phase, { seed, plan, poisoned, triggerPath: artefacts.trigger, cleanTrigger }),
    seen: (tokensTrained) => documentsSeen(ends, { tokensTrained, epochTokens: epochTokens(phase) }),
  };
}

function describePoison(
  { name, poison }: PhaseConfig,
  options: {
    seed: number | string;
    plan: InsertionPlan;
    poisoned: readonly EncodedPoison[];
    triggerPath: string | null;
    cleanTrigger: CleanTriggerCount | undefined;
  },
): Pick<PhaseData, 'poison' | 'manifest'> {
  const { seed, plan, poisoned, triggerPath, cleanTrigger } = options;
  if (poison === undefined || triggerPath === null) return { poison: null, manifest: null };
  const trigger = readCachedJson(triggerPath, triggerFrequencySchema);
  const manifest = createManifest({ poison, seed, trigger, cleanTrigger, documents: poisoned, plan });
  const { poisonedTokens, poisonTokenShare, poisonDocumentShare } = plan;
  return {
    poison: {
      phase: name,
      attack: poison.attack,
      documents: poison.documents,
      poisonedTokens,
      poisonTokenShare,
      poisonDocumentShare,
    },
    manifest: {
      ...manifest,
      phase: name,
      documents: manifest.documents.map((document, index) => ({
        ...document,
        text: (poisoned[index] as EncodedPoison).text,
      })),
    },
  };
}
