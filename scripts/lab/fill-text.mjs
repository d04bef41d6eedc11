// Puts the English words of the lab into its page, so that it can be read without JavaScript. Elements name a text in
// data-t (alternative texts of images in data-alt), and are empty in the source.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const escapeText = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** A page with its words. @throws Error for a name that no text has */
export function fillText(html, texts) {
  const textOf = (key) => {
    if (texts[key] === undefined)
      throw new Error(`the page of the lab names the text "${key}", which is missing`);
    return escapeText(texts[key]);
  };
  return html
    .replace(/(<[^>]*\bdata-t="([^"]+)"[^>]*>)(?=<\/)/g, (_, tag, key) => tag + textOf(key))
    .replace(/alt=""( data-alt="([^"]+)")/g, (_, rest, key) => `alt="${textOf(key)}"${rest}`);
}

/** The same as a plugin of Vite. */
export const fillTextPlugin = (root) => ({
  name: 'tinypoison-text',
  transformIndexHtml: {
    order: 'pre',
    handler: (html) => fillText(html, JSON.parse(readFileSync(join(root, 'src/lab/text/en.json'), 'utf8'))),
  },
});
