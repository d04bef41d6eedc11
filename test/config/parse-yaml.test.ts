import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { nodeAt, toPlain } from '../../src/config/yaml/located.ts';
import { parseYaml } from '../../src/config/yaml/parse-yaml.ts';

const read = (text: string) => parseYaml(text, { file: 'f.yaml', folder: '.', lines: true });

describe('parseYaml', () => {
  it('gives every value its line and column', () => {
    const { root } = read('a: 1\nb:\n  - x\n  - c: 2\n');
    if (root === undefined) throw new Error('no root');
    expect(nodeAt(root, ['b', 1, 'c'])?.place).toMatchObject({ file: 'f.yaml', line: 4, column: 8 });
  });

  it('reads back any JSON value that YAML can write', () => {
    const key = fc
      .string({ minLength: 1, maxLength: 5 })
      .filter((text) => text !== '__proto__' && text !== '<<');
    const scalar = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        scalar,
        fc.array(tie('value')),
        fc.dictionary(key, tie('value'), { noNullPrototype: true }),
      ),
    }));
    fc.assert(
      fc.property(value, (written) => {
        fc.pre(!JSON.stringify(written).includes('\\u0000'));
        const { root, problems } = read(stringify(written));
        expect(problems).toEqual([]);
        expect(root === undefined ? undefined : toPlain(root)).toEqual(written);
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ['a duplicate key', 'a: 1\nb: 2\na: 3\n', 'Map keys must be unique', 3],
    ['an open bracket', 'a: [1, 2\nb: 3\n', 'Flow sequence', 2],
    ['a tab as indentation', 'a:\n\tb: 1\n', 'Tabs', 2],
    ['an unknown tag', 'a: 1\nb: !python/object x\n', 'Unresolved tag', 2],
    ['a second document', 'a: 1\n---\nb: 2\n', 'multiple documents', 2],
    ['an alias without an anchor', 'a: 1\nb: *nothing\n', 'nothing', 2],
    ['a cycle of lists', 'a: 1\nb: &x [*x]\n', 'contains itself', 2],
    ['a cycle of mappings', 'a: 1\nb: &x { c: *x }\n', 'contains itself', 2],
    ['a key that is no text', 'a: 1\n3: 2\n', 'must be plain text', 2],
    ['the key __proto__', 'a: 1\n__proto__: { b: 1 }\n', 'must be plain text', 2],
  ])('reports %s at its line', (_, text, message, line) => {
    const { problems } = read(text);
    expect(problems.map((problem) => problem.message).join()).toContain(message);
    expect(problems.some((problem) => problem.line === line && problem.file === 'f.yaml')).toBe(true);
  });

  it.each([
    ['open flow lists', '['.repeat(50_000)],
    ['closed flow lists', '['.repeat(2000) + ']'.repeat(2000)],
    ['block lists', `${'- '.repeat(5000)}x`],
    ['mappings', '{a: '.repeat(2000)],
    ['complex keys', '? '.repeat(2000)],
  ])('refuses deep nesting of %s without exhausting the stack', (_, text) => {
    expect(read(text).problems[0]?.message).toMatch(/deep|more than/);
  });

  it.each([
    [
      'keys of one mapping',
      Array.from({ length: 20_000 }, (_, i) => `k${i}: 1\n`).join(''),
      /^a mapping of 20000 keys; at most 2000$/,
    ],
    [
      'keys in braces',
      `a: { ${Array.from({ length: 20_000 }, (_, i) => `k${i}: 1`).join(', ')} }`,
      /^a mapping of 20000 keys/,
    ],
    ['items', `a: [${'1,'.repeat(250_000)}]`, /^more than 200000 keys and values$/],
    ['aliases', `a: &a 1\nb: [${'*a,'.repeat(40_000)}]`, null],
    [
      'anchors and aliases',
      Array.from({ length: 1900 }, (_, i) => `k${i}: [&a${i} 1, *a${i}${', *a0'.repeat(20)}]\n`).join(''),
      null,
    ],
  ] as const)('reads or refuses many %s within seconds of processor time', (_, text, refusal) => {
    const start = process.cpuUsage();
    const { problems } = read(text);
    const { user, system } = process.cpuUsage(start);
    expect((user + system) / 1e6).toBeLessThan(8);
    if (refusal === null) expect(problems).toEqual([]);
    else expect(problems.map(({ message }) => message)).toEqual([expect.stringMatching(refusal)]);
  });

  it('refuses aliases that stand for a billion values', () => {
    const levels = Array.from({ length: 12 }, (_, i) => {
      const inner = i === 0 ? 'x' : `*a${i - 1}`;
      return `a${i}: &a${i} [${Array(9).fill(inner).join(', ')}]`;
    });
    const { problems } = read(levels.join('\n'));
    expect(problems.map(({ message }) => message).join()).toContain('more than 100000 values');
  });

  it('expands an alias that is used twice', () => {
    const { root, problems } = read('a: &x { n: 1 }\nb: *x\nc: *x\n');
    expect(problems).toEqual([]);
    expect(root && toPlain(root)).toEqual({ a: { n: 1 }, b: { n: 1 }, c: { n: 1 } });
  });

  it('reads a zero without sign, whose bits would differ where its text does not', () => {
    const { root } = read('a: -0\nb: -0.0\n');
    expect(Object.is(Object.values((root && toPlain(root)) as object)[0], 0)).toBe(true);
    expect(root && toPlain(root)).toEqual({ a: 0, b: 0 });
  });

  it('refuses NUL characters and very long texts', () => {
    expect(read('a: "\0"').problems[0]?.message).toContain('NUL');
    expect(read(`a: ${'x'.repeat(1_000_001)}`).problems[0]?.message).toContain('too long');
  });
});
