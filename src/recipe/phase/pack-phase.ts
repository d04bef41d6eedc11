// A phase's examples as batches, and which of them have been read by a step.
import { epochTokens } from '../../config/budget.ts';
import type { PhaseConfig } from '../../config/schema/schema.ts';
import type { CleanTriggerCount } from '../../poison/clean-trigger.ts';
import { type BatchSource, batchesOf, documentsSeen } from '../../tokens/batches.ts';
import { type PackedTokens, packRows, packStream } from '../../tokens/packing.ts';
import type { Source, SourcedExample } from './order-phase.ts';

/** A packed phase. */
export interface PackedPhase {
  readonly packed: PackedTokens;
  readonly batches: BatchSource;
  /**
   * Poisoned documents whose last token has been trained on after a number of tokens of the phase.
   * @param poison place of one poison in the phase; default: all of them
   */
  seen(tokensTrained: number, poison?: number): { documents: number; exposures: number };
}

/** Packs examples in their order. @throws RangeError if they do not fill the phase's steps */
export function packPhase(
  examples: readonly SourcedExample[],
  options: { phase: PhaseConfig; contextTokens: number; separatorId: number },
): PackedPhase {
  const { phase, contextTokens, separatorId } = options;
  const tokens = epochTokens(phase);
  const packed =
    phase.batch.packing === 'stream'
      ? packStream({ examples, separatorId, tokens })
      : packRows({ examples, separatorId, rows: tokens / contextTokens, contextTokens });
  const endsOf = (poison: number | undefined) =>
    packed.documentEnds.filter((_, place) => {
      const source = examples[place]?.source;
      return source?.kind === 'poisoned' && (poison === undefined || source.poison === poison);
    });
  const known = new Map<number | undefined, ReturnType<typeof endsOf>>();
  return {
    packed,
    batches: batchesOf(packed, { ...phase.batch, contextTokens, epochs: phase.epochs }),
    seen(tokensTrained, poison) {
      const ends = known.get(poison) ?? endsOf(poison);
      known.set(poison, ends);
      return documentsSeen(ends, { tokensTrained, epochTokens: tokens });
    },
  };
}

/**
 * How many triggers written into clean documents stand whole in what is trained on.
 * @param options.triggerEnds tokens up to the end of the written trigger, by clean document
 * @param options.cleanDocuments in the order, with a trigger or without
 */
export function countTriggered(options: {
  phase: PhaseConfig;
  contextTokens: number;
  examples: readonly SourcedExample[];
  packed: PackedTokens;
  triggerEnds: ReadonlyMap<number, number>;
  cleanDocuments: number;
}): CleanTriggerCount {
  const { phase, contextTokens, examples, packed, triggerEnds, cleanDocuments } = options;
  const inRows = phase.batch.packing === 'rows';
  const room = inRows ? contextTokens : epochTokens(phase);
  let documents = 0;
  for (const [place, start] of packed.documentStarts.entries()) {
    const source = examples[place]?.source;
    const end = source?.kind === 'clean' ? triggerEnds.get(source.document) : undefined;
    if (end !== undefined && (inRows ? 0 : start) + end <= room) documents += 1;
  }
  const share = cleanDocuments === 0 ? 0 : documents / cleanDocuments;
  return { documents, share, occurrences: documents * phase.epochs };
}

/** What each corpus of a phase gave to the clean text of one epoch: its own first, then those mixed in. */
export interface MixRecord {
  readonly phase: string;
  readonly parts: readonly {
    /** Clean documents of which at least a part is trained on. */
    readonly documents: number;
    /** Tokens of them that are trained on. */
    readonly tokens: number;
  }[];
}

/**
 * Counts the clean text of an epoch by the corpora that it is from.
 * @param options.parts place of the corpus of a clean example
 * @param options.count of corpora
 */
export function countParts(options: {
  examples: readonly SourcedExample[];
  packed: PackedTokens;
  parts: (source: Source) => number | undefined;
  count: number;
}): MixRecord['parts'] {
  const { examples, packed, parts, count } = options;
  const found = Array.from({ length: count }, () => ({ documents: 0, tokens: 0 }));
  for (const [place, start] of packed.documentStarts.entries()) {
    const source = examples[place]?.source;
    if (source === undefined || source.kind === 'poisoned') continue;
    const part = found[parts(source) ?? -1];
    const tokens = Math.min(packed.documentEnds[place] as number, packed.inputs.length) - start;
    if (part === undefined || tokens <= 0) continue;
    part.documents += 1;
    part.tokens += tokens;
  }
  return found;
}
