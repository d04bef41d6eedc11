// A result that was checked before, taken apart at less cost: the texts of its checkpoints and samples, nine tenths of a
// result, are left as they are until somebody looks at them. Who resumes a sweep never does; a report looks at all
// checkpoints, and at the samples of a few runs.
import type { RunRecord } from '../record.ts';

/** The text of result.json. */
export const resultText = (content: unknown): string => `${JSON.stringify(content, null, 1)}\n`;

/** Whether a text is laid out as `resultText` does it, so that its lists are found without taking it apart. */
export const isLaidOut = (text: string): boolean => text === resultText(JSON.parse(text));

/** Lists that are left unread, in the order of a record, and whether what was read of one is kept: it is looked at again and again. */
const LISTS = [
  { name: 'checkpoints', isKept: true },
  { name: 'samples', isKept: false },
] as const;
type ListName = (typeof LISTS)[number]['name'];

/** Only a field of the whole is indented by one space, and no text in it holds a line's end. */
const BEGINNINGS = LISTS.map(({ name }) => ({ name, begin: Buffer.from(`\n "${name}": [\n`) }));
const END = Buffer.from('\n ]');

/** Texts of lists, in UTF-8. */
type ListTexts = { readonly [name in ListName]?: Buffer };

/** A result whose unread lists are empty, and the texts of these. */
interface Parts {
  readonly rest: unknown;
  readonly lists: ListTexts;
}

/** The parts of a result that is laid out as `resultText` does it; its empty lists are among the rest. */
export function takeApart(bytes: Buffer): Parts {
  const lists: { [name in ListName]?: Buffer } = {};
  let rest = '';
  let done = 0;
  for (const { name, begin } of BEGINNINGS) {
    const found = bytes.indexOf(begin, done);
    if (found < 0) continue;
    const from = found + begin.length - '[\n'.length;
    const to = bytes.indexOf(END, from) + END.length;
    rest += `${bytes.toString('utf8', done, from)}[]`;
    lists[name] = bytes.subarray(from, to);
    done = to;
  }
  return { rest: JSON.parse(rest + bytes.toString('utf8', done)), lists };
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

const UNREAD = Symbol('the texts of lists');

/** One for all records, which therefore have one shape. */
const unread = Object.fromEntries(
  LISTS.map(({ name, isKept }): [string, PropertyDescriptor & ThisType<{ readonly [UNREAD]: ListTexts }>] => [
    name,
    {
      get() {
        const list: unknown = JSON.parse(this[UNREAD][name]?.toString('utf8') ?? '[]');
        if (isKept) Object.defineProperty(this, name, { value: list, enumerable: true, configurable: true });
        return list;
      },
      enumerable: true,
      configurable: true,
    },
  ]),
) as Record<ListName, PropertyDescriptor>;

/**
 * A record with the same fields in the same order, whose lists are taken apart when they are looked at: checkpoints once,
 * samples whenever that is.
 * @param texts of its lists, which are copied; a list without a text is as it stands in the record
 */
export function withUnreadLists(record: RunRecord, texts: ListTexts): RunRecord {
  const own: Record<string, unknown> = {};
  const kept: { [name in ListName]?: Buffer } = {};
  for (const [name, value] of Object.entries(record)) {
    const text = texts[name as ListName];
    if (text === undefined) own[name] = value;
    else {
      kept[name as ListName] = keep(text);
      Object.defineProperty(own, name, unread[name as ListName]);
    }
  }
  Object.defineProperty(own, UNREAD, { value: kept });
  return own as unknown as RunRecord;
}
