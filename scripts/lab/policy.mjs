// The content security policies of the lab: what its page may load.
import { createHash } from 'node:crypto';

const COMMON = "base-uri 'none'; form-action 'none'";

/** Of the folder: its own files, and WebAssembly. */
export const FOLDER_POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; " +
  `style-src 'self'; img-src 'self' data:; ${COMMON}`;

const hashOf = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Of the single file: exactly the script and the style in it, and the worker that it makes. */
export function singleFilePolicy({ script, style }) {
  return (
    `default-src 'none'; script-src ${hashOf(script)} 'wasm-unsafe-eval'; worker-src blob:; ` +
    `style-src ${hashOf(style)}; img-src data:; ${COMMON}`
  );
}

/** The element that sets a policy. It must stand before whatever loads something. */
export const policyElement = (policy) => `<meta http-equiv="Content-Security-Policy" content="${policy}">`;

/** Puts an element directly behind the one that names the character set. */
export function withPolicy(html, policy) {
  const charset = /<meta charset="utf-8"\s*\/?>/i;
  if (!charset.test(html)) throw new Error('the page of the lab has no <meta charset="utf-8">');
  return html.replace(charset, (element) => `${element}${policyElement(policy)}`);
}
