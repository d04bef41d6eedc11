// The merge ranks of o200k_base that ASCII text can meet, as a small module: tokens of ASCII characters, and single bytes.
// Merging never joins what is not part of the text, so that ASCII text is encoded as with all ranks.
import { deflateRawSync } from 'node:zlib';

const isAscii = (entry) => typeof entry === 'string' && /^[\0-\x7f]*$/.test(entry);
const isByte = (entry) => typeof entry !== 'string' && entry?.length === 1;

/** The ranks by original id; 0 where a token is left out. */
export function asciiRanks(ranks) {
  return Array.from(ranks, (entry) => (isAscii(entry) || isByte(entry) ? entry : 0));
}

/** Source of a module whose default export is a promise of the ranks, with holes for tokens that are left out. */
export async function asciiRanksModule() {
  const { default: ranks } = await import('gpt-tokenizer/bpeRanks/o200k_base');
  const packed = deflateRawSync(JSON.stringify(asciiRanks(ranks)), { level: 9 }).toString('base64');
  return `const bytes = Uint8Array.from(atob('${packed}'), (letter) => letter.charCodeAt(0));
const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
export default new Response(unpacked).json().then((ranks) => ranks.map((entry) => (entry === 0 ? undefined : entry)));
`;
}
