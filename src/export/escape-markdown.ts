// Text of unknown origin as Markdown, also as a notebook shows it.
import { inert } from '../core/inert-text.ts';

/** Text in one line without links, pictures, HTML, code or formulas of its own. */
export function escapeMarkdown(text: string): string {
  return inert(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[\\`*_[\]|#~$!]/g, '\\$&');
}
