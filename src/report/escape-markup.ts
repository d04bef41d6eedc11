// Text of unknown origin as markup: visible, and without any markup of its own.
import { visibleText } from '../core/inert-text.ts';

/** Text for HTML and SVG, in content and in quoted attributes: visible and without any markup of its own. */
export function escapeMarkup(text: string): string {
  return visibleText(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
