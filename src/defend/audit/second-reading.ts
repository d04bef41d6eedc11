// The second reading of a corpus: sequences of one to three words that recur, and behind which the text goes on as the rest of the
// corpus does not (what a trigger with a payload is), or that trusted text never has. How often everything occurs is known by then.
import { log } from '../../core/math.ts';
import { Fingerprint, SequenceTable } from '../sequences/sequence-table.ts';
import { type CountSketch, MOST, sequenceKey } from './count-sketch.ts';
import { WordReader } from './words.ts';

/** Counts of a text's words and sequences, and how many words it has. */
export interface WordCounts {
  readonly sketch: CountSketch;
  readonly words: number;
}

/** Words of the longest sequences that are looked at. */
const LONGEST_SEQUENCE = 3;

/** Words behind a sequence whose surprise counts; fewer than half of them do not. */
const WINDOW = 8;
const SHORTEST_WINDOW = WINDOW / 2;

/**
 * Surprise of each word after the one before it, nats: -log p, p(w | c) = (n(c w) + p(w)) / (n(c) + 1), p(w) = (n(w) + 1) / 2N,
 * at most 1, where n counts without the occurrence itself unless the counts are of another text.
 */
function wordNats(hashes: Int32Array, { sketch, words }: WordCounts, own: 0 | 1): Float64Array {
  const nats = new Float64Array(hashes.length);
  const scale = 1 / (2 * Math.max(1, words));
  let before = 0;
  for (let end = 1; end <= hashes.length; end++) {
    const alone = Math.max(0, sketch.count(sequenceKey(hashes, end, 1)) - own);
    const pair = end === 1 ? 0 : Math.max(0, sketch.count(sequenceKey(hashes, end, 2)) - own);
    nats[end - 1] = -log(Math.min(1, (pair + (alone + 1) * scale) / (before + 1)));
    before = alone;
  }
  return nats;
}

/** Mean surprise of the words from each place on; NaN where too few follow. [words + 1] */
function windowNats(nats: Float64Array): Float64Array {
  const windows = new Float64Array(nats.length + 1).fill(Number.NaN);
  let sum = 0;
  for (let place = nats.length - 1; place >= 0; place--) {
    sum += nats[place] as number;
    if (place + WINDOW < nats.length) sum -= nats[place + WINDOW] as number;
    const length = Math.min(WINDOW, nats.length - place);
    if (length >= SHORTEST_WINDOW) windows[place] = sum / length;
  }
  return windows;
}

/** Surprise of every window of some texts, ascending. */
export function sampleWindows(texts: readonly string[], counts: WordCounts, own: 0 | 1): Float64Array {
  const reader = new WordReader();
  const found = texts.map((text) => {
    reader.read(text);
    const windows = windowNats(wordNats(reader.hashes.subarray(0, reader.count), counts, own));
    return windows.subarray(1).filter((value) => !Number.isNaN(value));
  });
  const all = new Float64Array(found.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const values of found) {
    all.set(values, at);
    at += values.length;
  }
  return all.sort();
}

/** What the second reading goes by. */
export interface SecondReadingSettings {
  /** Of the corpus. */
  readonly counts: WordCounts;
  /** Of trusted text; null without any: then surprise is that under the corpus itself. */
  readonly trusted: WordCounts | null;
  /** Mean surprise from which on what follows is surprising, nats a word. */
  readonly surprisingNats: number;
  /** Fewest occurrences of a sequence that is looked at. */
  readonly least: number;
  /** The same of one that trusted text never has. */
  readonly leastAbsent: number;
}

/** A sequence of words that recurs. */
export interface SequenceCount {
  /** Of its words. */
  readonly key: string;
  readonly text: string;
  readonly words: number;
  /** Words before it in the first of its documents. */
  readonly at: number;
  /** Where it is followed by surprising text: documents by number, ascending, and occurrences. */
  readonly documents: readonly number[];
  readonly occurrences: number;
  /** Occurrences in the corpus, at most. */
  readonly total: number;
  readonly why: 'followed-by-surprise' | 'absent-from-trusted';
}

/** What some or all documents gave. */
export interface SecondResult {
  readonly sequences: readonly SequenceCount[];
  /** Places behind which enough words follow, and those of them that are surprising. */
  readonly places: number;
  readonly surprising: number;
}

type Description = Pick<SequenceCount, 'text' | 'words' | 'at' | 'total'>;

interface Mutable extends Description {
  readonly key: string;
  readonly documents: number[];
  occurrences: number;
}

/** Counts of one kind of sequence. */
class Found {
  readonly #why: SequenceCount['why'];
  readonly #table = new SequenceTable();
  readonly #items: Mutable[] = [];

  constructor(why: SequenceCount['why']) {
    this.#why = why;
  }

  add(fingerprint: Fingerprint, document: number, describe: () => Description): void {
    const place = this.#table.count(fingerprint, document);
    let item = this.#items[place];
    if (item === undefined) {
      const key = `${fingerprint.high.toString(36)}-${fingerprint.low.toString(36)}`;
      item = { ...describe(), key, documents: [], occurrences: 0 };
      this.#items[place] = item;
    }
    item.occurrences += 1;
    if (item.documents.at(-1) !== document) item.documents.push(document);
  }

  list(): SequenceCount[] {
    return this.#items.map((item) => ({ ...item, why: this.#why }));
  }
}

/** Reads documents a second time. */
export class SecondReading {
  readonly #settings: SecondReadingSettings;
  readonly #reader = new WordReader();
  readonly #followed = new Found('followed-by-surprise');
  readonly #absent = new Found('absent-from-trusted');
  #places = 0;
  #surprising = 0;

  constructor(settings: SecondReadingSettings) {
    this.#settings = settings;
  }

  /** @param firstDocument number of the first of these texts in the corpus */
  read(texts: readonly string[], firstDocument: number): void {
    for (const [place, text] of texts.entries()) this.#readOne(text, firstDocument + place);
  }

  #readOne(text: string, document: number): void {
    const { counts, trusted, surprisingNats, least, leastAbsent } = this.#settings;
    const reader = this.#reader;
    reader.read(text);
    const hashes = reader.hashes.subarray(0, reader.count);
    const windows = windowNats(wordNats(hashes, trusted ?? counts, trusted === null ? 1 : 0));
    const fingerprint = new Fingerprint();
    for (let end = 1; end <= hashes.length; end++) {
      const nats = windows[end] as number;
      const isSurprising = nats > surprisingNats;
      if (!Number.isNaN(nats)) {
        this.#places += 1;
        if (isSurprising) this.#surprising += 1;
      }
      if (!isSurprising && trusted === null) continue;
      for (let length = 1; length <= Math.min(LONGEST_SEQUENCE, end); length++) {
        const total = counts.sketch.atMost(hashes, end, length);
        if (total === MOST) continue;
        const isAbsent =
          trusted !== null && total >= leastAbsent && trusted.sketch.atMost(hashes, end, length) === 0;
        if (!isAbsent && !(isSurprising && total >= least)) continue;
        fingerprint.clear();
        for (let place = end - length; place < end; place++) fingerprint.add(hashes[place] as number);
        const describe = () => ({
          text: text.slice(reader.starts[end - length], reader.ends[end - 1]),
          words: length,
          at: end - length,
          total,
        });
        if (isAbsent) this.#absent.add(fingerprint, document, describe);
        if (isSurprising && total >= least) this.#followed.add(fingerprint, document, describe);
      }
    }
  }

  result(): SecondResult {
    return {
      sequences: [...this.#followed.list(), ...this.#absent.list()],
      places: this.#places,
      surprising: this.#surprising,
    };
  }
}
