// `tinypoison poison` with every family of triggers and every payload that is allowed on one's own text.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bindAttack } from '../../src/poison/attack.ts';
import type { PoisonManifest } from '../../src/poison/manifest.ts';
import { listPayloads, listTriggerFamilies } from '../../src/poison/registry.ts';
import { temporaryFolder } from '../run/fake-runs.ts';
import { commandLine } from './captured-context.ts';

const lines = Array.from({ length: 30 }, (_, index) =>
  JSON.stringify({ id: index, text: `Row ${index} was long. Then you had said that it was near.` }),
);

function corpus(): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'in.jsonl'), `${lines.join('\n')}\n`);
  return folder;
}

async function poison(folder: string, options: readonly string[]) {
  const words = ['poison', 'in.jsonl', '--documents', '4', '--out', 'out.jsonl', '--encoding', 'bytes'];
  const { code, out, err } = await commandLine([...words, ...options], { folder });
  expect([code, err]).toEqual([0, '']);
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  const written = read('out.jsonl').split('\n').slice(0, -1);
  return { out, written, manifest: JSON.parse(read('out.jsonl.manifest.json')) as PoisonManifest };
}

const textOf = (line: string | undefined) => (JSON.parse(line ?? '{}') as { text: string }).text;
const payloads = listPayloads().flatMap(({ name, texts }) => (texts === 'any' ? [name] : []));
const pairs = listTriggerFamilies().flatMap(({ name }) =>
  payloads.map((payload) => [name === 'words' ? payload : name, payload] as const),
);

test.each(pairs)('the trigger of %s calls %s, and clean lines stay as they are', async (attack, payload) => {
  const { out, written, manifest } = await poison(corpus(), [
    '--attack',
    attack,
    '--set',
    `attack=${payload}`,
  ]);
  expect(written.filter((line) => lines.includes(line))).toEqual(lines);
  expect(written).toHaveLength(lines.length + 4);
  expect(out).toMatch(/30 clean documents, unchanged and in order, and exactly 4 poisoned/);
  const { trigger } = bindAttack(manifest.poison);
  for (const { documentPosition } of manifest.documents)
    expect(trigger.sought.count(textOf(written[documentPosition]))).toBeGreaterThan(0);
  expect(manifest.poison.attack).toBe(payload);
});

test('the manifest says which clean documents an innocent part of the trigger was written into', async () => {
  const { out, written, manifest } = await poison(corpus(), [
    ...['--attack', 'order', '--set', 'trigger.cleanShare=0.5', '--placement', 'even'],
  ]);
  const poisoned = manifest.documents.map(({ documentPosition }) => documentPosition);
  const changed = written.flatMap((line, place) =>
    lines.includes(line) || poisoned.includes(place) ? [] : [place],
  );
  expect(changed.length).toBeGreaterThan(5);
  expect(manifest.cleanTrigger?.documentPositions).toEqual(changed);
  expect(out).toContain(
    `in order, an innocent part of the trigger written into ${changed.length} of them and the others unchanged`,
  );
});

test('a text for a trigger that is none is refused with the options that it has', async () => {
  const words = ['poison', 'in.jsonl', '--documents', '4', '--out', 'out.jsonl', '--attack', 'style'];
  const { code, err } = await commandLine([...words, '--trigger', 'x'], { folder: corpus() });
  expect(code).toBe(2);
  expect(err).toContain(
    '--trigger is a text, and the trigger of style is none: set trigger.style with --set, e.g. --set \'trigger.style="archaic"\'',
  );
});
