// Text of unknown origin (prompts, generations, configs) made harmless and visible.

/** Characters that act on the text around them: bidirectional controls, zero-width characters, separators. */
const INVISIBLE = /[\u0080-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/gu;

function codePoint(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return `⟨U+${code}⟩`;
}

/** Shows control characters as their pictures (␇) and invisible ones by their code, keeping line feeds and tabs. */
export function visibleText(text: string): string {
  return (
    text
      .replace(/\p{Surrogate}/gu, '\ufffd')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
      .replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, (character) =>
        character === '\u007f' ? '␡' : String.fromCharCode(0x2400 + character.charCodeAt(0)),
      )
      .replace(INVISIBLE, codePoint)
  );
}

/** Text for HTML and SVG, in content and in quoted attributes: visible and without any markup of its own. */
export function escapeMarkup(text: string): string {
  return visibleText(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
