// Who signed a folder of results, in a sentence.
import type { SignatureCheck } from './check-results.ts';
import type { SignerMemory } from './known-signers.ts';

const short = (keys: readonly string[]) => keys.map((key) => `${key.slice(0, 16)}…`).join(', ');

function firstUse(memory: SignerMemory | null): string {
  const compare = 'compare it with what its signer says elsewhere, and name it with --key from then on';
  if (memory === null) return `is trusted on first use: ${compare}. It is not remembered.`;
  const { state, file, fault } = memory;
  if (state === 'known') return `signed earlier results of this name, too (${file}).`;
  const remembered =
    fault === null
      ? `Remembered in ${file}: verify warns where another key signs results of this name.`
      : `It could not be remembered: ${fault}.`;
  return `is trusted on first use: ${compare}. ${remembered}`;
}

/** The outcome in a sentence. @param memory null: earlier signers are not looked up */
export function signatureSentence(check: SignatureCheck, memory: SignerMemory | null): string {
  const { state, signer, isPinned, problems } = check;
  if (state === 'unsigned') {
    const before =
      memory === null || memory.keys.length === 0
        ? ''
        : ` Results of this name that were verified before were signed, by ${short(memory.keys)}.`;
    return `Not signed: nobody vouches for this folder.${before}`;
  }
  const [first = '', ...others] = problems;
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  if (state === 'bad') return `Bad signature: ${first}${more}.`;
  if (memory?.state === 'other')
    return (
      `WARNING: ANOTHER SIGNER. Earlier results of this name were signed by ${short(memory.keys)} (${memory.file}), these by ` +
      `${signer}. Somebody may have changed them and signed them anew. Ask the signer; where the new key is right, name it with --key, and it is remembered.`
    );
  return isPinned
    ? `Signed by the key that you named: ${signer}.`
    : `Signed by the key ${signer}, which came with the folder and ${firstUse(memory)}`;
}

/** Whether it is a difference: a signature that does not hold, or of another key than before. */
export function isSuspect({ state }: SignatureCheck, memory: SignerMemory | null): boolean {
  return state === 'bad' || memory?.state === 'other';
}
