// Weights, or the files of results, signed as OpenSSF Model Signing v1.0 has it: a sigstore bundle around a DSSE envelope. Its own tool verifies it:
//   model_signing verify key --signature model.sig --public_key key.pub.pem <folder>
// @see https://github.com/sigstore/model-transparency
import type { KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { InputError } from '../core/errors.ts';
import { writeFileAtomic } from '../core/node/atomic-file.ts';
import { sha256 } from '../core/node/sha256.ts';
import { STATEMENT_TYPE, signStatement } from './envelope.ts';
import { keyId } from './keys.ts';
import { hashFiles, type SignedFile } from './signed-files.ts';

export const MODEL_SIGNATURE = 'model.sig';
const PREDICATE_TYPE = 'https://model_signing/signature/v1.0';
const BUNDLE_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json';

/** Files that the tool leaves out by itself, and its signature. */
const IGNORED = [MODEL_SIGNATURE, '.git', '.gitattributes', '.github', '.gitignore'];

/** The digest of a model: SHA-256 over the digests of its files, in the order of their names. */
function rootDigest(files: readonly SignedFile[]): string {
  return sha256(Buffer.concat(files.map((file) => Buffer.from(file.sha256, 'hex'))));
}

function modelStatement(name: string, files: readonly SignedFile[]) {
  return {
    _type: STATEMENT_TYPE,
    subject: [{ name, digest: { sha256: rootDigest(files) } }],
    predicateType: PREDICATE_TYPE,
    predicate: {
      serialization: { method: 'files', hash_type: 'sha256', allow_symlinks: false, ignore_paths: IGNORED },
      resources: files.map((file) => ({ name: file.name, algorithm: 'sha256', digest: file.sha256 })),
    },
  };
}

/**
 * Signs a folder of weights: every file in it. Writes model.sig there.
 * @returns how many files were signed
 * @throws InputError where it holds no model.safetensors
 */
export function signModel(folder: string, key: KeyObject): number {
  if (!existsSync(join(folder, 'model.safetensors')))
    throw new InputError(`${folder} holds no model.safetensors: name the folder of a run's weights`);
  return signEveryFile(folder, key);
}

/** The same of any folder: the format knows files, and asks for no weights among them. */
export function signEveryFile(folder: string, key: KeyObject): number {
  const files = hashFiles(folder, IGNORED);
  const envelope = signStatement(modelStatement(basename(resolve(folder)), files), key);
  const bundle = {
    mediaType: BUNDLE_TYPE,
    verificationMaterial: { publicKey: { hint: keyId(key) }, tlogEntries: [] },
    // The bundle's own schema knows one signature, without the id of its key.
    dsseEnvelope: { ...envelope, signatures: envelope.signatures.map(({ sig }) => ({ sig, keyid: '' })) },
  };
  writeFileAtomic(join(folder, MODEL_SIGNATURE), `${JSON.stringify(bundle, null, 2)}\n`);
  return files.length;
}
