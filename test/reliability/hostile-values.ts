// Files as a stranger might hand them over: valid ones with a value, some bytes or their very kind changed.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { RandomStream } from '../../src/core/random.ts';
import { mutateBytes } from './config-mutations.ts';

const deep = (depth: number): unknown => {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = [value];
  return value;
};

/** Values that nobody expects, as text of JSON: some are no value of JavaScript. */
const HOSTILE_VALUES: readonly string[] = [
  'null', 'true', '-1', '0', '1e308', '-1e308', '1e400', '-0', '0.5', '9007199254740993', '4294967296', '""', '"x"', '[]', '{}', '[[1]]',
  '[null]', '{"a":1}', '{"__proto__":{"polluted":true}}', '{"constructor":1}', '"__proto__"', '"../../../etc/passwd"', '"\\ud800"',
  '"\\u0000"', '"\\u001b]0;owned\\u0007"', '"\\u202e"', '"<script>alert(1)</script>"', '"NaN"', '"1"', '[1e9,1e9]', '"2001-01-01"',
  JSON.stringify('x'.repeat(100_000)), JSON.stringify(deep(3000)), JSON.stringify(Array(20_000).fill(0)),
]; // biome-ignore format: a list

const PLACE = '@@here@@';
type Branch = Record<string, unknown> | unknown[];

/** Every branch of a value, from its root. */
function branchesOf(value: unknown, found: Branch[] = []): Branch[] {
  if (typeof value !== 'object' || value === null) return found;
  found.push(value as Branch);
  for (const inner of Object.values(value)) branchesOf(inner, found);
  return found;
}

/** JSON with one value replaced, one field removed, named otherwise or added. */
export function mutateJson(text: string, random: RandomStream): string {
  const value = JSON.parse(text) as unknown;
  const branch = random.choose(branchesOf(value));
  const keys = Object.keys(branch);
  const how =
    keys.length === 0
      ? 'add'
      : random.choose(['set', 'set', 'set', 'set', 'remove', 'rename', 'add'] as const);
  const key = keys.length === 0 ? '' : random.choose(keys);
  const fields = branch as Record<string, unknown>;
  if (how === 'set') fields[key] = PLACE;
  else if (how === 'remove') {
    if (Array.isArray(branch)) branch.splice(Number(key), 1);
    else delete fields[key];
  } else if (how === 'rename' && !Array.isArray(branch)) {
    fields[`${key}x`] = fields[key];
    delete fields[key];
  } else if (Array.isArray(branch)) branch.push(PLACE);
  else fields[random.choose(['toString', 'extra', 'length', 'id'])] = PLACE;
  return JSON.stringify(value).replace(`"${PLACE}"`, () => random.choose(HOSTILE_VALUES));
}

/** A file's bytes changed, or a file of another kind in its place. Says what was done. */
export function damageFile(path: string, random: RandomStream): string {
  const how = random.choose([
    'bytes',
    'bytes',
    'bytes',
    'empty',
    'gone',
    'folder',
    'link',
    'pipe',
    'huge',
    'random',
  ] as const);
  const bytes = readFileSync(path);
  if (how !== 'bytes') rmSync(path);
  if (how === 'bytes') writeFileSync(path, mutateBytes(bytes.subarray(0, 200_000), random));
  else if (how === 'empty') writeFileSync(path, '');
  else if (how === 'folder') mkdirSync(path);
  else if (how === 'link')
    symlinkSync(random.choose([basename(path), '/dev/zero', '/proc/self/mem', '.', 'nowhere']), path);
  else if (how === 'pipe') execFileSync('mkfifo', [path]);
  else if (how === 'huge') writeFileSync(path, Buffer.concat([bytes, Buffer.alloc(30_000_000, 0x20)]));
  else if (how === 'random')
    writeFileSync(
      path,
      Uint8Array.from({ length: 300 }, () => random.integer({ minimum: 0, maximum: 255 })),
    );
  return `${how} of ${basename(path)}`;
}
