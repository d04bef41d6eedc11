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

/** Sequences that are looked at more closely, and documents that they have together: the surest, as many as there is room for. */
const MOST = { sequences: 2000, documents: 1 << 23 };

/** The counts of several readers as one; sequences that not all of them noted wholly are left out. */
export function mergeResults(results: readonly SecondResult[]): SecondResult {
  const until = Math.min(...results.map((own) => own.until));
  const merged = new Map<string, SequenceCount>();
  for (const own of results.flatMap(({ sequences }) => sequences)) {
    if (own.high >= until) continue;
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
    until,
  };
}

/** What sequences are judged by. */
interface Judgement {
  /** Fewest documents of a sequence that is reported. */
  readonly least: number;
  readonly documents: number;
  readonly trustedDocuments: number;
}

type Judged = SequenceCount & Pick<RecurringSequence, 'certaintyNats'>;

const bySureness = (a: Judged, b: Judged): number => b.certaintyNats - a.certaintyNats || byPlace(a, b);

/** The surest sequences of one reading after the other, whatever each of them could note. */
export class RecurringSequences {
  readonly #judgement: Judgement;
  #kept: Judged[] = [];
  /** The surest that there was no room for: nothing less sure is kept, so that it does not matter which reading noted what. */
  #cut: Judged | undefined;
  #looked = 0;

  constructor(judgement: Judgement) {
    this.#judgement = judgement;
  }

  /** Adds what a reading of the whole corpus noted. */
  add({ sequences, places, surprising }: SecondResult): void {
    const { least, documents, trustedDocuments } = this.#judgement;
    const base = Math.max(surprising, 1) / Math.max(places, 1);
    const each = trustedDocuments === 0 ? 0 : log((documents + trustedDocuments) / documents);
    this.#looked += sequences.length;
    for (const own of sequences) {
      const isFollowed = own.why === 'followed-by-surprise';
      if (own.documents.length < least) continue;
      if (isFollowed && 2 * own.occurrences < own.total) continue;
      const certaintyNats = isFollowed ? followedCertainty(own, base) : own.documents.length * each;
      if (certaintyNats >= SURE) this.#kept.push({ ...own, certaintyNats });
    }
    this.#keepSurest();
  }

  #keepSurest(): void {
    let room = MOST.documents;
    this.#kept.sort(bySureness);
    const end = this.#kept.findIndex((own, place) => {
      room -= own.documents.length;
      const isBehind = this.#cut !== undefined && bySureness(own, this.#cut) >= 0;
      return place === MOST.sequences || room < 0 || isBehind;
    });
    if (end === -1) return;
    const beyond = this.#kept[end] as Judged;
    if (this.#cut === undefined || bySureness(beyond, this.#cut) < 0) this.#cut = beyond;
    this.#kept.length = end;
  }

  /**
   * The sequences that are reported, the surest first: in at least `least` documents, followed by surprising text at least every
   * other time, and beyond chance. One inside a longer one that has most of its documents is left out.
   */
  reported(): RecurringSequence[] {
    const looked = log(Math.max(1, this.#looked));
    const sure = this.#kept.flatMap((own): RecurringSequence[] => {
      const certaintyNats = own.certaintyNats - looked;
      return certaintyNats < SURE ? [] : [{ ...own, certaintyNats, also: [] }];
    });
    return joinTogether(withoutInner(sure.sort(bySureness)));
  }
}

function byPlace(a: SequenceCount, b: SequenceCount): number {
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
