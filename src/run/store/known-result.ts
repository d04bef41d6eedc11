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

/** A result without its samples, whose list is empty, and the text of that list in UTF-8. */
interface Parts {
  readonly rest: unknown;
  readonly samples: Buffer;
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
  return { rest, samples: bytes.subarray(from, to) };
}

const SLAB_BYTES = 1 << 20;
let slab = Buffer.alloc(0);
let used = 0;

/** A copy of bytes outside the heap, whose collector would move a text of ten kilobytes twice. */
function keep(bytes: Buffer): Buffer {
  if (used + bytes.length > slab.length) {
    slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, bytes.length));
    used = 0;
  }
  const own = slab.subarray(used, used + bytes.copy(slab, used));
  used += own.length;
  return own;
}

const UNREAD = Symbol('the text of samples');

/** One for all records, which therefore have one shape. */
const unreadSamples: PropertyDescriptor & ThisType<{ readonly [UNREAD]: Buffer }> = {
  get(): SampleRecord[] {
    return JSON.parse(this[UNREAD].toString('utf8'));
  },
  enumerable: true,
  configurable: true,
};

/**
 * A record with the same fields in the same order, whose samples are taken apart whenever they are looked at.
 * @param samples their text; it is copied
 */
export function withUnreadSamples(record: RunRecord, samples: Buffer): RunRecord {
  const own: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(record)) {
    if (name === 'samples') Object.defineProperty(own, name, unreadSamples);
    else own[name] = value;
  }
  Object.defineProperty(own, UNREAD, { value: keep(samples) });
  return own as unknown as RunRecord;
}
