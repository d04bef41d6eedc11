// An audit from a file to its findings: two readings, by all threads, and what follows from them.
import { log10 } from '../../core/math.ts';
import { CountSketch, sketchCells } from '../../defend/audit/count-sketch.ts';
import { DuplicateGroups } from '../../defend/audit/duplicate-groups.ts';
import { FirstReading } from '../../defend/audit/first-reading.ts';
import type { RecurringSequence } from '../../defend/audit/recurring-sequences.ts';
import { qualityDefaults, RULES } from '../../defend/quality-rules.ts';
import { type AuditRequest, type FirstResult, Interrupted } from './audit-request.ts';
import { type Batch, batchesOf } from './batches.ts';
import { readAgain, SHOWN_DOCUMENTS } from './read-again.ts';
import type { ReaderPool } from './reader-pool.ts';

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
  readonly sequences: readonly (Omit<RecurringSequence, 'documents' | 'key' | 'high' | 'certaintyNats'> & {
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

const PERMUTATIONS = 128;
const SHINGLE_WORDS = 5;
const SHOWN = { ...SHOWN_DOCUMENTS, members: 10, sequences: 100, examples: 5 };

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
    if (file === request.file)
      request.onProgress({ reading: 1, readings: null, documents: places.length, of: null });
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
  for (const { text, documents } of sequences) {
    const reason = `recurring sequence ${JSON.stringify(text)}`;
    for (const document of documents) add(document, reason);
  }
  return [...reasons]
    .sort(([a], [b]) => a - b)
    .map(([document, own]) => ({ document: first.places[document] ?? '', reasons: own }));
}

/** Audits a corpus. @throws InputError for what cannot be read; Interrupted */
export async function runAudit(request: AuditRequest, pool: ReaderPool): Promise<AuditFindings> {
  const cells = sketchCells(request.bytes);
  const trusted = request.trusted === null ? null : await readFirst(pool, request, request.trusted, cells);
  const first = await readFirst(pool, request, request.file, cells);
  const { sequences, surprisingShare, excerpts } = await readAgain(pool, request, { first, trusted });
  const named = (documents: readonly number[], most: number) =>
    documents.slice(0, most).map((document) => first.places[document] ?? '');
  return {
    documents: first.documents,
    words: first.counts.words,
    trustedDocuments: trusted?.documents ?? 0,
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
    sequences: sequences
      .slice(0, SHOWN.sequences)
      .map(({ key: _, high: __, certaintyNats, documents, ...own }) => ({
        ...own,
        documents: documents.length,
        examples: named(documents, SHOWN.examples),
        chancePowerOfTen: -Math.floor(certaintyNats * log10(Math.E)),
      })),
    surprisingShare,
    flagged: flag(first, sequences),
    excerpts,
  };
}
