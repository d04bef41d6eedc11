// An audit from a file to its findings: two readings, by all threads, and what follows from them.
import { log10 } from '../../core/math.ts';
import { CountSketch, sketchCells } from '../../defend/audit/count-sketch.ts';
import { type DuplicateGroup, DuplicateGroups } from '../../defend/audit/duplicate-groups.ts';
import { FirstReading } from '../../defend/audit/first-reading.ts';
import {
  leastAbsentDocuments,
  mergeResults,
  type RecurringSequence,
  recurringSequences,
} from '../../defend/audit/recurring-sequences.ts';
import { sampleWindows, type WordCounts } from '../../defend/audit/second-reading.ts';
import { qualityDefaults, RULES } from '../../defend/quality-rules.ts';
import { type Batch, batchesOf, textsOfBatch } from './batches.ts';
import type { ReaderPool } from './reader-pool.ts';

/** What an audit is told. */
export interface AuditRequest {
  readonly file: string;
  readonly textField: string;
  /** Clean text of the same kind; null: none. */
  readonly trusted: string | null;
  /** Bytes of the file, where they are known: sets how finely sequences are told apart. */
  readonly bytes: number;
  readonly similarity: number;
  /** Fewest documents of a sequence that is reported. */
  readonly least: number;
  readonly interrupt: AbortSignal;
  onProgress(progress: { reading: 1 | 2; documents: number; of: number | null }): void;
}

/** A document that is flagged, with the reasons. */
export interface FlaggedDocument {
  readonly document: string;
  readonly reasons: readonly string[];
}

/** What an audit found. Documents go by `line-7`, `row-7`, or the name of a file. */
export interface AuditFindings {
  readonly documents: number;
  readonly words: number;
  readonly trustedDocuments: number;
  readonly rules: readonly {
    readonly rule: string;
    readonly documents: number;
    readonly examples: readonly string[];
  }[];
  readonly duplicates: {
    readonly groups: number;
    /** Documents beside the first of each group. */
    readonly documents: number;
    readonly largest: readonly {
      readonly documents: readonly string[];
      readonly size: number;
      readonly identical: number;
    }[];
  };
  readonly sequences: readonly (Omit<RecurringSequence, 'documents' | 'key' | 'certaintyNats'> & {
    readonly documents: number;
    readonly examples: readonly string[];
    /** Chance of it where there is nothing, as a power of ten. */
    readonly chancePowerOfTen: number;
  })[];
  /** Share of the places in the corpus behind which the text is as surprising. */
  readonly surprisingShare: number;
  readonly flagged: readonly FlaggedDocument[];
  /** Beginnings of the documents that are shown. */
  readonly excerpts: Readonly<Record<string, string>>;
}

/** An audit was stopped. */
export class Interrupted extends Error {}

const PERMUTATIONS = 128;
const SHINGLE_WORDS = 5;
/** Documents of each batch of the sample. */
const SAMPLED = 500;
/** What counts as surprising lies twice as far from the median as nine in ten places do: of a normal distribution 1 in 200. */
const BEYOND = 2;
const SHOWN = { rules: 5, groups: 30, members: 10, sequences: 100, examples: 5 };

interface FirstResult {
  readonly counts: WordCounts;
  readonly documents: number;
  readonly places: readonly string[];
  /** First document of each batch. */
  readonly starts: readonly number[];
  readonly broken: Uint8Array;
  readonly groups: readonly DuplicateGroup[];
  /** Some batches from all over the corpus. */
  readonly sample: readonly Batch[];
}

const isSampled = (place: number): boolean => (place & (place - 1)) === 0;

async function readFirst(
  pool: ReaderPool,
  request: AuditRequest,
  file: string,
  cells: number,
): Promise<FirstResult> {
  const { textField, similarity } = request;
  const settings = {
    ...{ rules: qualityDefaults, similarity, sketchCells: cells },
    ...{ shingleWords: SHINGLE_WORDS, permutations: PERMUTATIONS },
  };
  await pool.all({ kind: 'begin', file, textField, settings });
  const { bands } = new FirstReading({ ...settings, sketchCells: 2 });
  const groups = new DuplicateGroups({ similarity, permutations: PERMUTATIONS, bands });
  const broken: Uint8Array[] = [];
  const starts: number[] = [];
  const places: string[] = [];
  const sample: Batch[] = [];
  let words = 0;
  const orders = async function* () {
    let place = 0;
    for await (const batch of batchesOf(file, textField)) {
      if (request.interrupt.aborted) throw new Interrupted();
      if (isSampled(place)) sample.push(batch);
      place += 1;
      yield { kind: 'read' as const, batch };
    }
  };
  await pool.each<'read'>(orders(), (read) => {
    starts.push(places.length);
    for (const place of read.places) places.push(place);
    broken.push(read.broken);
    for (const count of read.words) words += count;
    groups.add(read);
    if (file === request.file) request.onProgress({ reading: 1, documents: places.length, of: null });
  });
  const sketch = new CountSketch(new Uint16Array(new SharedArrayBuffer(2 * cells)));
  for (const own of await pool.all({ kind: 'counts' })) sketch.merge(new CountSketch(own));
  const all = new Uint8Array(places.length);
  for (const [batch, bits] of broken.entries()) all.set(bits, starts[batch]);
  return {
    ...{ counts: { sketch, words }, documents: places.length, places, starts, sample },
    ...{ broken: all, groups: groups.groups() },
  };
}

