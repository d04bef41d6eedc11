// Who signed a folder of results, and does it still hold what was signed?
import type { KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson } from '../core/canonical-json.ts';
import { InputError } from '../core/errors.ts';
import { readText } from '../core/node/read-file.ts';
import { parseJson } from '../core/read-json.ts';
import { ANALYSIS_FILE } from '../report/file-names.ts';
import type { RunRecord } from '../run/record.ts';
import { envelopeSchema, IN_TOTO_PAYLOAD, isSignedBy } from './envelope.ts';
import { keyId, parsePublicKey } from './keys.ts';
import { MODEL_SIGNATURE } from './model-bundle.ts';
import { derivedPredicate, type ResultsStatement, statementSchema } from './results-statement.ts';
import { hashFiles } from './signed-files.ts';

/** The envelope, and the key that came with it. */
export const SIGNATURE_FILE = 'signature.dsse.json';
export const SIGNER_FILE = 'signature.pub.pem';
/** Files that the statement does not name: itself, its key, and the bundle for OpenSSF's tool, which signs both. */
export const SIGNATURE_FILES = [SIGNATURE_FILE, SIGNER_FILE, MODEL_SIGNATURE];

/** What became of the signature of a folder. */
export interface SignatureCheck {
  readonly state: 'unsigned' | 'signed' | 'bad';
  /** SHA-256 of the signer's public key; null where none could be told. */
  readonly signer: string | null;
  /** Whether the reader named the key; otherwise it came with the folder, and says nothing of who has it. */
  readonly isPinned: boolean;
  /** What the signer says that the results are; null unless the signature holds. */
  readonly statement: ResultsStatement | null;
  /** What does not hold, in sentences. */
  readonly problems: readonly string[];
}

const REMEDY = 'get the folder from its signer again, or sign it again with `tinypoison sign`';

/** Files and statement that do not agree. */
function contentProblems(
  folder: string,
  statement: ResultsStatement,
  results: { name: string; records: readonly RunRecord[] },
): string[] {
  const files = hashFiles(folder, SIGNATURE_FILES);
  const signed = new Map(statement.subject.map(({ name, digest }) => [name, digest.sha256]));
  const there = new Map(files.map((file) => [file.name, file.sha256]));
  const problems = [
    ...[...signed].flatMap(([name, hash]) => {
      const found = there.get(name);
      if (found === undefined) return [`${name} was signed and is not there`];
      return found === hash ? [] : [`${name} was changed after it was signed`];
    }),
    ...[...there.keys()].filter((name) => !signed.has(name)).map((name) => `${name} was not signed`),
  ];
  if (problems.length > 0) return problems;
  const analysis = join(folder, ANALYSIS_FILE);
  const derived = derivedPredicate({
    ...results,
    files,
    analysis: existsSync(analysis) ? readText(analysis) : null,
  });
  // The folder may have been given another name since.
  const { origin: _, signer: __, experiment: ___, ...said } = statement.predicate;
  const { experiment: ____, ...found } = derived;
  return canonicalJson(said) === canonicalJson(found)
    ? []
    : ['its signed statement does not say what its own files say'];
}

function checkEnvelope(
  folder: string,
  pinned: KeyObject | null,
): { key: KeyObject; statement: ResultsStatement } {
  const file = join(folder, SIGNATURE_FILE);
  const source = { file, what: 'signature of results', remedy: REMEDY };
  const envelope = parseJson(readText(file), envelopeSchema, source);
  const signer = join(folder, SIGNER_FILE);
  const key = pinned ?? parsePublicKey(existsSync(signer) ? readText(signer) : '', signer);
  if (!isSignedBy(envelope, key))
    throw new InputError(
      pinned === null
        ? `the signature is not of the key in ${SIGNER_FILE}, or what it signs was changed`
        : `the signature is not of the key that you named (${keyId(pinned).slice(0, 16)}…), or what it signs was changed`,
    );
  if (envelope.payloadType !== IN_TOTO_PAYLOAD)
    throw new InputError(`the signature is on something else: its type is not ${IN_TOTO_PAYLOAD}`);
  const payload = Buffer.from(envelope.payload, 'base64').toString('utf8');
  return { key, statement: parseJson(payload, statementSchema, source) };
}

/**
 * Checks the signature of a folder of results: that the key signed this statement, and that the folder holds the files
 * that it names, and no others.
 * @param pinned the key that has to have signed; null: the one that came with the folder
 */
export function checkResultsSignature(
  folder: string,
  results: { readonly name: string; readonly records: readonly RunRecord[] },
  pinned: KeyObject | null,
): SignatureCheck {
  const isPinned = pinned !== null;
  const nothing = { signer: isPinned ? keyId(pinned) : null, isPinned, statement: null };
  if (!existsSync(join(folder, SIGNATURE_FILE)))
    return isPinned
      ? {
          ...nothing,
          state: 'bad',
          problems: ['it is not signed, although a key was named that should have signed it'],
        }
      : { ...nothing, state: 'unsigned', problems: [] };
  try {
    const { key, statement } = checkEnvelope(folder, pinned);
    const problems = contentProblems(folder, statement, results);
    return {
      state: problems.length === 0 ? 'signed' : 'bad',
      signer: keyId(key),
      isPinned,
      statement,
      problems,
    };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { ...nothing, state: 'bad', problems: [error.message] };
  }
}
