import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { poisonsOf } from '../../src/config/poisons.ts';
import { expandPlan } from '../../src/config/sweep/expand-plan.ts';
import { InputError } from '../../src/core/errors.ts';
import { minimal, parse, problemsOf } from './fixtures.ts';

const swept = `${minimal}sweep:
  grid:
    model.layers: [1, 2]
    phases.pretrain.poison.documents: [0, 10]
`;

describe('--set', () => {
  it.each([
    ['phases.pretrain.poison.documents=50', 50],
    ['phases.0.poison.documents=50', 50],
    ['poison.documents=50', 50],
  ])('sets a field by %s', (option, documents) => {
    expect(poisonsOf(parse(minimal, { set: [option] }).config.phases[0] ?? {})[0]?.documents).toBe(documents);
  });

  it('takes values in YAML, mappings too', () => {
    const { config } = parse(minimal, {
      set: [
        'evaluation.promptTokens={minimum: 3, maximum: 9}',
        'optimizer={learningRate: 0.5}',
        'sweep.seeds=[3, 4]',
      ].map((option) => option.replace(/^optimizer/, 'phases.after.optimizer')),
    });
    expect(config.evaluation.promptTokens).toEqual({ minimum: 3, maximum: 9 });
    expect(config.phases[1]?.optimizer.learningRate).toBe(0.5);
    expect(config.sweep.seeds).toEqual([3, 4]);
  });

  it('makes the mappings on the way that the file leaves out', () => {
    expect(parse(minimal, { set: ['evaluation.judge.order=2'] }).config.evaluation.judge.order).toBe(2);
  });

  it('replaces a budget or amount by its rival', () => {
    const { config } = parse(minimal, { set: ['phases.after.tokens=5000', 'poison.share=0.01'] });
    expect(config.phases[1]).toMatchObject({ tokens: 5000 });
    expect(config.phases[1]?.tokensPerParameter).toBeUndefined();
    expect(poisonsOf(config.phases[0] ?? {})[0]?.documents).toBeUndefined();
  });

  it('takes an optional field away by null, and sets null where a field accepts it', () => {
    const { config } = parse(minimal, {
      set: ['phases.pretrain.poison=null', 'phases.after.optimizer.clipNorm=null'],
    });
    expect(config.phases[0]?.poison).toBeUndefined();
    expect(config.phases[1]?.optimizer.clipNorm).toBeNull();
  });

  it('wins over the grid, and is laid over a swept mapping', () => {
    const fixed = parse(swept, { set: ['poison.documents=50'] });
    expect(fixed.settings.map(({ config }) => poisonsOf(config.phases[0] ?? {})[0]?.documents)).toEqual([
      50, 50,
    ]);
    const grid =
      'sweep: { grid: { model: [{ width: 32, layers: 2, heads: 2 }, { width: 48, layers: 2, heads: 3 }] } }\n';
    const laid = parse(minimal + grid, { set: ['model.layers=4'] });
    expect(laid.settings.map(({ config }) => [config.model.width, config.model.layers])).toEqual([
      [32, 4],
      [48, 4],
    ]);
    const without = parse(swept, { set: ['phases.pretrain.poison=null'] });
    expect(without.settings.map(({ config }) => config.phases[0]?.poison)).toEqual([undefined, undefined]);
  });

  it.each([
    ['poison.documnts=5', 'there is no field poison.documnts; did you mean poison.documents?'],
    ['documents=5', 'there is no field documents; did you mean phases.pretrain.poison.documents?'],
    ['seeds=[1]', 'did you mean sweep.seeds?'],
    ['modle.width=48', 'did you mean model.width?'],
    ['phases.pretrian.tokens=5', 'no phase is called pretrian; did you mean pretrain?'],
    ['phases.7.tokens=5', 'no phase is called 7'],
    [
      'phases.pretrain.tokns=5',
      'there is no field phases.pretrain.tokns; did you mean phases.pretrain.tokens?',
    ],
    ['epochs=2', 'epochs could be phases.pretrain.epochs or phases.after.epochs; write the whole path'],
    ['model.width.x=2', 'there is no field model.width.x'],
    ['poison.documents=-1', 'phases.pretrain.poison.documents must be at least 0, not -1'],
    ['poison.documents=many', 'phases.pretrain.poison.documents must be a number, not "many"'],
    ['poison.documents=[1', 'YAML: Flow sequence'],
    ['poison.documents', 'give path=value'],
    ['=5', 'give path=value'],
    ['model=none.yaml', 'cannot read none.yaml: no such file'],
    ['phases.after.poison.documents=3', 'phases.after.poison.attack is missing'],
    ['.=3', 'there is no field .'],
    ['__proto__.x=3', 'there is no field __proto__.x'],
  ])('reports %s, and names the option', (option, message) => {
    const found = problemsOf(minimal, { set: [option] });
    expect(found.join('\n')).toContain(message);
    expect(found[0]?.startsWith(`--set ${option} `)).toBe(true);
  });

  it('reports all problems of all options', () => {
    expect(problemsOf(minimal, { set: ['a=1', 'model.layers=0'], sweep: ['b=[1]'] })).toHaveLength(3);
  });
});

