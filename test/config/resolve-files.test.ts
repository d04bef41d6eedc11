import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createFolder, minimal, parse, problemsOf } from './fixtures.ts';

function inFolder(files: Readonly<Record<string, string>>) {
  const folder = createFolder(files);
  const file = join(folder, 'e.yaml');
  return {
    folder,
    parse: (text: string, options = {}) => parse(text, { file, ...options }),
    problemsOf: (text: string, options = {}) =>
      problemsOf(text, { file, ...options }).map((line) => line.replaceAll(`${folder}/`, '')),
  };
}

const model = '{ width: 32, layers: 2, heads: 2 }';
const d48 = 'width: 48\nlayers: 2\nheads: 3\n';

describe('extends', () => {
  it('lays a file under the fields that are written, mapping by mapping', () => {
    const { parse } = inFolder({ 'p.yaml': 'tokens: 5000\noptimizer: { learningRate: 0.5, beta1: 0.7 }\n' });
    const text = minimal.replace(
      'name: after\n    tokensPerParameter: 1',
      'name: after\n    extends: p.yaml\n    optimizer: { beta1: 0.8 }',
    );
    expect(parse(text).config.phases[1]).toMatchObject({
      tokens: 5000,
      optimizer: { learningRate: 0.5, beta1: 0.8 },
    });
  });

  it('is relative to the file that holds it, through several files', () => {
    const { folder, parse } = inFolder({
      'm.yaml': 'extends: base.yaml\nheads: 3\n',
      'base.yaml': 'width: 48\nlayers: 2\nheads: 2\n',
    });
    expect(parse(minimal.replace(model, '{ extends: m.yaml }')).config.model).toMatchObject({
      width: 48,
      heads: 3,
    });
    const text = minimal.replace(model, `{ extends: ${folder}/m.yaml }`);
    expect(parse(text, { file: 'elsewhere/e.yaml' }).config.model).toMatchObject({ width: 48, heads: 3 });
  });

  it('works for the whole file', () => {
    const { parse } = inFolder({ 'base.yaml': minimal });
    const { config } = parse('extends: base.yaml\nname: other\n');
    expect(config.name).toBe('other');
    expect(config.phases).toHaveLength(2);
  });

  it('lets a budget or amount replace its rival below', () => {
    const { parse } = inFolder({ 'base.yaml': 'name: after\ntokens: 5000\n' });
    const text = minimal.replace('- name: after', '- extends: base.yaml');
    expect(parse(text).config.phases[1]).toMatchObject({ tokensPerParameter: 1 });
    expect(parse(text).config.phases[1]?.tokens).toBeUndefined();
  });

  it('resolves the path of a corpus from the file that names it', () => {
    const { folder, parse } = inFolder({ 'c.yaml': 'kind: jsonl\npath: data.jsonl\n' });
    const { config } = parse(minimal.replace('name: test', 'name: test\ncorpus: { extends: c.yaml }'));
    expect(config.corpus).toMatchObject({ path: resolve(folder, 'data.jsonl') });
  });

  it('resolves a reference from the file that names it', () => {
    const { folder, parse } = inFolder({ 'base.yaml': minimal });
    const { config, settings } = parse('extends: base.yaml\nreference: ../results/other\n');
    expect(config.reference).toBe(resolve(folder, '../results/other'));
    expect(settings[0]?.config.reference).toBe(config.reference);
  });

  it('refuses a reference that is no path', () => {
    const { problemsOf } = inFolder({});
    const named = (value: string) => minimal.replace('name: test', `name: test\nreference: ${value}`);
    expect(problemsOf(named('[a]'))).toEqual([expect.stringMatching(/^e\.yaml:3:12 reference must be/)]);
    expect(problemsOf(named('""'))).toHaveLength(1);
  });

  it('names the extended file in its problems', () => {
    const { problemsOf } = inFolder({ 'm.yaml': 'width: 32\nlayer: 2\nheads: 0\n' });
    expect(problemsOf(minimal.replace(model, '{ extends: m.yaml }'))).toEqual([
      'e.yaml:3:1 model.layers is missing: it must be a number',
      'm.yaml:2:1 unknown field layer in model; did you mean layers?',
      'm.yaml:3:8 model.heads must be at least 1, not 0',
    ]);
  });

  it.each([
    ['a missing file', '{ extends: none.yaml }', {}, 'e.yaml:3:19 cannot read none.yaml: no such file'],
    [
      'a file that extends itself',
      '{ extends: a.yaml }',
      { 'a.yaml': 'extends: a.yaml' },
      'a.yaml:1:10 a.yaml extends itself',
    ],
    [
      'a cycle of two files',
      '{ extends: a.yaml }',
      { 'a.yaml': 'extends: b.yaml', 'b.yaml': 'extends: a.yaml' },
      'b.yaml:1:10 a.yaml extends itself by way of b.yaml',
    ],
    ['the experiment itself', '{ extends: e.yaml }', {}, 'e.yaml:3:19 e.yaml extends itself'],
    ['a list of files', '{ extends: [a.yaml] }', {}, 'extends must be the path of a file'],
    ['a file that holds a list', '{ extends: a.yaml }', { 'a.yaml': '- 1' }, 'a.yaml must hold a mapping'],
    ['a file with a syntax error', '{ extends: a.yaml }', { 'a.yaml': 'x: [' }, 'a.yaml:1:'],
    ['an empty file', '{ extends: a.yaml }', { 'a.yaml': '' }, 'a.yaml must hold a mapping'],
  ])('reports %s, and no field as missing because of it', (_, written, files, expected) => {
    const { problemsOf } = inFolder(files);
    const found = problemsOf(minimal.replace(model, written));
    expect(found.join('\n')).toContain(expected);
    expect(found.join('\n')).not.toContain('is missing');
  });

  it('refuses files that multiply without end', () => {
    const files = Array.from({ length: 8 }, (_, i) => {
      const next = i === 7 ? 'z: 1' : `extends: f${i + 1}.yaml`;
      return [`f${i}.yaml`, ['a', 'b', 'c', 'd'].map((key) => `${key}: { ${next} }`).join('\n')];
    });
    const { problemsOf } = inFolder(Object.fromEntries(files));
    const found = problemsOf(minimal.replace(model, '{ extends: f0.yaml }'));
    expect(found.join('\n')).toContain('more than 1000 files are extended');
  });

  it('refuses bytes that are not UTF-8', () => {
    const { folder, problemsOf } = inFolder({});
    writeFileSync(join(folder, 'a.yaml'), Buffer.from([0x61, 0x3a, 0x20, 0xff]));
    expect(problemsOf(minimal.replace(model, '{ extends: a.yaml }')).join()).toContain(
      'it is not UTF-8 text',
    );
  });
});