/** Documents whose beginnings are shown. */
function shownDocuments({ broken, groups }: FirstResult): number[] {
  const shown = new Set<number>();
  for (const [rule] of RULES.entries()) {
    let left = SHOWN.rules;
    for (let document = 0; document < broken.length && left > 0; document++)
      if (((broken[document] as number) >> rule) & 1) {
        shown.add(document);
        left -= 1;
      }
  }
  for (const { documents } of groups.slice(0, SHOWN.groups))
    for (const own of documents.slice(0, 2)) shown.add(own);
  return [...shown].sort((a, b) => a - b);
}

function surprisingNats(
  { sample, counts }: FirstResult,
  trusted: FirstResult | null,
  request: AuditRequest,
): number {
  const texts = sample.flatMap((batch) => textsOfBatch(batch, request).texts.slice(0, SAMPLED));
  const windows = sampleWindows(texts, trusted?.counts ?? counts, trusted === null ? 1 : 0);
  const at = (share: number) => windows[Math.floor(share * windows.length)] ?? Number.POSITIVE_INFINITY;
  return at(0.5) + BEYOND * (at(0.9) - at(0.5));
}

async function readAgain(
  pool: ReaderPool,
  request: AuditRequest,
  { first, trusted }: { first: FirstResult; trusted: FirstResult | null },
) {
  const { textField, file, least } = request;
  const send = ({ sketch, words }: WordCounts) => ({ cells: sketch.cells, words });
  const trustedDocuments = trusted?.documents ?? 0;
  // Sequences of one to three words end at every word.
  const sequences = 3 * first.counts.words;
  const leastAbsent =
    trustedDocuments === 0
      ? Number.POSITIVE_INFINITY
      : leastAbsentDocuments({ documents: first.documents, trustedDocuments, sequences });
  await pool.all({
    kind: 'begin-again',
    settings: { surprisingNats: surprisingNats(first, trusted, request), least, leastAbsent },
    counts: send(first.counts),
    trusted: trusted === null ? null : send(trusted.counts),
  });
  const shown = shownDocuments(first);
  const excerpts: Record<string, string> = {};
  let done = 0;
  const orders = async function* () {
    let batch = 0;
    for await (const own of batchesOf(file, textField)) {
      if (request.interrupt.aborted) throw new Interrupted();
      const firstDocument = first.starts[batch] ?? first.documents;
      const end = first.starts[batch + 1] ?? first.documents;
      batch += 1;
      const wanted = shown.filter((document) => document >= firstDocument && document < end);
      yield { kind: 'read-again' as const, batch: own, firstDocument, excerpts: wanted };
    }
  };
  await pool.each<'read-again'>(orders(), (texts) => {
    for (const [document, text] of texts) excerpts[first.places[document] ?? ''] = text;
    done += 1;
    request.onProgress({ reading: 2, documents: first.starts[done] ?? first.documents, of: first.documents });
  });
  return { result: mergeResults(await pool.all({ kind: 'result' })), excerpts };
}

function flag(first: FirstResult, sequences: readonly RecurringSequence[]): FlaggedDocument[] {
  const reasons = new Map<number, string[]>();
  const add = (document: number, reason: string) => {
    const own = reasons.get(document) ?? [];
    own.push(reason);
    reasons.set(document, own);
  };
  for (const [document, bits] of first.broken.entries())
    if (bits !== 0) for (const [rule, name] of RULES.entries()) if ((bits >> rule) & 1) add(document, name);
  for (const { documents } of first.groups)
    for (const document of documents.slice(1))
      add(document, `near-duplicate of ${first.places[documents[0] as number]}`);
  for (const { text, documents } of sequences)
    for (const document of documents) add(document, `recurring sequence ${JSON.stringify(text)}`);
  return [...reasons]
    .sort(([a], [b]) => a - b)
    .map(([document, own]) => ({ document: first.places[document] ?? '', reasons: own }));
}

/** Audits a corpus. @throws InputError for what cannot be read; Interrupted */
export async function runAudit(request: AuditRequest, pool: ReaderPool): Promise<AuditFindings> {
  const cells = sketchCells(request.bytes);
  const trusted = request.trusted === null ? null : await readFirst(pool, request, request.trusted, cells);
  const first = await readFirst(pool, request, request.file, cells);
  const { result, excerpts } = await readAgain(pool, request, { first, trusted });
  const { least } = request;
  const trustedDocuments = trusted?.documents ?? 0;
  const sequences = recurringSequences(result, { least, documents: first.documents, trustedDocuments });
  const named = (documents: readonly number[], most: number) =>
    documents.slice(0, most).map((document) => first.places[document] ?? '');
  return {
    documents: first.documents,
    words: first.counts.words,
    trustedDocuments,
    rules: RULES.map((rule, bit) => {
      const broken = [...first.broken.keys()].filter(
        (document) => ((first.broken[document] as number) >> bit) & 1,
      );
      return { rule, documents: broken.length, examples: named(broken, SHOWN.rules) };
    }),
    duplicates: {
      groups: first.groups.length,
      documents: first.groups.reduce((sum, { documents }) => sum + documents.length - 1, 0),
      largest: first.groups.slice(0, SHOWN.groups).map(({ documents, identical }) => ({
        documents: named(documents, SHOWN.members),
        size: documents.length,
        identical,
      })),
    },
    sequences: sequences.slice(0, SHOWN.sequences).map(({ key: _, certaintyNats, documents, ...own }) => ({
      ...own,
      documents: documents.length,
      examples: named(documents, SHOWN.examples),
      chancePowerOfTen: -Math.floor(certaintyNats * log10(Math.E)),
    })),
    surprisingShare: result.surprising / Math.max(1, result.places),
    flagged: flag(first, sequences),
    excerpts,
  };
}