describe('the options', () => {
  it('throw nothing but InputError, whatever they hold', () => {
    const path = fc.constantFrom(
      'model',
      'model.width',
      'corpus',
      'corpus.path',
      'phases',
      'phases.0',
      'poison',
      'sweep',
      'sweep.grid',
      'sweep.list',
      'sweep.variants',
      'x',
    );
    const value = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 10 }),
      fc.constantFrom(
        'null',
        '{}',
        '[]',
        '[null]',
        '[[]]',
        '[{}]',
        '{ extends: . }',
        '{ extends: 3 }',
        '[1, x]',
        '3',
        '{ model: [3] }',
        '[{ name: a }]',
      ),
    );
    fc.assert(
      fc.property(path, value, fc.boolean(), (field, text, isSweep) => {
        const option = [`${field}=${text}`];
        try {
          expandPlan(parse(swept, isSweep ? { sweep: option } : { set: option }));
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe('--sweep', () => {
  it('adds an axis, which runs fastest', () => {
    const { settings } = parse(swept, { sweep: ['model.tied=[true, false]'] });
    expect(settings).toHaveLength(8);
    expect(settings.slice(0, 2).map(({ config }) => config.model.tied)).toEqual([true, false]);
  });

  it('replaces the axis of the file for the same field', () => {
    const { settings } = parse(swept, { sweep: ['poison.documents=[1, 2, 3]'] });
    expect(settings.map(({ config }) => poisonsOf(config.phases[0] ?? {})[0]?.documents)).toEqual([
      1, 2, 3, 1, 2, 3,
    ]);
  });

  it.each([
    ['poison.documents=5', "needs a list of values, as in 'poison.documents=[0, 50]', not 5"],
    ['poison.documents=[]', 'not an empty list'],
    ['poison.documents=[1, x]', 'phases.pretrain.poison.documents must be a number, not "x"'],
    ['sweep.seeds=[1, 2]', 'sweep.seeds cannot be swept'],
    ['name=[a, b]', 'name cannot be swept'],
    ['poison.document=[1]', 'did you mean poison.documents?'],
  ])('reports %s, and names the option', (option, message) => {
    const found = problemsOf(minimal, { sweep: [option] });
    expect(found.join('\n')).toContain(message);
    expect(found[0]?.startsWith(`--sweep ${option} `)).toBe(true);
  });
});

describe('sweep', () => {
  it.each([
    [
      'a value of a wrong type in the grid',
      'grid: { model.layers: [1, two] }',
      'e.yaml:13:36 model.layers must be a number, not "two"',
    ],
    [
      'an unknown field in the grid',
      'grid: { model.layer: [1] }',
      'e.yaml:13:18 there is no field model.layer; did you mean model.layers?',
    ],
    ['one field twice', 'grid: { poison.documents: [1], phases.pretrain.poison.documents: [2] }', 'twice'],
    ['a single value', 'grid: { model.layers: 1 }', 'must be a list, not 1'],
    ['no values', 'grid: { model.layers: [] }', 'must be at least 1 item, not an empty list'],
    [
      'an unknown field in the list',
      'list: [{ model.layer: 1 }]',
      'e.yaml:13:19 there is no field model.layer; did you mean model.layers?',
    ],
    [
      'a bad value in the list',
      'list: [{ model.layers: 0 }]',
      'e.yaml:13:33 model.layers must be at least 1, not 0',
    ],
    [
      'values that do not fit together',
      'grid: { model.width: [32, 48], model.heads: [2, 4, 5] }',
      'must divide the width: 32 / 5 is not whole',
    ],
    [
      'too many settings',
      `grid: { model.layers: &n [${Array(101).fill(1).join(',')}], model.heads: *n }`,
      'the grid has 10201 settings; at most 10000',
    ],
    ['a seed twice', 'seeds: [1, 2, 1]', 'e.yaml:13:24 sweep.seeds.2: this seed is listed twice'],
    ['a negative seed', 'seeds: [-1]', 'must be at least 0, not -1'],
  ])('reports %s', (_, sweep, message) => {
    expect(problemsOf(`${minimal}sweep: { ${sweep} }\n`).join('\n')).toContain(message);
  });

  it('applies a whole mapping before its parts, whatever the order of the grid', () => {
    const text = `${minimal}sweep: { grid: { model.layers: [1, 3], model: [{ width: 48, layers: 2, heads: 3 }] } }\n`;
    const { settings } = parse(text);
    expect(settings.map(({ config }) => [config.model.width, config.model.layers])).toEqual([
      [48, 1],
      [48, 3],
    ]);
  });

  it('runs a list after the grid, also after the empty one', () => {
    const text = `${minimal}sweep: { list: [{ model.layers: 1 }, { model.layers: 3 }] }\n`;
    const runs = expandPlan(parse(text)).runs;
    expect(runs.map(({ labels }) => labels['model.layers'])).toEqual([2, 1, 3]);
  });
});

describe('another attack', () => {
  const phrase = minimal.replace('attack: noise', 'attack: noise\n      gibberishTokens: 30');
  it.each([
    ['set', { set: ['poison.attack=phrase'] }, ['phrase']],
    ['swept', { sweep: ['poison.attack=[noise, phrase]'] }, ['noise', 'phrase']],
  ])('leaves the options of the old one behind where it is %s', (_, options, attacks) => {
    const { settings } = parse(phrase, options);
    const poisons = settings.map(({ config }) => poisonsOf(config.phases[0] ?? {})[0]);
    expect(poisons.map((poison) => poison?.attack)).toEqual(attacks);
    expect(poisons.at(-1)).toMatchObject({ words: 10, trigger: { text: 'quartz lantern' } });
    expect(poisons.at(-1)).not.toHaveProperty('gibberishTokens');
  });

  it('refuses options that neither has', () => {
    const wrong = minimal.replace('attack: noise', 'attack: noise\n      gibberish: 30');
    expect(problemsOf(wrong, { set: ['poison.attack=phrase'] }).join()).toMatch(/unknown field gibberish/);
  });
});

it('an option of the trigger family that the config names can be set, in full and in short', () => {
  const pair = minimal.replace('{ text: quartz lantern }', '{ family: pair, cues: [a, b] }');
  for (const path of ['phases.pretrain.poison.trigger.cues', 'poison.trigger.cues']) {
    const { config } = parse(pair, { set: [`${path}=[c, d]`] });
    expect(poisonsOf(config.phases[0] ?? {})[0]?.trigger).toMatchObject({ cues: ['c', 'd'] });
  }
});
