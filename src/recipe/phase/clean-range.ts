// Which clean documents a phase is trained on: as many from the training split, in corpus order, as its budget
// takes, behind those that earlier phases on the same corpus took; from the first again where a corpus ends.
import type { CleanPart } from '../../config/clean-parts.ts';
import type { PhaseConfig } from '../../config/schema/schema.ts';
import { InputError } from '../../core/errors.ts';
import {
  type DocumentDemand,
  documentCount,
  streamTokens,
  type TokenizedDocuments,
} from '../../tokens/tokenized-documents.ts';

/** Documents of the training split. */
export interface CleanRange {
  readonly firstDocument: number;
  readonly documents: number;
}

/** Gives the first documents of the training split that meet a demand; fewer only where the corpus ends. */
export type AskForDocuments = (demand: DocumentDemand) => Promise<TokenizedDocuments>;

/** A phase that a corpus gives text to. */
export interface CleanUse {
  readonly phase: PhaseConfig;
  readonly part: CleanPart;
}

/** Documents from `first` on that are what the corpus gives to one epoch; undefined if the corpus ends before. */
async function fill(
  ask: AskForDocuments,
  first: number,
  { phase, part }: CleanUse,
): Promise<CleanRange | undefined> {
  if (phase.batch.packing === 'rows') {
    const rows = part.documents;
    const available = documentCount(await ask({ documents: first + rows }));
    return first + rows <= available ? { firstDocument: first, documents: rows } : undefined;
  }
  const before = ((await ask({ documents: first })).offsets[first] as number) + first;
  const end = before + part.tokens;
  const { offsets } = await ask({ tokens: end });
  for (let next = first; next < offsets.length; next++) {
    if ((offsets[next] as number) + next >= end) return { firstDocument: first, documents: next - first };
  }
  return undefined;
}

/**
 * The clean documents that one corpus gives to the phases of a run.
 * @param uses the phases that read this corpus, in order
 * @throws InputError if the corpus holds too little for a phase
 */
export async function cleanRanges(uses: readonly CleanUse[], ask: AskForDocuments): Promise<CleanRange[]> {
  const ranges: CleanRange[] = [];
  let next = 0;
  for (const use of uses) {
    const range = (await fill(ask, next, use)) ?? (await fill(ask, 0, use));
    if (range === undefined) throw await tooLittle(use, ask);
    ranges.push(range);
    next = range.firstDocument + range.documents;
  }
  return ranges;
}

/**
 * Further clean documents for phases with defences, behind those of all phases on the corpus, so that these train on the
 * same documents as without defences. As many again as the phase has; fewer where the corpus ends. By phase.
 */
export async function reserveRanges(
  uses: readonly CleanUse[],
  ranges: readonly CleanRange[],
  ask: AskForDocuments,
): Promise<(CleanRange | undefined)[]> {
  let next = Math.max(...ranges.map(({ firstDocument, documents }) => firstDocument + documents));
  const reserves: (CleanRange | undefined)[] = [];
  for (const [place, { phase }] of uses.entries()) {
    if (phase.defend === undefined) {
      reserves.push(undefined);
      continue;
    }
    const wanted = (ranges[place] as CleanRange).documents;
    const there = documentCount(await ask({ documents: next + wanted })) - next;
    const documents = Math.max(0, Math.min(wanted, there));
    reserves.push({ firstDocument: next, documents });
    next += documents;
  }
  return reserves;
}

async function tooLittle({ phase, part }: CleanUse, ask: AskForDocuments): Promise<InputError> {
  const { tokens, documents, share } = part;
  const inRows = phase.batch.packing === 'rows';
  const all = await ask(inRows ? { documents } : { tokens });
  const wants = inRows ? `${documents} documents (one a row)` : `${tokens} tokens`;
  const what =
    phase.mix === undefined ? 'its corpus' : `the ${part.corpus.kind} corpus that gives ${share} of it`;
  return new InputError(
    `phase ${phase.name} trains on ${wants} an epoch, but the training split of ${what} holds ` +
      `${documentCount(all)} documents, ${streamTokens(all)} tokens: lower tokensPerParameter or tokens, raise ` +
      `epochs, choose a smaller model, or give more text${phase.mix === undefined ? '' : ' or another share'}`,
  );
}

/** Roughly what a run's phases ask of one corpus together, so that it can be tokenised in one go. */
export function cleanDemand(uses: readonly CleanUse[]): DocumentDemand {
  return {
    tokens: uses.reduce((sum, { part }) => sum + part.tokens, 0),
    documents: uses.reduce((sum, { part }) => sum + part.documents, 0),
  };
}
