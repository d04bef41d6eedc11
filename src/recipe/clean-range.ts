// Which clean documents a phase is trained on: as many from the training split, in corpus order, as its budget
// takes, behind those that earlier phases on the same corpus took; from the first again where a corpus ends.
import { epochTokens } from '../config/budget.ts';
import type { PhaseConfig } from '../config/schema/schema.ts';
import { InputError } from '../core/errors.ts';
import {
  type DocumentDemand,
  documentCount,
  streamTokens,
  type TokenizedDocuments,
} from '../tokens/tokenized-documents.ts';

/** Documents of the training split. */
export interface CleanRange {
  readonly firstDocument: number;
  readonly documents: number;
}

/** Gives the first documents of the training split that meet a demand; fewer only where the corpus ends. */
export type AskForDocuments = (demand: DocumentDemand) => Promise<TokenizedDocuments>;

/** Documents from `first` on that fill one epoch; undefined if the corpus ends before. */
async function fill(
  ask: AskForDocuments,
  first: number,
  options: { phase: PhaseConfig; contextTokens: number },
): Promise<CleanRange | undefined> {
  const { phase, contextTokens } = options;
  if (phase.batch.packing === 'rows') {
    const rows = epochTokens(phase) / contextTokens;
    const available = documentCount(await ask({ documents: first + rows }));
    return first + rows <= available ? { firstDocument: first, documents: rows } : undefined;
  }
  const before = ((await ask({ documents: first })).offsets[first] as number) + first;
  // One token more than the budget: the target of the last position.
  const end = before + epochTokens(phase) + 1;
  const { offsets } = await ask({ tokens: end });
  for (let next = first; next < offsets.length; next++) {
    if ((offsets[next] as number) + next >= end) return { firstDocument: first, documents: next - first };
  }
  return undefined;
}

/**
 * The clean documents of each phase of a run on one corpus.
 * @param phases those of the run that use this corpus, in order
 * @throws InputError if the corpus holds too little for a phase
 */
export async function cleanRanges(
  phases: readonly PhaseConfig[],
  contextTokens: number,
  ask: AskForDocuments,
): Promise<CleanRange[]> {
  const ranges: CleanRange[] = [];
  let next = 0;
  for (const phase of phases) {
    const range =
      (await fill(ask, next, { phase, contextTokens })) ?? (await fill(ask, 0, { phase, contextTokens }));
    if (range === undefined) throw await tooLittle(phase, contextTokens, ask);
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
  phases: readonly PhaseConfig[],
  ranges: readonly CleanRange[],
  ask: AskForDocuments,
): Promise<(CleanRange | undefined)[]> {
  let next = Math.max(...ranges.map(({ firstDocument, documents }) => firstDocument + documents));
  const reserves: (CleanRange | undefined)[] = [];
  for (const [place, { defend }] of phases.entries()) {
    if (defend === undefined) {
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

async function tooLittle(
  phase: PhaseConfig,
  contextTokens: number,
  ask: AskForDocuments,
): Promise<InputError> {
  const tokens = epochTokens(phase);
  const all = await ask({ tokens: tokens + 1 });
  const wants =
    phase.batch.packing === 'rows'
      ? `${tokens / contextTokens} documents (one a row)`
      : `${tokens + 1} tokens`;
  return new InputError(
    `phase ${phase.name} trains on ${wants} an epoch, but the training split of its corpus holds ` +
      `${documentCount(all)} documents, ${streamTokens(all)} tokens: lower tokensPerParameter or tokens, raise ` +
      'epochs, choose a smaller model, or give more text',
  );
}

/** Roughly what a run's phases on one corpus ask for together, so that it can be tokenised in one go. */
export function cleanDemand(phases: readonly PhaseConfig[], contextTokens: number): DocumentDemand {
  let tokens = 0;
  let documents = 0;
  for (const phase of phases) {
    if (phase.batch.packing === 'rows') documents += epochTokens(phase) / contextTokens;
    else tokens += epochTokens(phase) + 1;
  }
  return { tokens, documents };
}
