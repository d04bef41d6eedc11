// One reader of an audit: takes orders, one after the other, in this thread or in one of its own.
import { CountSketch } from '../../defend/audit/count-sketch.ts';
import {
  FirstReading,
  type FirstReadingSettings,
  type ReadDocuments,
} from '../../defend/audit/first-reading.ts';
import {
  SecondReading,
  type SecondReadingSettings,
  type SecondResult,
} from '../../defend/audit/second-reading.ts';
import { type Batch, textsOfBatch } from './batches.ts';

/** Counts as they go from thread to thread. */
interface SentCounts {
  readonly cells: Uint16Array;
  readonly words: number;
}

/** What a reader is told to do. */
export type AuditOrder =
  | {
      readonly kind: 'begin';
      readonly file: string;
      readonly textField: string;
      readonly settings: FirstReadingSettings;
    }
  | { readonly kind: 'read'; readonly batch: Batch }
  | { readonly kind: 'counts' }
  | {
      readonly kind: 'begin-again';
      readonly settings: Omit<SecondReadingSettings, 'counts' | 'trusted'>;
      readonly counts: SentCounts;
      readonly trusted: SentCounts | null;
    }
  | {
      readonly kind: 'read-again';
      readonly batch: Batch;
      readonly firstDocument: number;
      /** Documents of the batch, by number in the corpus, whose beginning is wanted. */
      readonly excerpts: readonly number[];
    }
  | { readonly kind: 'result' };

/** What it answers. */
export interface AuditAnswers {
  readonly begin: null;
  readonly read: ReadDocuments & { readonly places: readonly string[] };
  readonly counts: Uint16Array;
  readonly 'begin-again': null;
  readonly 'read-again': readonly (readonly [document: number, text: string])[];
  readonly result: SecondResult;
}

type Kind = AuditOrder['kind'];
export type OrderOf<K extends Kind> = Extract<AuditOrder, { kind: K }>;

const EXCERPT = 400;

/** Keeps what it has read. */
export class AuditReader {
  #source = { file: '', textField: 'text' };
  #first: FirstReading | undefined;
  #second: SecondReading | undefined;

  readonly #do: { readonly [K in Kind]: (order: OrderOf<K>) => AuditAnswers[K] } = {
    begin: ({ file, textField, settings }) => {
      this.#source = { file, textField };
      this.#first = new FirstReading(settings);
      return null;
    },
    read: ({ batch }) => {
      const { texts, places } = textsOfBatch(batch, this.#source);
      return { ...begun(this.#first).read(texts), places };
    },
    counts: () => begun(this.#first).sketch.cells,
    'begin-again': ({ settings, counts, trusted }) => {
      const open = ({ cells, words }: SentCounts) => ({ sketch: new CountSketch(cells), words });
      this.#first = undefined;
      this.#second = new SecondReading({
        ...settings,
        counts: open(counts),
        trusted: trusted === null ? null : open(trusted),
      });
      return null;
    },
    'read-again': ({ batch, firstDocument, excerpts }) => {
      const { texts } = textsOfBatch(batch, this.#source);
      begun(this.#second).read(texts, firstDocument);
      return excerpts.map((document) => [
        document,
        (texts[document - firstDocument] ?? '').slice(0, EXCERPT),
      ]);
    },
    result: () => begun(this.#second).result(),
  };

  answer<K extends Kind>(order: OrderOf<K>): AuditAnswers[K] {
    const act = this.#do[order.kind] as (own: OrderOf<K>) => AuditAnswers[K];
    return act(order);
  }
}

function begun<T>(reading: T | undefined): T {
  if (reading === undefined) throw new Error('a reading has to begin first');
  return reading;
}
