// Texts as a stranger might hand them over.
/** Escape sequences, C1 controls, marks that reorder or hide, markup, and what breaks a table. */
const HOSTILE_TEXT: readonly string[] = [
  '\u001b]0;owned\u0007\u001b[2J',
  '\u009b31m\u202e\u2066\u200b',
  '<script>alert(1)</script>',
  '=HYPERLINK("http://x")',
  '\r\n::error::owned\u2028',
];

/** The same value with a hostile text behind every string that `isOpen` lets through. */
export function poisonStrings(value: unknown, isOpen: (path: string) => boolean, path = ''): unknown {
  if (typeof value === 'string') return isOpen(path) ? `${value}${HOSTILE_TEXT.join(' ')}` : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => poisonStrings(item, isOpen, path));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      poisonStrings(item, isOpen, path === '' ? key : `${path}.${key}`),
    ]),
  );
}
