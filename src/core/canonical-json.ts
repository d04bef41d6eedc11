// Canonical JSON: one text for one value, so that a hash of it identifies the value.

/** A number that is not finite is written as null, as in all our records. */
function writeNumber(value: number): string {
  return Number.isFinite(value) ? String(value) : 'null';
}

/** Texts of keys, of which records have few: each is quoted once. */
const quotedKeys = new Map<string, string>();
/** Keys that are kept quoted: those of a corpus of mappings are without end. */
const MOST_QUOTED_KEYS = 1000;

function quoteKey(key: string): string {
  const known = quotedKeys.get(key);
  if (known !== undefined) return known;
  const quoted = JSON.stringify(key);
  if (quotedKeys.size < MOST_QUOTED_KEYS) quotedKeys.set(key, quoted);
  return quoted;
}

function writeItems(items: readonly unknown[]): string {
  let text = '';
  for (let place = 0; place < items.length; place++)
    text += (place === 0 ? '' : ',') + canonicalJson(items[place] ?? null);
  return `[${text}]`;
}

/** Keys sorted as JavaScript sorts texts by itself: by code unit. */
function writeFields(fields: Readonly<Record<string, unknown>>): string {
  let text = '';
  let separator = '';
  for (const key of Object.keys(fields).sort()) {
    const field = fields[key];
    if (field === undefined) continue;
    text += `${separator}${quoteKey(key)}:${canonicalJson(field)}`;
    separator = ',';
  }
  return `{${text}}`;
}

/**
 * JSON with the keys of every object sorted by code unit, without white space, `undefined` fields left out.
 * @throws TypeError for functions, symbols and bigints.
 */
export function canonicalJson(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'number') return writeNumber(value);
  if (typeof value === 'string' || typeof value === 'boolean') return JSON.stringify(value);
  if (Array.isArray(value)) return writeItems(value);
  if (typeof value !== 'object') throw new TypeError(`canonical JSON cannot hold a ${typeof value}`);
  return writeFields(value as Readonly<Record<string, unknown>>);
}
