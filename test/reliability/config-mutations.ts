// Experiments as somebody careless or hostile might write them: a valid one with one thing changed.
import { isMap, isScalar, type Node, type Pair, parseDocument, visit } from 'yaml';
import type { RandomStream } from '../../src/core/random.ts';

/** A changed experiment, and what must become of it. */
export interface Mutant {
  readonly text: string;
  /** What was done, for messages. */
  readonly what: string;
  /** The field whose value was changed, if one was. */
  readonly field?: string;
  /** `refused`: nothing else will do. `seen`: if it is accepted, the plan is another. `any`: either, but orderly. */
  readonly expected: 'refused' | 'seen' | 'any';
}

interface ScalarPlace {
  /** Keys from the root; indices of lists as numbers. */
  readonly path: readonly (string | number)[];
  readonly value: unknown;
  readonly start: number;
  readonly end: number;
}

interface KeyPlace {
  readonly key: string;
  readonly start: number;
  readonly end: number;
}

function pathOf(ancestors: readonly unknown[], key: number | 'key' | 'value' | null): (string | number)[] {
  const path: (string | number)[] = [];
  for (const [index, node] of ancestors.entries()) {
    const next = ancestors[index + 1];
    const pair = node as Pair;
    if (isScalar(pair.key)) path.push(String(pair.key.value));
    else if (node !== null && typeof node === 'object' && 'items' in node && !isMap(node)) {
      const items = (node as { items: unknown[] }).items;
      path.push(next === undefined ? Number(key) : items.indexOf(next));
    }
  }
  return path;
}

function placesOf(text: string): { scalars: ScalarPlace[]; keys: KeyPlace[] } {
  const scalars: ScalarPlace[] = [];
  const keys: KeyPlace[] = [];
  visit(parseDocument(text), {
    Scalar(key, node, ancestors) {
      const [start = 0, end = 0] = node.range ?? [];
      if (key === 'key') keys.push({ key: String(node.value), start, end });
      else scalars.push({ path: pathOf(ancestors as Node[], key), value: node.value, start, end });
    },
  });
  return { scalars, keys };
}

const replace = (text: string, start: number, end: number, by: string) =>
  text.slice(0, start) + by + text.slice(end);

/** Fields that other fields round, or that text and files may fill. */
const ROUNDED: ReadonlySet<unknown> = new Set(['tokens', 'tokensPerParameter', 'share', 'extends', 'epochs']);
/** Fields that hold a mapping, where text names a file. */
const FILE_FIELDS: ReadonlySet<unknown> = new Set(['model', 'corpus', 'tokenizer', 'poison']);

const NUMBERS = [
  '0', '-0', '-1', '1.5', '-1e9', '1e9', '1e15', '9007199254740993', '1e308', '1e309', '-1e309', '.inf', '-.inf', '.nan',
  '0x10', '0o17', '010', '1_000', '1e-320', '0.1', '4294967295', '4294967296', '+5', '1.', '.5', '12e03',
]; // biome-ignore format: a list
const WRONG_TYPES = [
  '"text"',
  'true',
  'null',
  '[]',
  '{}',
  '[1, 2]',
  '{ a: 1 }',
  '~',
  '2001-12-14',
  '!!binary aGk=',
  '[[1]]',
];
const INSERTS = [
  '\t', '\ufeff', '\u0000', '\u0007', '\u001b[2J', '\u2028', '\u202e', '\ud800', '&a ', '*a', '&a [*a]', '<<: { a: 1 }\n', '? ',
  '!!js/function ', '!!set ', '---\n', '...\n', '%YAML 1.1\n---\n', '{', '}', '[', ']', '"', "'", '|\n', '>-\n', ': ', '- ', '#', ', ',
  '@', '`', '__proto__: { a: 1 }\n', 'constructor: 1\n', 'toString: x\n', '\r', '\r\n', '\n\n', '=', '1e400', 'é', '🙂', '"": 1\n',
]; // biome-ignore format: a list

/** One letter left out, doubled, swapped or changed. */
function misspell(key: string, random: RandomStream): string {
  const at = random.integer({ minimum: 0, maximum: Math.max(0, key.length - 2) });
  const [before, letter, after] = [key.slice(0, at), key.charAt(at), key.slice(at + 1)];
  return random.choose([
    before + after,
    before + letter + letter + after,
    `${before}x${after}`,
    `${key}s`,
    key.toUpperCase(),
  ]);
}

