// Canonical JSON: one text for one value, so that a hash of it identifies the value.

/** A number that is not finite is written as null, as in all our records. */
function writeNumber(value: number): string {
  return Number.isFinite(value) ? JSON.stringify(value) : 'null';
}

/**
 * JSON with the keys of every object sorted by code unit, without white space, `undefined` fields left out.
 * @throws TypeError for functions, symbols and bigints.
 */
export function canonicalJson(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'number') return writeNumber(value);
  if (typeof value === 'string' || typeof value === 'boolean') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (typeof value !== 'object') throw new TypeError(`canonical JSON cannot hold a ${typeof value}`);
  const fields = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`);
  return `{${fields.join(',')}}`;
}
