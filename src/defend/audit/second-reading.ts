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
  /** Sequences whose fingerprints begin with a smaller number were looked at in an earlier reading; 0: none were. */
  readonly from: number;
  /** Most bytes of notes about sequences; what does not fit is left to a further reading. */
  readonly noteBytes: number;
}

/** Sequences whose fingerprints begin with a number below it are all there are. */
export const ALL_SEQUENCES = 0x100000000;

/** A sequence of words that recurs. */
export interface SequenceCount {
  /** Of its words. */
  readonly key: string;
  /** Beginning of its fingerprint, 32 bits. */
  readonly high: number;
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
  /** Of the sequences from `from` up to here, by the beginning of their fingerprints, every occurrence is counted. */
  readonly until: number;
}

type Description = Pick<SequenceCount, 'text' | 'words' | 'at' | 'total'>;

interface Note extends Description {
  readonly high: number;
  readonly low: number;
  readonly documents: number[];
  occurrences: number;
}

/** Bytes that a sequence, a character of its text and a document of it take, about: with what arrays hold in reserve. */
const BYTES = { sequence: 400, character: 2, document: 12 };

const bytesOf = ({ text, documents }: Note): number =>
  BYTES.sequence + BYTES.character * text.length + BYTES.document * documents.length;

/** Notes about one kind of sequence. */
class Notes {
  readonly #why: SequenceCount['why'];
  #table = new SequenceTable();
  #notes: Note[] = [];
  bytes = 0;

  constructor(why: SequenceCount['why']) {
    this.#why = why;
  }

  add(fingerprint: Fingerprint, document: number, describe: () => Description): void {
    const place = this.#table.count(fingerprint, document);
    let note = this.#notes[place];
    if (note === undefined) {
      const { high, low } = fingerprint;
      note = { ...describe(), high, low, documents: [], occurrences: 0 };
      this.#notes[place] = note;
      this.bytes += bytesOf(note);
    }
    note.occurrences += 1;
    if (note.documents.at(-1) === document) return;
    note.documents.push(document);
    this.bytes += BYTES.document;
  }

  /** Bytes of the notes by the beginnings of their fingerprints. */
  sizes(): { readonly high: number; readonly bytes: number }[] {
    return this.#notes.map((note) => ({ high: note.high, bytes: bytesOf(note) }));
  }

  /** Forgets the sequences whose fingerprints do not begin with a smaller number. */
  keepBelow(until: number): void {
    const kept = this.#notes.filter(({ high }) => high < until);
    this.#table = new SequenceTable(kept.length);
    for (const note of kept) this.#table.count(note, note.documents.at(-1) as number);
    this.#notes = kept;
    this.bytes = kept.reduce((sum, note) => sum + bytesOf(note), 0);
  }

  list(): SequenceCount[] {
    return this.#notes.map(({ low, ...own }) => ({
      ...own,
      key: `${own.high.toString(36)}-${low.toString(36)}`,
      why: this.#why,
    }));
  }
}

/** A copy of some characters, which does not keep the text that they are from in memory. */
const copied = (text: string): string => ` ${text}`.slice(1);

/**
 * Reads documents a second time. Where notes take more bytes than they may, the sequences with the largest fingerprints are
 * forgotten, those noted already and those to come, until half of the bytes are free: which sequences are left depends on the
 * text alone, and a further reading begins with the first that was forgotten.
 */
export class SecondReading {
  readonly #settings: SecondReadingSettings;
  readonly #reader = new WordReader();
  readonly #followed = new Notes('followed-by-surprise');
  readonly #absent = new Notes('absent-from-trusted');
  #until = ALL_SEQUENCES;
  #places = 0;
  #surprising = 0;

  constructor(settings: SecondReadingSettings) {
    this.#settings = settings;
  }

  /** @param firstDocument number of the first of these texts in the corpus */
  read(texts: readonly string[], firstDocument: number): void {
    for (const [place, text] of texts.entries()) {
      this.#readOne(text, firstDocument + place);
      if (this.#followed.bytes + this.#absent.bytes > this.#settings.noteBytes) this.#forget();
    }
  }

  #forget(): void {
    const sizes = [...this.#followed.sizes(), ...this.#absent.sizes()].sort((a, b) => a.high - b.high);
    let sum = 0;
    const beyond = sizes.find(({ bytes }) => {
      sum += bytes;
      return 2 * sum > this.#settings.noteBytes;
    });
    // The first sequence always stays, so that every reading gets further.
    this.#until = Math.max(beyond?.high ?? ALL_SEQUENCES, (sizes[0]?.high ?? 0) + 1);
    this.#followed.keepBelow(this.#until);
    this.#absent.keepBelow(this.#until);
  }

  #readOne(text: string, document: number): void {
    const { counts, trusted, surprisingNats, least, leastAbsent, from } = this.#settings;
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
        if (fingerprint.high < from || fingerprint.high >= this.#until) continue;
        const describe = () => ({
          text: copied(text.slice(reader.starts[end - length], reader.ends[end - 1])),
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
      until: this.#until,
    };
  }
}