function mutateKey(text: string, random: RandomStream): Mutant {
  const { keys } = placesOf(text);
  const { key, start, end } = random.choose(keys);
  const typo = misspell(key, random);
  const known = new Set(keys.map((place) => place.key));
  const isTypo = typo !== key && typo.trim() !== '' && !known.has(typo) && /^[A-Za-z.-]+$/.test(typo);
  return {
    text: replace(text, start, end, typo),
    what: `key ${key} -> ${typo}`,
    expected: isTypo ? 'refused' : 'any',
  };
}

const isSwept = ({ path }: ScalarPlace) => path[0] === 'sweep' && path[1] !== 'seeds';

function mutateType(text: string, random: RandomStream): Mutant {
  const place = random.choose(placesOf(text).scalars);
  const { path, value, start, end } = place;
  const by = random.choose(WRONG_TYPES);
  const field = path.at(-1);
  const staysText = typeof value === 'string' && (by === '"text"' || by === '2001-12-14');
  const isRight =
    staysText ||
    (typeof value === 'boolean' && by === 'true') ||
    (field === 'clipNorm' && (by === 'null' || by === '~')) ||
    FILE_FIELDS.has(field);
  const expected = isSwept(place) || isRight ? 'any' : 'refused';
  return {
    text: replace(text, start, end, by),
    what: `${path.join('.')}: ${String(value)} -> ${by}`,
    expected,
  };
}

function mutateNumber(text: string, random: RandomStream): Mutant {
  const numbers = placesOf(text).scalars.filter(({ value }) => typeof value === 'number');
  const place = random.choose(numbers);
  const { path, value, start, end } = place;
  const by = random.choose([...NUMBERS, String(Number(value) * 2), String(Number(value) + 1)]);
  const isSame = Object.is(Number(by), value) || Number(by) === value;
  const isRounded = path.some((key) => ROUNDED.has(key));
  const expected = isSwept(place) || isSame || isRounded || Number.isNaN(Number(by)) ? 'any' : 'seen';
  const what = `${path.join('.')}: ${String(value)} -> ${by}`;
  return { text: replace(text, start, end, by), what, field: String(path.at(-1)), expected };
}

function mutateText(text: string, random: RandomStream): Mutant {
  const at = random.integer({ minimum: 0, maximum: text.length });
  const insert = random.choose(INSERTS);
  return { text: replace(text, at, at, insert), what: `${JSON.stringify(insert)} at ${at}`, expected: 'any' };
}

function mutateLines(text: string, random: RandomStream): Mutant {
  const lines = text.split('\n');
  const at = random.integer({ minimum: 0, maximum: lines.length - 1 });
  const other = random.integer({ minimum: 0, maximum: lines.length - 1 });
  const how = random.choose(['twice', 'gone', 'moved', 'indented', 'cut', 'carriage returns'] as const);
  const line = lines[at] as string;
  if (how === 'twice') lines.splice(at, 0, line);
  else if (how === 'gone') lines.splice(at, 1);
  else if (how === 'moved') lines.splice(other, 0, ...lines.splice(at, 1));
  else if (how === 'indented') lines[at] = ` ${line}`;
  else if (how === 'cut') lines.splice(at);
  const isDoubleKey = how === 'twice' && /^\s*[A-Za-z]+:/.test(line) && !/^\s*#/.test(line);
  const joined = lines.join(how === 'carriage returns' ? '\r\n' : '\n');
  return { text: joined, what: `line ${at + 1} ${how}`, expected: isDoubleKey ? 'refused' : 'any' };
}

