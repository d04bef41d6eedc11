import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadExperiment } from '../../src/config/node/load-experiment.ts';
import { InputError } from '../../src/core/errors.ts';
import { createFolder, fakeAttacks, minimal, parse, problemsOf } from './fixtures.ts';

describe('parseExperiment', () => {
  it('fills in the defaults of what is not written', () => {
    const { config } = parse(minimal);
    expect(config.corpus).toMatchObject({ kind: 'stories', seed: 'stories-1' });
    expect(config.phases[0]?.optimizer).toMatchObject({ learningRate: 0.01, beta2: 0.99, clipNorm: 1 });
    expect(config.phases[0]?.poison).toMatchObject({ gibberishTokens: 50, placement: 'uniform' });
    expect(config.evaluation.promptTokens).toEqual({ minimum: 8, maximum: 40 });
  });

  it.each([
    [
      'an unknown field',
      ['widht: 3', 'width: 32'],
      'e.yaml:3:10 unknown field widht in model; did you mean width?',
    ],
    ['a wrong type', ['width: 32', 'width: wide'], 'e.yaml:3:17 model.width must be a number, not "wide"'],
    ['a fraction', ['layers: 2', 'layers: 2.5'], 'e.yaml:3:29 model.layers must be a whole number, not 2.5'],
    [
      'a value out of range',
      ['layers: 2', 'layers: 0'],
      'e.yaml:3:29 model.layers must be at least 1, not 0',
    ],
    [
      'a value between multiples',
      ['width: 32', 'width: 33'],
      'e.yaml:3:17 model.width must be a multiple of 8, not 33',
    ],
    [
      'not a number',
      ['tokens: 100000', 'tokens: .nan'],
      'e.yaml:6:13 phases.pretrain.tokens must be a number, not NaN',
    ],
    [
      'infinity',
      ['tokens: 100000', 'tokens: 1e999'],
      'e.yaml:6:13 phases.pretrain.tokens must be a number, not Infinity',
    ],
    [
      'a number that is not exact',
      ['tokens: 100000', 'tokens: 99999999999999999999'],
      'e.yaml:6:13 phases.pretrain.tokens must be at most 9007199254740991, not 100000000000000000000',
    ],
    ['nothing where a list is due', ['phases:', 'other:'], 'e.yaml:1:1 phases is missing: it must be a list'],
    ['a wrong version', ['schema: 1', 'schema: 2'], 'e.yaml:1:9 schema must be 1, not 2'],
    [
      'an unknown attack',
      ['attack: noise', 'attack: niose'],
      'e.yaml:8:15 phases.pretrain.poison.attack must be one of noise, phrase (did you mean noise?), not "niose"',
    ],
    [
      'an option of another attack',
      ['attack: noise', 'attack: noise\n      words: 3'],
      'e.yaml:9:7 unknown field words in phases.pretrain.poison; known: share, distinctDocuments, rewriteShare, negativeShare, filler, placement, gibberishTokens',
    ],
    [
      'an option out of the range of its attack',
      ['attack: noise', 'attack: noise\n      gibberishTokens: 101'],
      'e.yaml:9:24 phases.pretrain.poison.gibberishTokens must be at most 100, not 101',
    ],
    [
      'a bad name',
      ['name: test', 'name: My Test'],
      'e.yaml:2:7 name must be lower-case letters, digits and hyphens',
    ],
    [
      'a merge key',
      ['width: 32', 'width: 32, <<: 3'],
      'e.yaml:3:21 unknown field << in model; merge keys are not read: use extends',
    ],
  ])('reports %s at its line and column', (_, [from = '', to = ''], expected) => {
    const text =
      from === 'widht: 3' ? minimal.replace('width: 32', 'widht: 32, width: 32') : minimal.replace(from, to);
    expect(problemsOf(text).join('\n')).toContain(expected);
  });

  it('reports a missing field at the mapping that lacks it', () => {
    const text = minimal.replace('      trigger: { text: quartz lantern }\n', '');
    expect(problemsOf(text)).toEqual([
      'e.yaml:7:5 phases.pretrain.poison.trigger is missing: it must be a mapping',
    ]);
  });

  it('reports all problems of a file at once, in the order of their lines', () => {
    const text = minimal
      .replace('width: 32', 'width: x')
      .replace('tokens: 100000', 'tokens: -5\n    optimiser: {}')
      .replace('name: after', 'name: pretrain');
    const places = problemsOf(`${text}evaluation: { prompt: 5, lightPrompts: 300 }\n`).map(
      (line) => line.split(' ')[0],
    );
    expect(places).toEqual([
      'e.yaml:3:17',
      'e.yaml:6:13',
      'e.yaml:7:5',
      'e.yaml:12:11',
      'e.yaml:14:15',
      'e.yaml:14:40',
    ]);
  });

  it.each([
    ['an empty file', '', 'the file is empty'],
    ['comments alone', '# nothing\n', 'the file is empty'],
    ['a list', '- a\n', 'must hold a mapping'],
    ['text', 'hello', 'must hold a mapping'],
  ])('refuses %s', (_, text, message) => {
    expect(problemsOf(text).join()).toContain(message);
  });

  it('keeps problems beside a duplicate key', () => {
    const found = problemsOf(
      minimal.replace('name: test', 'name: test\nname: again').replace('width: 32', 'width: x'),
    );
    expect(found).toHaveLength(2);
  });

  it('makes paths absolute: those of a file from its folder, those of the command line from the current one', () => {
    const text = minimal.replace('name: test', 'name: test\ncorpus: { kind: jsonl, path: data/a.jsonl }');
    expect(parse(text, { file: 'x/y/e.yaml' }).config.corpus).toMatchObject({
      path: resolve('x/y/data/a.jsonl'),
    });
    const other = parse(text, { file: 'x/y/e.yaml', set: ['corpus.path=b.jsonl'] });
    expect(other.config.corpus).toMatchObject({ path: resolve('b.jsonl') });
  });

  it.each([
    ['a.jsonl', 'jsonl'],
    ['a.jsonl.gz', 'jsonl'],
    ['a.parquet', 'parquet'],
    ['a.txt', 'text'],
    ['folder', 'text'],
  ])('tells the kind of the corpus %s by its ending', (path, kind) => {
    const text = minimal.replace('name: test', `name: test\ncorpus: { path: ${path} }`);
    expect(parse(text).config.corpus.kind).toBe(kind);
    expect(parse(minimal, { set: [`corpus.path=${path}`] }).config.corpus.kind).toBe(kind);
  });

  it('drops what only the old kind of corpus has when a path of another kind is set', () => {
    const jsonl = minimal.replace(
      'name: test',
      'name: test\ncorpus: { kind: jsonl, path: a.jsonl, textField: body }',
    );
    const corpusOf = (text: string, path: string) =>
      parse(text, { set: [`corpus.path=${path}`] }).config.corpus;
    expect(corpusOf(jsonl, 'folder')).toMatchObject({ kind: 'text' });
    expect(corpusOf(jsonl, 'b.parquet')).toMatchObject({ kind: 'parquet', textField: 'body' });
    const stories = minimal.replace(
      'name: test',
      'name: test\ncorpus: { kind: stories, language: en, seed: s }',
    );
    expect(corpusOf(stories, 'a.txt')).toMatchObject({ kind: 'text', seed: 's' });
  });

  it('throws nothing but InputError, whatever a file holds', () => {
    const lines = minimal.split('\n');
    const damage = fc.record({
      line: fc.nat(lines.length - 1),
      text: fc.oneof(
        fc.string({ unit: 'binary', maxLength: 20 }),
        fc.constantFrom(
          'a: [',
          '- - -',
          '{}',
          'null',
          '&a *a',
          '? x',
          '  sweep: { grid: 3 }',
          'sweep: { list: [3] }',
          'model: 3',
          'phases: {}',
          'phases: [3]',
          '<<: *x',
          'corpus: []',
        ),
      ),
      replace: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 3 }), (damages) => {
        const copy = [...lines];
        for (const { line, text, replace } of damages) copy.splice(line, replace ? 1 : 0, text);
        try {
          parse(copy.join('\n'));
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
          for (const problem of (error as InputError).problems) expect(problem.file).toBeDefined();
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe('loadExperiment', () => {
  it('reads a file, and names it in problems', () => {
    const folder = createFolder({
      'good.yaml': minimal,
      'bad.yaml': minimal.replace('layers: 2', 'layers: 0'),
    });
    expect(loadExperiment(join(folder, 'good.yaml'), { attacks: fakeAttacks }).config.name).toBe('test');
    expect(() => loadExperiment(join(folder, 'bad.yaml'), { attacks: fakeAttacks })).toThrow(
      /bad\.yaml:3:29 /,
    );
  });

  it('says why a file cannot be read', () => {
    const folder = createFolder({});
    expect(() => loadExperiment(join(folder, 'none.yaml'), { attacks: fakeAttacks })).toThrow('no such file');
    expect(() => loadExperiment(folder, { attacks: fakeAttacks })).toThrow('it is a folder, not a file');
  });
});

describe('a remedy', () => {
  it.each([
    [
      'documents: [0, 50, 100]',
      /poison\.documents must be a number, not a list of 3; to run it with each, write in sweep\.grid: \{ phases\.pretrain\.poison\.documents: \[0, 50, 100\] \}/,
    ],
    ['documents: 1_000', /documents must be a number, not "1_000"; write 1000$/],
    ['documents: 1.5k', /; write 1500$/],
    ['share: 1%', /share must be a number, not "1%"; write 0\.01$/],
    ['share: some', /share must be a number, not "some"$/],
    ['lr: 3', /unknown field lr in phases\.pretrain\.poison; it is optimizer\.learningRate$/],
  ])('is offered for %s', (line, message) => {
    const lines = problemsOf(minimal.replace(/documents: \d+/, line));
    expect(lines.filter((text) => message.test(text))).toHaveLength(1);
  });

  it.each([
    ['5', /sweep\.seeds must be a list, not 5; write \[1, 2, 3, 4, 5\]$/],
    ['2-4', /not "2-4"; write \[2, 3, 4\]$/],
    ['[]', /sweep\.seeds must be at least 1 item, not an empty list$/],
    ['many', /sweep\.seeds must be a list, not "many"$/],
  ])('is offered for seeds: %s', (seeds, message) => {
    expect(problemsOf(`${minimal.replace(/sweep:[\s\S]*/, '')}sweep:\n  seeds: ${seeds}\n`)).toEqual([
      expect.stringMatching(message),
    ]);
  });

  it('is given once where a misspelt field is why another is missing', () => {
    const lines = problemsOf(
      minimal.replace('documents:', 'document:').replace('tokens: 100000', 'token: 100000'),
    );
    expect(lines).toHaveLength(2);
    expect(lines.join()).toMatch(/did you mean tokens\?.*did you mean documents\?/);
  });

  it.each([
    ['device=cuda', /chosen on the command line: --engine/],
    ['model.depth=4', /it is called layers/],
    ['seed=3', /sweep\.seeds/],
  ])('names what %s is called here', (set, message) => {
    expect(problemsOf(minimal, { set: [set] })).toEqual([expect.stringMatching(message)]);
  });
});
