// Signatures checked without our code: by OpenSSF's tool, and by OpenSSL, with the commands of docs/signing.md.
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeSafetensors } from '../../src/model/safetensors.ts';
import { commandLine } from '../cli/captured-context.ts';
import { findPython } from '../python.ts';
import { temporaryFolder } from '../run/fake-runs.ts';
import { say } from '../say.ts';

const page = readFileSync('docs/signing.md', 'utf8');

/** The block of commands of the page that holds a text. */
function commandsWith(text: string): string {
  const block = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].find(([, commands]) => commands?.includes(text));
  if (block?.[1] === undefined) throw new Error(`docs/signing.md has no commands with ${text}`);
  return block[1];
}

const isThere = (program: string) => spawnSync(program, ['--help']).error === undefined;
const tools = ['python3', 'openssl', 'sha256sum', 'bash'].filter((program) => !isThere(program));
if (tools.length > 0) say(`SKIPPED: results without our code: no ${tools.join(', ')}`);

describe.skipIf(tools.length > 0)('results, by the commands of docs/signing.md', () => {
  const run = (folder: string) => {
    const { status, stdout, stderr } = spawnSync('bash', ['-c', commandsWith('openssl dgst')], {
      cwd: folder,
    });
    return { status, text: `${stdout}${stderr}` };
  };

  it('hold, and do not once a file, the statement or the key is another', async () => {
    const root = temporaryFolder();
    const folder = join(root, 'golden');
    cpSync('results/golden', folder, { recursive: true });
    const made = await commandLine(['sign', 'golden', '--generate-key', '--key', 'alice.pem'], {
      folder: root,
    });
    expect(made.code).toBe(0);
    cpSync(join(root, 'alice.pub.pem'), join(folder, 'alice.pub.pem'));
    const honest = run(folder);
    expect(honest.text).toContain('Verified OK');
    expect(honest.text).toContain('results.jsonl: OK');
    expect(honest.text).toContain('"runs": 3');
    expect(honest.status).toBe(0);

    appendFileSync(join(folder, 'results.csv'), ' ');
    expect(run(folder)).toMatchObject({ status: 1, text: expect.stringContaining('results.csv: FAILED') });

    await commandLine(['sign', '--generate-key', '--key', 'mallory.pem'], { folder: root });
    renameSync(join(root, 'mallory.pub.pem'), join(folder, 'alice.pub.pem'));
    expect(run(folder).status).not.toBe(0);
  });
});

const python = findPython(['model_signing', 'OpenSSL']);

describe.skipIf(python === null)('weights and results, by OpenSSF Model Signing', () => {
  // The tool lies beside its interpreter.
  const environment = { ...process.env, PATH: `${dirname(python ?? '')}${delimiter}${process.env.PATH}` };
  const verify = (folder: string, name = 'weights') => {
    const command =
      commandsWith('model_signing verify')
        .split('\n')
        .find((line) => line.startsWith(`model_signing verify key --signature ${name}/`)) ?? 'false';
    const { status, stdout, stderr } = spawnSync('bash', ['-c', command], { cwd: folder, env: environment });
    return { status, text: `${stdout}${stderr}` };
  };

  async function signedModel(): Promise<string> {
    const root = temporaryFolder();
    const weights = join(root, 'weights');
    mkdirSync(weights);
    const tensors = new Map([['wte.weight', { shape: [2, 2], values: Float32Array.of(1, 2, 3, 4) }]]);
    writeFileSync(join(weights, 'model.safetensors'), encodeSafetensors({ tensors, metadata: {} }));
    writeFileSync(join(weights, 'config.json'), '{}\n');
    const { code, err } = await commandLine(['sign', '.', '--generate-key', '--key', '../alice.pem'], {
      folder: weights,
    });
    expect(err).toBe('');
    expect(code).toBe(0);
    return root;
  }

  it('so are results: the same tool takes the whole folder, and refuses it once a file was changed', async () => {
    const root = temporaryFolder();
    const folder = join(root, 'constant-count');
    cpSync('results/golden', folder, { recursive: true });
    const words = ['sign', 'constant-count', '--generate-key', '--key', 'alice.pem'];
    expect((await commandLine(words, { folder: root })).code).toBe(0);
    expect(verify(root, 'constant-count')).toMatchObject({
      status: 0,
      text: expect.stringContaining('Verification succeeded'),
    });
    appendFileSync(join(folder, 'results.csv'), ' ');
    expect(verify(root, 'constant-count').status).toBe(1);
  });

  it('are accepted, and refused once anything was changed, added or signed by another', async () => {
    const root = await signedModel();
    const honest = verify(root);
    expect(honest.text).toContain('Verification succeeded');
    expect(honest.status).toBe(0);

    writeFileSync(join(root, 'weights', 'extra.bin'), 'x');
    expect(verify(root).status).not.toBe(0);
    execFileSync('rm', [join(root, 'weights', 'extra.bin')]);
    expect(verify(root).status).toBe(0);

    const file = join(root, 'weights', 'model.safetensors');
    const bytes = readFileSync(file);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    writeFileSync(file, bytes);
    expect(verify(root).status).not.toBe(0);

    await commandLine(['sign', '--generate-key', '--key', 'mallory.pem'], { folder: root });
    await commandLine(['sign', 'weights', '--key', 'mallory.pem'], { folder: root });
    expect(verify(root)).toMatchObject({ text: expect.stringMatching(/Key mismatch|failed/i) });
    expect(verify(root).status).not.toBe(0);
  });
});
