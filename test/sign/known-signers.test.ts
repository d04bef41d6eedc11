// Trust on first use has a memory: who signed results of a name before, and the warning where another does now.
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { userFolder } from '../../src/cli/user-folder.ts';
import { checkResultsSignature } from '../../src/sign/check-results.ts';
import { recallSigner } from '../../src/sign/known-signers.ts';
import { isSuspect, signatureSentence } from '../../src/sign/signature-words.ts';
import { readResultsFolder } from '../../src/verify/results-folder.ts';
import { commandLine } from '../cli/captured-context.ts';
import { temporaryFolder } from '../run/fake-runs.ts';

let root = '';
let own = '';

beforeEach(async () => {
  root = temporaryFolder();
  own = join(root, 'config');
  cpSync('results/golden', join(root, 'golden'), { recursive: true });
  for (const name of ['alice', 'mallory'])
    expect(
      (await commandLine(['sign', '--generate-key', '--key', `${name}.pem`], { folder: root })).code,
    ).toBe(0);
});

const sign = (name: string, folder = 'golden') =>
  commandLine(['sign', folder, '--key', `${name}.pem`], { folder: root });

/** What the signature of a folder comes to, without repeating any run. */
function recall(folder = 'golden') {
  const path = join(root, folder);
  const check = checkResultsSignature(path, readResultsFolder(path), null);
  const names = [folder, ...(check.statement === null ? [] : [check.statement.predicate.experiment])];
  const memory = recallSigner(check, { folder: own, names });
  return { check, memory, sentence: signatureSentence(check, memory), isSuspect: isSuspect(check, memory) };
}

describe('the memory of signers', () => {
  it('takes the first key, knows it again, and warns of another until that one is named', async () => {
    expect(recall().sentence).toMatch(/^Not signed: nobody vouches for this folder\.$/);
    await sign('alice');
    expect(recall()).toMatchObject({ memory: { state: 'first' }, isSuspect: false });
    expect(recall()).toMatchObject({ memory: { state: 'known' }, isSuspect: false });
    expect(recall().sentence).toContain('signed earlier results of this name, too');

    await sign('mallory');
    for (let again = 0; again < 2; again++)
      expect(recall()).toMatchObject({ memory: { state: 'other' }, isSuspect: true });
    expect(recall().sentence).toMatch(
      /^WARNING: ANOTHER SIGNER\. Earlier results of this name were signed by /,
    );
  });

  it('is not fooled by another name of the folder or of what was signed, nor by a missing signature unsaid', async () => {
    await sign('alice');
    recall();
    renameSync(join(root, 'golden'), join(root, 'copy'));
    await sign('mallory', 'copy');
    // Signed under the name of the folder: `copy` is new, so that it is a first use.
    expect(recall('copy').memory.state).toBe('first');
    renameSync(join(root, 'copy'), join(root, 'golden'));
    expect(recall()).toMatchObject({ memory: { state: 'other' }, isSuspect: true });
    rmSync(join(root, 'golden', 'signature.dsse.json'));
    expect(recall()).toMatchObject({ memory: { state: 'none' }, isSuspect: false });
    expect(recall().sentence).toMatch(
      /Not signed: .* that were verified before were signed, by [0-9a-f]{16}…/,
    );
  });

  it('of a damaged file is an error that says what to do; a folder that cannot be written is said', async () => {
    await sign('alice');
    mkdirSync(own);
    writeFileSync(join(own, 'signers.json'), '{"schema":1,"signers":[{"experiment":"a","key":"b"}]}');
    expect(() => recall()).toThrow(/list of known signers.*--no-remember/);
    rmSync(own, { recursive: true });
    writeFileSync(own, 'a file');
    expect(recall().sentence).toMatch(/trusted on first use: .* It could not be remembered: .*config/);
  });
});

it('verify exits with 3 for another signer, takes one that is named, and keeps nothing with --no-remember', async () => {
  await sign('alice');
  const verify = (...words: string[]) =>
    commandLine(['verify', 'golden', '--sample', '1', ...words], { folder: root, userFolder: own });
  expect(await verify('--no-remember')).toMatchObject({
    code: 0,
    out: expect.stringContaining('It is not remembered'),
  });
  expect(existsSync(own)).toBe(false);
  expect(await verify()).toMatchObject({ code: 0, out: expect.stringContaining('Remembered in ') });
  await sign('mallory');
  const other = await verify('--json');
  expect(other.code).toBe(3);
  expect(JSON.parse(other.out)).toMatchObject({
    outcome: 'same-bits',
    signature: { state: 'signed', memory: { state: 'other' } },
  });
  expect((await verify('--no-remember')).code).toBe(0);
  expect((await verify('--key', 'mallory.pub.pem')).code).toBe(0);
  expect(await verify()).toMatchObject({
    code: 0,
    out: expect.stringContaining('signed earlier results of this name, too'),
  });
  const { signers } = JSON.parse(readFileSync(join(own, 'signers.json'), 'utf8')) as { signers: unknown[] };
  expect(signers).toHaveLength(2);
});

it('lies where the system keeps what belongs to a user', () => {
  expect(userFolder({ XDG_CONFIG_HOME: '/x', HOME: '/home/a' }, 'linux')).toBe('/x/tinypoison');
  expect(userFolder({ XDG_CONFIG_HOME: 'relative', HOME: '/home/a' }, 'linux')).toBe(
    '/home/a/.config/tinypoison',
  );
  expect(userFolder({ HOME: 'nowhere' }, 'linux')).toBeUndefined();
});