/** Whole constructions, each with what must become of it. */
const CONSTRUCTIONS: readonly ((text: string, random: RandomStream) => Mutant)[] = [
  (text, random) => {
    const depth = random.integer({ minimum: 1, maximum: 5000 });
    const value = random.choose([
      ['[', ']'],
      ['{ a: ', ' }'],
    ] as const);
    const deep = value[0].repeat(depth) + value[1].repeat(depth);
    return { text: `${text}\ndescription: ${deep}\n`, what: `${depth} deep`, expected: 'refused' };
  },
  (text) => {
    const levels = Array.from(
      { length: 12 },
      (_, i) =>
        `l${i}: &l${i} [${
          i === 0
            ? '1'
            : Array(9)
                .fill(`*l${i - 1}`)
                .join(', ')
        }]`,
    );
    return { text: `${levels.join('\n')}\n${text}`, what: 'alias bomb', expected: 'refused' };
  },
  (text) => ({ text: `loop: &a { b: *a }\n${text}`, what: 'cycle', expected: 'refused' }),
  (text) => ({
    text: text.replace(/^phases:/m, 'phases: &p [*p]\nx:'),
    what: 'phases hold themselves',
    expected: 'refused',
  }),
  (text) => ({ text: `extends: experiment.yaml\n${text}`, what: 'extends itself', expected: 'refused' }),
  (text) => ({
    text: `extends: ../../../../nowhere.yaml\n${text}`,
    what: 'extends nothing',
    expected: 'refused',
  }),
  (text) => ({ text: `extends: /dev/zero\n${text}`, what: 'extends a device', expected: 'refused' }),
  (text) => ({ text: `extends: .\n${text}`, what: 'extends a folder', expected: 'refused' }),
  (text) => ({ text: `extends: [a, b]\n${text}`, what: 'extends a list', expected: 'refused' }),
  (text) => ({
    text: text.replace(/^name: .*/m, 'name: ../../etc'),
    what: 'name leaves the folder',
    expected: 'refused',
  }),
  (text) => ({
    text: text.replace(/^name: .*/m, `name: ${'n'.repeat(500)}`),
    what: 'long name',
    expected: 'refused',
  }),
  (text) => ({
    text: text.replace(/^model: .*/m, 'model: /dev/null'),
    what: 'model is empty',
    expected: 'refused',
  }),
  (text) => ({ text: `${text}\n---\n${text}`, what: 'two documents', expected: 'refused' }),
  (text) => ({ text: `<<: { name: x }\n${text}`, what: 'merge key', expected: 'refused' }),
  (text) => ({ text: `? [a, b]\n: 1\n${text}`, what: 'a list as key', expected: 'refused' }),
  (text) => ({ text: `1: 2\n${text}`, what: 'a number as key', expected: 'refused' }),
  (text) => ({ text: `__proto__: { polluted: true }\n${text}`, what: 'prototype', expected: 'refused' }),
  (text) => ({ text: `${text}${' '.repeat(1_100_000)}`, what: 'a megabyte of blanks', expected: 'refused' }),
  (text) => ({ text: `${'# x\n'.repeat(50_000)}${text}`, what: 'many comments', expected: 'any' }),
  (text) => ({
    text: `description: |\n  ${'x'.repeat(100_000)}\n${text}`,
    what: 'long description',
    expected: 'any',
  }),
  (text) => ({ text: `\ufeff${text}`, what: 'byte order mark', expected: 'any' }),
  (text) => ({ text: text.replaceAll('  ', '\t'), what: 'tabs', expected: 'any' }),
  (text) => ({ text: '', what: `empty, not ${text.length} characters`, expected: 'refused' }),
  (text) => ({ text: text.replace(/^name:/m, '"name":'), what: 'quoted key', expected: 'any' }),
  (text) => ({ text: text.replace(/^/gm, '# '), what: 'all a comment', expected: 'refused' }),
];

const KINDS = [
  mutateKey,
  mutateKey,
  mutateType,
  mutateType,
  mutateNumber,
  mutateNumber,
  mutateText,
  mutateLines,
] as const;

/** A random mutant of a valid experiment. */
export function mutateConfig(text: string, random: RandomStream): Mutant {
  const mutate = random.choose(random.uniform() < 0.1 ? CONSTRUCTIONS : KINDS);
  const mutant = mutate(text, random);
  return mutant.text === text ? { ...mutant, expected: 'any' } : mutant;
}

/** Bytes with some of them changed, left out or repeated. */
export function mutateBytes(bytes: Uint8Array, random: RandomStream): Uint8Array {
  const changed = Array.from(bytes);
  const times = random.integer({ minimum: 1, maximum: 4 });
  for (let i = 0; i < times && changed.length > 0; i++) {
    const at = random.integer({ minimum: 0, maximum: changed.length - 1 });
    const how = random.choose(['flip', 'flip', 'flip', 'any', 'gone', 'twice', 'cut'] as const);
    if (how === 'flip')
      changed[at] = (changed[at] as number) ^ (1 << random.integer({ minimum: 0, maximum: 7 }));
    else if (how === 'any') changed[at] = random.integer({ minimum: 0, maximum: 255 });
    else if (how === 'gone') changed.splice(at, 1);
    else if (how === 'twice') changed.splice(at, 0, ...changed.slice(at, at + 16));
    else changed.length = at;
  }
  return Uint8Array.from(changed);
}
