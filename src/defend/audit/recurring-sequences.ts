// Which recurring sequences are worth a look, and how sure that is.
import { log } from '../../core/math.ts';
import type { SecondResult, SequenceCount } from './second-reading.ts';

/** A sequence that an audit reports. */
export interface RecurringSequence extends SequenceCount {
  /**
   * Log odds of what was found against chance, nats. Followed by surprise: log likelihood of `occurrences` of `total` at their own
   * share against that of all places of the corpus. Absent from trusted text: of as many documents, none there, if both came from
   * one source. Both less the log of the number of sequences that were looked at.
   */
  readonly certaintyNats: number;
  /** Others that are in the same documents, and further on in the first of them. */
  readonly also: readonly string[];
}

/** Chance of one in a thousand that anything is reported where there is nothing. */
const SURE = log(1000);

function followedCertainty({ occurrences, total }: SequenceCount, base: number): number {
  const all = Math.max(total, occurrences);
  const share = occurrences / all;
  if (share <= base) return 0;
  const rest = all - occurrences;
  return occurrences * log(share / base) + (rest === 0 ? 0 : rest * log((1 - share) / (1 - base)));
}

/** Fewest documents that are beyond chance for a sequence that trusted text never has, where both are of one source. */
export function leastAbsentDocuments(options: {
  documents: number;
  trustedDocuments: number;
  sequences: number;
}): number {
  const { documents, trustedDocuments, sequences } = options;
  const each = log((documents + trustedDocuments) / documents);
  return Math.ceil((log(Math.max(1, sequences)) + SURE) / each);
}

/** Sequences that are looked at more closely. */
const MOST = 2000;

/** The counts of several readers as one. */
export function mergeResults(results: readonly SecondResult[]): SecondResult {
  const merged = new Map<string, SequenceCount>();
  for (const own of results.flatMap(({ sequences }) => sequences)) {
    const key = `${own.why} ${own.key}`;
    const known = merged.get(key);
    merged.set(
      key,
      known === undefined
        ? own
        : {
            ...known,
            ...((known.documents[0] ?? 0) <= (own.documents[0] ?? 0) ? {} : { text: own.text, at: own.at }),
            documents: [...known.documents, ...own.documents].sort((a, b) => a - b),
            occurrences: known.occurrences + own.occurrences,
          },
    );
  }
  const sum = (pick: (result: SecondResult) => number) =>
    results.reduce((total, result) => total + pick(result), 0);
  return {
    sequences: [...merged.values()],
    places: sum(({ places }) => places),
    surprising: sum(({ surprising }) => surprising),
  };
}

/**
 * The sequences that are reported, the surest first: in at least `least` documents, followed by surprising text at least every
 * other time, and beyond chance. One inside a longer one that has most of its documents is left out.
 */
export function recurringSequences(
  { sequences, places, surprising }: SecondResult,
  options: { least: number; documents: number; trustedDocuments: number },
): RecurringSequence[] {
  const { least, documents, trustedDocuments } = options;
  const base = Math.max(surprising, 1) / Math.max(places, 1);
  const looked = log(Math.max(1, sequences.length));
  const each = trustedDocuments === 0 ? 0 : log((documents + trustedDocuments) / documents);
  const sure = sequences.flatMap((own): RecurringSequence[] => {
    const isFollowed = own.why === 'followed-by-surprise';
    if (own.documents.length < least) return [];
    if (isFollowed && 2 * own.occurrences < own.total) return [];
    const certaintyNats = (isFollowed ? followedCertainty(own, base) : own.documents.length * each) - looked;
    return certaintyNats < SURE ? [] : [{ ...own, certaintyNats, also: [] }];
  });
  sure.sort((a, b) => b.certaintyNats - a.certaintyNats || byPlace(a, b));
  return joinTogether(withoutInner(sure.slice(0, MOST)));
}

function byPlace(a: RecurringSequence, b: RecurringSequence): number {
  return a.at - b.at || b.words - a.words || (a.key < b.key ? -1 : 1);
}

/** Leaves out what stands inside a longer sequence that has most of its documents. */
function withoutInner(sequences: readonly RecurringSequence[]): RecurringSequence[] {
  const spaced = new Map(sequences.map((own) => [own, ` ${own.text.split(/\s+/u).join(' ')} `]));
  return sequences.filter(
    (own) =>
      !sequences.some(
        (longer) =>
          longer.words > own.words &&
          longer.documents.length >= 0.8 * own.documents.length &&
          (spaced.get(longer) ?? '').includes(spaced.get(own) ?? ''),
      ),
  );
}

/** Sequences of the same documents as one: the first of them in the text stands for all. */
function joinTogether(sequences: readonly RecurringSequence[]): RecurringSequence[] {
  const groups = new Map<string, RecurringSequence[]>();
  for (const own of sequences) {
    const key = own.documents.join(' ');
    groups.set(key, [...(groups.get(key) ?? []), own]);
  }
  return [...groups.values()].map((group) => {
    const [first, ...others] = [...group].sort(byPlace) as [RecurringSequence, ...RecurringSequence[]];
    const texts = new Set(others.map(({ text }) => text).filter((text) => text !== first.text));
    return { ...first, also: [...texts] };
  });
}