describe('text where a mapping is expected', () => {
  it('names a file, in the config and in a sweep', () => {
    const { parse } = inFolder({ 'd48.yaml': d48 });
    const text = `${minimal.replace(model, 'd48.yaml')}sweep: { grid: { model: [d48.yaml, { extends: d48.yaml, layers: 3 }] } }\n`;
    const { config, settings } = parse(text);
    expect(config.model.width).toBe(48);
    expect(settings.map((setting) => setting.config.model.layers)).toEqual([2, 3]);
    expect(settings.map((setting) => setting.labels.model)).toEqual(['d48', 'd48-l3-h3']);
  });

  it('names a file from the current folder on the command line', () => {
    const { folder, parse } = inFolder({ 'd48.yaml': d48 });
    expect(parse(minimal, { set: [`model=${folder}/d48.yaml`] }).config.model.width).toBe(48);
  });
});

describe('configs that ship with the program', () => {
  it('are named from anywhere, in a file and on the command line', () => {
    const { parse } = inFolder({ 'm.yaml': 'extends: tinypoison:models/d48\nlayers: 3\n' });
    expect(parse(minimal.replace(model, '{ extends: m.yaml }')).config.model).toMatchObject({
      width: 48,
      layers: 3,
    });
    const { settings } = parse(minimal, {
      sweep: ['model=[tinypoison:models/d24, tinypoison:models/d32.yaml]'],
    });
    expect(settings.map(({ labels }) => labels)).toEqual([{ model: 'd24' }, { model: 'd32' }]);
  });

  it('are suggested where a name is not one of them', () => {
    const { problemsOf } = inFolder({});
    expect(problemsOf(minimal.replace(model, 'tinypoison:models/d33'))).toEqual([
      expect.stringMatching(
        /^e\.yaml:3:8 cannot read tinypoison:models\/d33: no such config comes with tinypoison; did you mean models\/d\d+\?$/,
      ),
    ]);
    expect(problemsOf(minimal.replace(model, 'tinypoison:../package'))).toEqual([
      expect.stringMatching(/no such config comes with tinypoison/),
    ]);
  });
});
