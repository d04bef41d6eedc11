import { relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseExperiment } from '../../src/config/node/load-experiment.ts';
import { selfContainedText } from '../../src/config/self-contained.ts';
import { expandPlan } from '../../src/config/sweep/expand-plan.ts';
import { attackSchemas } from '../../src/poison/attack-schemas.ts';
import { createFolder } from './fixtures.ts';

const text = `# why it is done
schema: 1
name: mine
corpus: { path: data/my.jsonl }
tokenizer: { vocabularySize: 512 }
model: { extends: small.yaml }
phases:
  - name: pretrain
    tokens: 400000
    poison: { extends: tinypoison:attacks/denial-of-service, documents: 25 }
  - name: after
    tokens: 20000
    corpus: { extends: other-corpus.yaml }
sweep:
  grid:
    model: [small.yaml, tinypoison:models/d48]
    poison.documents: [0, 25]
  variants:
    - { optimizer.learningRate: 0.02, phases.after.optimizer.learningRate: 0.02 }
  list:
    - { model: small.yaml, phases.pretrain.optimizer.beta2: 0.95, corpus.path: data/two.jsonl }
  seeds: [1, 2]
`.replace('optimizer.learningRate: 0.02, ', '');

const folder = createFolder({});
const files = {
  'small.yaml': 'width: 32\nlayers: 1\nheads: 2\n',
  'other-corpus.yaml': 'path: ../data/later.txt\n',
};

function planOf(yaml: string, file: string, options: { set?: string[]; sweep?: string[] } = {}) {
  const experiment = parseExperiment(yaml, { file, attacks: attackSchemas, ...options });
  return { experiment, runs: expandPlan(experiment).runs.map(({ config }) => config) };
}

/** The text from another folder, and its plan there. */
function moved(yaml: string, options: { set?: string[]; sweep?: string[] } = {}) {
  const home = createFolder(files);
  const target = resolve(folder, 'results', 'mine');
  const original = planOf(yaml, resolve(home, 'e.yaml'), options);
  const written = selfContainedText(original.experiment, {
    relocate: (path, from) => relative(target, resolve(from, path)),
    origin: ['from\nelsewhere'],
  });
  return { original, written, again: planOf(written, resolve(target, 'config.yaml')) };
}

describe('a config that stands by itself', () => {
  it.each([
    ['as written', {}],
    ['with a field set', { set: ['poison.trigger.text=<S>', 'sweep.seeds=[3]'] }],
    ['with a field set inside a swept mapping', { set: ['model.layers=2'] }],
    ['with a swept field set', { set: ['poison.documents=5', 'model=tinypoison:models/d24'] }],
    ['with another axis', { sweep: ['model.width=[48, 96]', 'poison.documents=[1, 2, 3]'] }],
    ['with another attack', { sweep: ['phases.pretrain.poison.attack=[denial-of-service, target-phrase]'] }],
    ['with a field taken away', { set: ['phases.after.corpus=null', 'sweep.grid={}', 'sweep.list=[]'] }],
    ['with a share for a count', { sweep: ['poison.share=[0, 0.01]'], set: ['sweep.variants=[]'] }],
  ])('gives the same runs from another folder: %s', (_, options) => {
    const { original, written, again } = moved(text, options);
    expect(again.runs).toEqual(original.runs);
    expect(written).not.toMatch(/extends|tinypoison:/);
    expect(written.split('\n')[0]).toBe('# from elsewhere');
  });

  it('is kept as typed, comments and all, where that stands by itself, and so written out once', () => {
    const plain =
      '# why\nschema: 1\nname: plain\nmodel: { width: 16, layers: 1, heads: 1 }\nphases: [{ name: p, tokens: 5000 }]\n';
    expect(moved(plain).written).toBe(plain);
    const { written, again } = moved(text, { set: ['model.layers=2'] });
    const twice = selfContainedText(again.experiment, { relocate: (path) => path, origin: ['no'] });
    expect(twice).toBe(written);
  });
});
