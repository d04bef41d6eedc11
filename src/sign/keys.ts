// Keys that sign: ECDSA on P-256 (NIST), in PEM files as OpenSSL reads them. OpenSSF's tools take no Ed25519.
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { closeSync, existsSync, openSync, realpathSync, statSync, writeSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { InputError } from '../core/errors.ts';
import { makeFolder } from '../core/node/make-folder.ts';
import { readText } from '../core/node/read-file.ts';
import { RECORDS_FILE } from '../report/file-names.ts';

const MODE_PRIVATE = 0o600;
const MODE_PUBLIC = 0o644;
const OTHERS = 0o077;
const GENERATE = 'make one with `tinypoison sign --generate-key --key <file>`';

/** Path of the public key that belongs to a private one. */
export const publicKeyPath = (path: string) => `${path.replace(/\.pem$/, '')}.pub.pem`;

/** The public key as PEM (SubjectPublicKeyInfo). */
export function publicPem(key: KeyObject): string {
  const own = key.type === 'private' ? createPublicKey(key) : key;
  return String(own.export({ type: 'spki', format: 'pem' }));
}

/** What a key is known by: SHA-256 of its public PEM, as OpenSSF Model Signing has it. `sha256sum key.pub.pem` gives it. */
export function keyId(key: KeyObject): string {
  return createHash('sha256').update(publicPem(key)).digest('hex');
}

/** @throws InputError for a key on another curve, or of another kind */
function checkCurve(key: KeyObject, path: string): KeyObject {
  const curve = key.asymmetricKeyDetails?.namedCurve;
  if (key.asymmetricKeyType === 'ec' && curve === 'prime256v1') return key;
  const found = curve ?? key.asymmetricKeyType ?? 'unknown';
  throw new InputError({
    file: path,
    message: `is a key of the kind ${found}; ECDSA on P-256 is needed: ${GENERATE}`,
  });
}

function readKeyFile(path: string): string {
  if (!existsSync(path))
    throw new InputError({ file: path, message: `is not there: name a key in PEM, or ${GENERATE}` });
  return readText(path);
}

/** The folder of results that a path lies in, at any depth; null where it lies in none. */
function resultsAround(path: string): string | null {
  let folder = resolve(path);
  // The folder of a new key need not be there yet.
  while (!existsSync(folder)) folder = dirname(folder);
  folder = realpathSync(folder);
  for (;;) {
    if (existsSync(join(folder, RECORDS_FILE)) || existsSync(join(folder, 'model.safetensors')))
      return folder;
    const above = dirname(folder);
    if (above === folder) return null;
    folder = above;
  }
}

/** @throws InputError where a private key would lie among what is given away */
function refuseResults(path: string): void {
  const folder = resultsAround(dirname(path));
  if (folder === null) return;
  const message = `lies in ${folder}, whose files are given away: keep a private key elsewhere`;
  throw new InputError({ file: path, message });
}

function writeNew(path: string, text: string, mode: number): void {
  const file = openSync(path, 'wx', mode);
  try {
    writeSync(file, text);
  } finally {
    closeSync(file);
  }
}

/**
 * Makes a key pair: the private key, readable by its owner alone, and beside it the public one.
 * @throws InputError where either file is there, or the private key would lie in a folder of results or weights
 */
export function generateKey(path: string): { publicPath: string; id: string } {
  const publicPath = publicKeyPath(path);
  refuseResults(path);
  for (const file of [path, publicPath])
    if (existsSync(file))
      throw new InputError({
        file,
        message: 'is there already, and a key is never replaced: name another file',
      });
  makeFolder(dirname(path));
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  writeNew(path, String(privateKey.export({ type: 'pkcs8', format: 'pem' })), MODE_PRIVATE);
  writeNew(publicPath, publicPem(privateKey), MODE_PUBLIC);
  return { publicPath, id: keyId(privateKey) };
}

/** @throws InputError where it is none, is protected by a password, is of another kind, or can be read by others */
export function readPrivateKey(path: string): KeyObject {
  const text = readKeyFile(path);
  refuseResults(path);
  if (process.platform !== 'win32' && (statSync(path).mode & OTHERS) !== 0)
    throw new InputError({ file: path, message: `can be read by others: \`chmod 600 ${basename(path)}\`` });
  if (/ENCRYPTED/.test(text))
    throw new InputError({
      file: path,
      message: `is protected by a password, which is not supported: ${GENERATE}`,
    });
  let key: KeyObject;
  try {
    key = createPrivateKey(text);
  } catch {
    throw new InputError({ file: path, message: `is no private key in PEM: ${GENERATE}` });
  }
  return checkCurve(key, path);
}

/** A public key from PEM; of a private one its public half. @throws InputError where it is none, or of another kind */
export function parsePublicKey(text: string, path: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPublicKey(text);
  } catch {
    throw new InputError({ file: path, message: 'is no public key in PEM: name the .pub.pem of the signer' });
  }
  return checkCurve(key, path);
}

/** @throws as `parsePublicKey` does, and where the file is not there */
export function readPublicKey(path: string): KeyObject {
  return parsePublicKey(readKeyFile(path), path);
}
