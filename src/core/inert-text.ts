// Text of unknown origin (corpora, generations, configs, file names, other people's results) made harmless and visible:
// the one place that knows which characters act on a screen or a page instead of standing on it.

// Controls (C0 and C1: escape sequences begin with them), lone surrogates, and characters that reorder or hide text:
// bidirectional controls, zero-width and invisible ones, separators, tags, annotations.
const HARMFUL =
  /[\p{Cc}\p{Cs}\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{1d173}-\u{1d17a}\u{e0000}-\u{e007f}]/gu;

/** Text that is harmless at a glance, as nearly all is. */
const PLAIN = /^[ -~]*$/;

function show(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  if (code === 0x7f) return '␡';
  if (code >= 0xd800 && code <= 0xdfff) return '\ufffd';
  return `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}⟩`;
}

/** Shows control characters as their pictures (␛) and invisible ones by their code, keeping line feeds and tabs. */
export function visibleText(text: string): string {
  return text.replace(HARMFUL, (character) =>
    character === '\n' || character === '\t' ? character : show(character),
  );
}

/** The same in one line, for a terminal or a table: line feeds as `⏎`, tabs as spaces. */
export function inert(text: string): string {
  if (PLAIN.test(text)) return text;
  return visibleText(text.replace(/\r\n|[\n\r]/g, '⏎').replaceAll('\t', ' '));
}

/** JSON text of the same value in which nothing can act on a terminal. */
export function inertJson(json: string): string {
  return json.replace(HARMFUL, (character) =>
    character === '\n'
      ? character
      : character
          .split('')
          .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
          .join(''),
  );
}
