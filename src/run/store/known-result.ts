// A result that was checked before, taken apart at less cost: the texts of its samples, nearly half of a result, are left as
// they are until somebody looks at them, which a report does for a few runs only.
import type { RunRecord, SampleRecord } from '../record.ts';

/** The text of result.json. */
export const resultText = (content: unknown): string => `${JSON.stringify(content, null, 1)}\n`;

/** Whether a text is laid out as `resultText` does it, so that its samples are found without taking it apart. */
export const isLaidOut = (text: string): boolean => text === resultText(JSON.parse(text));

/** Only a field of the whole is indented by one space, and no text in it holds a line's end. */
const SAMPLES_BEGIN = Buffer.from('\n "samples": [\n');
const SAMPLES_END = Buffer.from('\n ]');

/** A result without its samples, whose list is empty, and the text of that list. */
interface Parts {
  readonly rest: unknown;
  readonly samples: string;
}

/**
 * The parts of a result that is laid out as `resultText` does it.
 * @returns undefined where it has no samples
 */
export function takeApart(bytes: Buffer): Parts | undefined {
  const begin = bytes.indexOf(SAMPLES_BEGIN);
  if (begin < 0) return undefined;
  const from = begin + SAMPLES_BEGIN.length - '[\n'.length;
  const to = bytes.indexOf(SAMPLES_END, from) + SAMPLES_END.length;
  const rest: unknown = JSON.parse(`${bytes.toString('utf8', 0, from)}[]${bytes.toString('utf8', to)}`);
  return { rest, samples: bytes.toString('utf8', from, to) };
}

const UNREAD = Symbol('the text of samples');

/** One for all records, which therefore have one shape. */
const unreadSamples: PropertyDescriptor & ThisType<{ readonly [UNREAD]: string }> = {
  get(): SampleRecord[] {
    return JSON.parse(this[UNREAD]);
  },
  enumerable: true,
  configurable: true,
};

/** A record with the same fields in the same order, whose samples are taken apart whenever they are looked at. */
export function withUnreadSamples(record: RunRecord, text: string): RunRecord {
  const own: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(record)) {
    if (name === 'samples') Object.defineProperty(own, name, unreadSamples);
    else own[name] = value;
  }
  Object.defineProperty(own, UNREAD, { value: text });
  return own as unknown as RunRecord;
}
