// What the shell of JavaScriptCore lacks: TextEncoder and TextDecoder for UTF-8, and copies of plain values.

function* bytesOf(text: string): Generator<number> {
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const point = code >= 0xd800 && code <= 0xdfff ? 0xfffd : code;
    if (point < 0x80) yield point;
    else if (point < 0x800) yield* [0xc0 | (point >> 6), 0x80 | (point & 63)];
    else if (point < 0x10000) yield* [0xe0 | (point >> 12), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63)];
    else
      yield* [
        0xf0 | (point >> 18),
        0x80 | ((point >> 12) & 63),
        0x80 | ((point >> 6) & 63),
        0x80 | (point & 63),
      ];
  }
}

/** Most continuation bytes of a first byte, and the range of the second byte, as the Encoding Standard has them. */
function startOf(
  byte: number,
): { readonly more: number; readonly low: number; readonly high: number } | null {
  if (byte < 0x80) return { more: 0, low: 0, high: 0 };
  if (byte >= 0xc2 && byte <= 0xdf) return { more: 1, low: 0x80, high: 0xbf };
  if (byte >= 0xe0 && byte <= 0xef)
    return { more: 2, low: byte === 0xe0 ? 0xa0 : 0x80, high: byte === 0xed ? 0x9f : 0xbf };
  if (byte >= 0xf0 && byte <= 0xf4)
    return { more: 3, low: byte === 0xf0 ? 0x90 : 0x80, high: byte === 0xf4 ? 0x8f : 0xbf };
  return null;
}

function decodeUtf8(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at++] ?? 0;
    const start = startOf(first);
    let point = start === null ? 0xfffd : start.more === 0 ? first : first & (0x3f >> start.more);
    let { low, high } = start ?? { low: 0, high: 0 };
    for (let left = start?.more ?? 0; left > 0; left--) {
      const byte = bytes[at] ?? 0;
      if (at >= bytes.length || byte < low || byte > high) {
        point = 0xfffd;
        break;
      }
      point = (point << 6) | (byte & 63);
      [low, high] = [0x80, 0xbf];
      at++;
    }
    text += String.fromCodePoint(point);
  }
  return text;
}

class ShellTextEncoder {
  encode(text = ''): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(bytesOf(text));
  }
}

class ShellTextDecoder {
  readonly #ignoreBOM: boolean;
  readonly #fatal: boolean;
  constructor(_encoding = 'utf-8', options: { ignoreBOM?: boolean; fatal?: boolean } = {}) {
    this.#ignoreBOM = options.ignoreBOM ?? false;
    this.#fatal = options.fatal ?? false;
  }
  decode(bytes: Uint8Array): string {
    const text = decodeUtf8(bytes);
    if (this.#fatal && [...bytesOf(text)].some((byte, place) => byte !== bytes[place]))
      throw new TypeError('no UTF-8');
    return text.startsWith('\ufeff') && !this.#ignoreBOM ? text.slice(1) : text;
  }
}

Object.assign(globalThis, {
  TextEncoder: globalThis.TextEncoder ?? ShellTextEncoder,
  structuredClone: globalThis.structuredClone ?? ((value: unknown) => JSON.parse(JSON.stringify(value))),
  TextDecoder: globalThis.TextDecoder ?? ShellTextDecoder,
});
