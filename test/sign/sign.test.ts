// Signing results: who signed what, and that nothing can be changed unseen.
import { generateKeyPairSync } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { checkResultsSignature, SIGNATURE_FILE, SIGNER_FILE } from '../../src/sign/check-results.ts';
import { preAuthenticationEncoding, signStatement } from '../../src/sign/envelope.ts';
import { generateKey, readPrivateKey, readPublicKey } from '../../src/sign/keys.ts';
import { readResultsFolder } from '../../src/verify/results-folder.ts';
import { commandLine } from '../cli/captured-context.ts';
import { temporaryFolder } from '../run/fake-runs.ts';

let root = '';
let folder = '';
let key = '';

const sign = (...words: string[]) => commandLine(['sign', ...words, '--key', key], { folder: root });
const check = (pinned: string | null = null) =>
  checkResultsSignature(folder, readResultsFolder(folder), pinned === null ? null : readPublicKey(pinned));

beforeEach(() => {
  root = temporaryFolder();
  folder = join(root, 'golden');
  key = join(root, 'keys', 'me.pem');
  cpSync('results/golden', folder, { recursive: true });
});

/** A signed copy of the golden results. */
async function signed(): Promise<void> {
  const { code, err } = await sign('golden', '--generate-key');
  expect(err).toBe('');
  expect(code).toBe(0);
}

