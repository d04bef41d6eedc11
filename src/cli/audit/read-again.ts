// The second reading of an audit, for recurring sequences; in notes of a fixed size, so that a corpus in which more sequences
// may be rare is read more often.
import {
  leastAbsentDocuments,
  mergeResults,
  RecurringSequences,
} from '../../defend/audit/recurring-sequences.ts';
import {
  ALL_SEQUENCES,
  type SecondReadingSettings,
  sampleWindows,
  type WordCounts,
} from '../../defend/audit/second-reading.ts';
import { RULES } from '../../defend/quality-rules.ts';
import { type AuditRequest, type FirstResult, Interrupted } from './audit-request.ts';
import { batchesOf, textsOfBatch } from './batches.ts';
import type { ReaderPool } from './reader-pool.ts';

/** Documents of each rule, and groups of near-duplicates, that are shown. */
export const SHOWN_DOCUMENTS = { rules: 5, groups: 30 };
/** Bytes of notes about sequences in one reading, all readers together. */
const NOTE_BYTES = 1 << 28;
/** Documents of each batch of the sample. */
const SAMPLED = 500;
/** What counts as surprising lies twice as far from the median as nine in ten places do: of a normal distribution 1 in 200. */
const BEYOND = 2;

/** Documents whose beginnings are shown. */
function shownDocuments({ broken, groups }: FirstResult): number[] {
  const shown = new Set<number>();
  for (const [rule] of RULES.entries()) {
    let left = SHOWN_DOCUMENTS.rules;
    for (let document = 0; document < broken.length && left > 0; document++)
      if (((broken[document] as number) >> rule) & 1) {
        shown.add(document);
        left -= 1;
      }
  }
  for (const { documents } of groups.slice(0, SHOWN_DOCUMENTS.groups))
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

/** The corpus once more, for the sequences whose fingerprints begin with `from` or more, as far as notes go. */
async function readSequences(
  pool: ReaderPool,
  request: AuditRequest,
  options: {
    first: FirstResult;
    settings: SecondReadingSettings;
    reading: number;
    /** Readings expected in all; null: two. */
    readings: number | null;
    /** Documents whose beginnings are wanted, ascending. */
    shown: readonly number[];
  },
) {
  const { textField, file } = request;
  const { first, settings, reading, readings, shown } = options;
  const send = ({ sketch, words }: WordCounts) => ({ cells: sketch.cells, words });
  const { counts, trusted, ...others } = settings;
  await pool.all({
    kind: 'begin-again',
    settings: others,
    counts: send(counts),
    trusted: trusted === null ? null : send(trusted),
  });
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
    const read = first.starts[done] ?? first.documents;
    request.onProgress({ reading, readings, documents: read, of: first.documents });
  });
  return { result: mergeResults(await pool.all({ kind: 'result' })), excerpts };
}

/**
 * Readings of the corpus in all, as far as can be told before the next: fingerprints are spread evenly, so that the readings to
 * come look at as many each as those so far.
 * @param from fingerprints that begin with less were looked at
 * @param done readings of the corpus so far, the first included
 */
export function expectedReadings(from: number, done: number): number {
  return done + Math.ceil((ALL_SEQUENCES - from) / (from / (done - 1)));
}

/** Reads again until every sequence that may be rare was looked at: once, unless they are more than there is room for. */
export async function readAgain(
  pool: ReaderPool,
  request: AuditRequest,
  { first, trusted }: { first: FirstResult; trusted: FirstResult | null },
) {
  const { least, noteBytes = NOTE_BYTES } = request;
  const { documents } = first;
  const trustedDocuments = trusted?.documents ?? 0;
  // Sequences of one to three words end at every word.
  const sequences = 3 * first.counts.words;
  const settings = {
    surprisingNats: surprisingNats(first, trusted, request),
    least,
    leastAbsent:
      trustedDocuments === 0
        ? Number.POSITIVE_INFINITY
        : leastAbsentDocuments({ documents, trustedDocuments, sequences }),
    noteBytes: noteBytes / pool.readers,
    counts: first.counts,
    trusted: trusted?.counts ?? null,
  };
  const found = new RecurringSequences({ least, documents, trustedDocuments });
  const read = async (from: number, reading: number) => {
    const shown = reading === 2 ? shownDocuments(first) : [];
    const own = await readSequences(pool, request, {
      first,
      settings: { ...settings, from },
      reading,
      readings: reading === 2 ? null : expectedReadings(from, reading - 1),
      shown,
    });
    found.add(own.result);
    return own;
  };
  const {
    excerpts,
    result: { places, surprising, until },
  } = await read(0, 2);
  let readings = 2;
  for (let from = until; from < ALL_SEQUENCES; ) from = (await read(from, ++readings)).result.until;
  return { sequences: found.reported(), surprisingShare: surprising / Math.max(1, places), excerpts };
}
