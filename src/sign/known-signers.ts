// Which keys signed the results that were verified before, by the name of the experiment: the memory that trust on first
// use needs. A file of the user, like `known_hosts` of ssh.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { InputError } from '../core/errors.ts';
import { fileFault } from '../core/file-fault.ts';
import { writeFileAtomic } from '../core/node/atomic-file.ts';
import { readText } from '../core/node/read-file.ts';
import { parseJson } from '../core/read-json.ts';
import type { SignatureCheck } from './check-results.ts';

const SIGNERS_FILE = 'signers.json';
const MOST = 100_000;

const signersSchema = z.strictObject({
  schema: z.literal(1),
  signers: z
    .array(z.strictObject({ experiment: z.string().max(500), key: z.string().regex(/^[0-9a-f]{64}$/) }))
    .max(MOST),
});

type Signers = z.infer<typeof signersSchema>;

/** What is remembered of the signers of some results. */
export interface SignerMemory {
  /** File of the memory. */
  readonly file: string;
  /**
   * `first`: these results are the first signed ones of their name, and their key is remembered now; `known`: the key
   * signed earlier ones; `other`: others did; `none`: nobody signed, or the signature does not hold.
   */
  readonly state: 'first' | 'known' | 'other' | 'none';
  /** Keys that signed earlier ones, by SHA-256 of their public PEM. */
  readonly keys: readonly string[];
  /** Why the memory could not be written; null where it was, or need not be. */
  readonly fault: string | null;
}

/** @throws InputError where the file is damaged */
function readSigners(file: string): Signers {
  if (!existsSync(file)) return { schema: 1, signers: [] };
  const remedy = 'repair it, delete it to trust on first use once more, or verify with --no-remember';
  return parseJson<Signers>(readText(file), signersSchema, { file, what: 'list of known signers', remedy });
}

function writeSigners(file: string, signers: Signers): string | null {
  try {
    writeFileAtomic(file, `${JSON.stringify(signers, null, 1)}\n`);
    return null;
  } catch (error) {
    const fault = fileFault(error);
    if (fault === undefined) throw error;
    return fault.message;
  }
}

/**
 * Holds a checked signature against the memory, and adds its key where no other is known or the user named it.
 * @param folder of the user
 * @param names of the results: their folder, and the experiment that was signed
 * @throws InputError where the memory is damaged
 */
export function recallSigner(
  { state, signer, isPinned }: SignatureCheck,
  { folder, names }: { folder: string; names: readonly string[] },
): SignerMemory {
  const file = join(folder, SIGNERS_FILE);
  const memory = readSigners(file);
  const keysOf = (name: string) =>
    memory.signers.filter(({ experiment }) => experiment === name).map(({ key }) => key);
  const keys = [...new Set(names.flatMap(keysOf))];
  if (state !== 'signed' || signer === null) return { file, state: 'none', keys, fault: null };
  const isKnown = (name: string) => keysOf(name).includes(signer);
  // A key that is known by one of the names says nothing of the other.
  const isOther = names.some((name) => keysOf(name).length > 0 && !isKnown(name));
  if (isOther && !isPinned) return { file, state: 'other', keys, fault: null };
  const added = [...new Set(names)]
    .filter((name) => !isKnown(name))
    .map((experiment) => ({ experiment, key: signer }));
  if (memory.signers.length + added.length > MOST)
    throw new InputError({
      file,
      message: `holds ${MOST} signers, which is the most: delete it, or verify with --no-remember`,
    });
  const fault =
    added.length === 0 ? null : writeSigners(file, { ...memory, signers: [...memory.signers, ...added] });
  return { file, state: keys.includes(signer) ? 'known' : 'first', keys, fault };
}