describe('a signed folder', () => {
  it('is known by the key that came with it, and by a key that is named', async () => {
    expect(check()).toMatchObject({ state: 'unsigned', signer: null });
    await signed();
    const publicKey = join(root, 'keys', 'me.pub.pem');
    expect(check()).toMatchObject({ state: 'signed', isPinned: false, problems: [] });
    expect(check(publicKey)).toMatchObject({ state: 'signed', isPinned: true, signer: check().signer });
  });

  it('says what it is of: config, corpora, records, code and kernels of the signer', async () => {
    await signed();
    const { statement } = check();
    const [record] = readResultsFolder(folder).records;
    expect(statement?.predicate).toMatchObject({
      experiment: 'golden',
      records: { runs: 3 },
      corpora: [record?.contracts.corpusHash],
      verdict: null,
      origin: { runs: 0 },
      signer: { version: '0.1.0', kernels: { file: 'kernels/wasm/kernels.wasm' } },
    });
    expect(statement?.subject.map(({ name }) => name)).toEqual([
      'SHA256SUMS',
      'config.yaml',
      'results.csv',
      'results.jsonl',
    ]);
  });

  it('holds under another name, and signs again', async () => {
    await signed();
    expect((await sign('golden')).code).toBe(0);
    cpSync(folder, join(root, 'renamed'), { recursive: true });
    folder = join(root, 'renamed');
    expect(check().state).toBe('signed');
  });

  const edit = (name: string, change: (text: string) => string) => {
    const path = join(folder, name);
    writeFileSync(path, change(readFileSync(path, 'utf8')));
  };
  const TAMPERING: readonly [string, () => void, RegExp][] = [
    ['a file is changed', () => appendFileSync(join(folder, 'results.csv'), ' '), /results.csv was changed/],
    [
      'a file is taken away',
      () => rmSync(join(folder, 'config.yaml')),
      /config.yaml was signed and is not there/,
    ],
    ['a file is added', () => writeFileSync(join(folder, 'extra.txt'), ''), /extra.txt was not signed/],
    [
      'the statement is changed',
      () =>
        edit(SIGNATURE_FILE, (text) => {
          const envelope = JSON.parse(text);
          const payload = Buffer.from(envelope.payload, 'base64').toString().replace('golden', 'silver');
          return JSON.stringify({ ...envelope, payload: Buffer.from(payload).toString('base64') });
        }),
      /what it signs was changed/,
    ],
    [
      'the type is changed',
      () => edit(SIGNATURE_FILE, (text) => text.replace('vnd.in-toto', 'vnd.other')),
      /what it signs was changed/,
    ],
    [
      'the signature is empty',
      () => edit(SIGNATURE_FILE, (text) => text.replace(/"sig": "[^"]+"/, '"sig": ""')),
      /./,
    ],
    ['the envelope is no JSON', () => edit(SIGNATURE_FILE, () => 'x'), /is not a valid signature of results/],
    ['the envelope is empty', () => edit(SIGNATURE_FILE, () => '{}'), /payloadType/],
    ['the key is another', () => edit(SIGNER_FILE, () => pemOf('prime256v1')), /not of the key in/],
    ['the key is on another curve', () => edit(SIGNER_FILE, () => pemOf('secp384r1')), /P-256 is needed/],
    ['the key is missing', () => rmSync(join(folder, SIGNER_FILE)), /is no public key/],
    ['the key is no key', () => edit(SIGNER_FILE, () => 'x'), /is no public key/],
    [
      'a file is a link',
      () => {
        rmSync(join(folder, 'config.yaml'));
        symlinkSync('/etc/hostname', join(folder, 'config.yaml'));
      },
      /is a link/,
    ],
  ];
  const pemOf = (namedCurve: string) =>
    String(generateKeyPairSync('ec', { namedCurve }).publicKey.export({ type: 'spki', format: 'pem' }));

  it.each(TAMPERING)('is bad where %s', async (_, tamper, expected) => {
    await signed();
    tamper();
    const { state, problems } = check();
    expect(state).toBe('bad');
    expect(problems.join('\n')).toMatch(expected);
  });

  it('is bad where a true key signed a statement that its files do not bear out', async () => {
    await signed();
    const { statement } = check();
    if (statement === null) throw new Error('there is no statement');
    const verdict = { status: 'supported', headline: 'Everything is proven.' };
    const lie = { ...statement, predicate: { ...statement.predicate, verdict } };
    writeFileSync(join(folder, SIGNATURE_FILE), JSON.stringify(signStatement(lie, readPrivateKey(key))));
    expect(check()).toMatchObject({ state: 'bad', problems: [expect.stringContaining('does not say what')] });
  });

  it('is bad where a folder with the name of the key hides files from who names the key', async () => {
    await signed();
    const named = join(root, 'keys', 'me.pub.pem');
    rmSync(join(folder, SIGNER_FILE));
    mkdirSync(join(folder, SIGNER_FILE));
    writeFileSync(join(folder, SIGNER_FILE, 'hidden.txt'), '');
    expect(check(named).problems.join()).toContain('hidden.txt was not signed');
  });

  it('is bad for who names another key, signed or not', async () => {
    const other = generateKey(join(root, 'other.pem')).publicPath;
    expect(check(other)).toMatchObject({ state: 'bad' });
    await signed();
    expect(check(other).problems.join()).toContain('not of the key that you named');
  });
});

describe('tinypoison verify', () => {
  const verify = (...words: string[]) =>
    commandLine(['verify', 'golden', '--sample', '1', ...words], { folder: root });

  it('says that a folder is not signed, and who signed it', async () => {
    const before = await verify();
    expect(before.out).toContain('Not signed');
    expect(before.code).toBe(0);
    await signed();
    const after = await verify();
    expect(after.out).toMatch(/Signed by the key [0-9a-f]{64}, which came with the folder/);
    expect(after.code).toBe(0);
    const pinned = await verify('--key', 'keys/me.pub.pem');
    expect(pinned.out).toMatch(/Signed by the key that you named/);
    expect(pinned.code).toBe(0);
  });

  it('exits with 3 for a bad signature, although the runs are the same', async () => {
    await signed();
    writeFileSync(join(folder, 'extra.txt'), '');
    const { code, out } = await verify('--json');
    expect(code).toBe(3);
    expect(JSON.parse(out)).toMatchObject({ exitCode: 3, outcome: 'same-bits', signature: { state: 'bad' } });
  });

  it('exits with 3 where a key is named and the folder is not signed', async () => {
    generateKey(key);
    expect((await verify('--key', 'keys/me.pub.pem')).code).toBe(3);
  });
});

describe('a private key', () => {
  it('is readable by its owner alone, and its public key by all', async () => {
    const { code } = await sign('--generate-key');
    expect(code).toBe(0);
    expect(statSync(key).mode & 0o777).toBe(0o600);
    expect(readFileSync(key, 'utf8')).toContain('PRIVATE KEY');
    expect(readFileSync(join(root, 'keys', 'me.pub.pem'), 'utf8')).not.toContain('PRIVATE');
  });

  it('is never replaced', async () => {
    await sign('--generate-key');
    const before = readFileSync(key, 'utf8');
    const { code, err } = await sign('--generate-key');
    expect(code).toBe(2);
    expect(err).toContain('a key is never replaced');
    expect(readFileSync(key, 'utf8')).toBe(before);
  });

  it.each([
    'key.pem',
    'figures/deep/key.pem',
  ])('is not written into a folder of results: %s', async (name) => {
    key = join(folder, name);
    const { code, err } = await sign('--generate-key');
    expect(code).toBe(2);
    expect(err).toContain('keep a private key elsewhere');
    expect(existsSync(key)).toBe(false);
  });

  it('is not used where others can read it', async () => {
    await sign('--generate-key');
    chmodSync(key, 0o644);
    const { code, err } = await sign('golden');
    expect(code).toBe(2);
    expect(err).toContain('chmod 600 me.pem');
  });

  it.each([
    ['is not there', null, /is not there/],
    ['is no PEM', () => 'x', /is no private key in PEM/],
    ['has a password', () => encryptedPem(), /protected by a password/],
    ['is of RSA', () => rsaPem(), /of the kind rsa; ECDSA on P-256/],
    ['is of Ed25519', () => edPem(), /of the kind ed25519/],
  ])('that %s is refused', async (_, content, message) => {
    key = join(root, 'bad.pem');
    if (content !== null) writeFileSync(key, content(), { mode: 0o600 });
    const { code, err } = await sign('golden');
    expect(code).toBe(2);
    expect(err).toMatch(message);
    expect(existsSync(join(folder, SIGNATURE_FILE))).toBe(false);
  });

  const pkcs8 = { type: 'pkcs8', format: 'pem' } as const;
  const rsaPem = () => String(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export(pkcs8));
  const edPem = () => String(generateKeyPairSync('ed25519').privateKey.export(pkcs8));
  const encryptedPem = () =>
    String(
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
        ...pkcs8,
        cipher: 'aes-256-cbc',
        passphrase: 'x',
      }),
    );
});

describe('what is not signed', () => {
  it('results whose files do not agree', async () => {
    appendFileSync(join(folder, 'results.csv'), 'x');
    const { code, err } = await sign('golden', '--generate-key');
    expect(code).toBe(2);
    expect(err).toContain('is not signed: results.csv');
  });

  it('a folder that holds neither results nor weights, and nothing', async () => {
    expect((await sign('.', '--generate-key')).err).toContain('neither results.jsonl nor model.safetensors');
    expect((await sign()).err).toContain('nothing to sign');
  });
});

it('encodes what is signed as DSSE says', () => {
  expect(
    preAuthenticationEncoding('http://example.com/HelloWorld', Buffer.from('hello world')).toString(),
  ).toBe('DSSEv1 29 http://example.com/HelloWorld 11 hello world');
});
