import { describe, expect, it } from 'vitest';
import { identityConfig, withoutPaths } from '../../src/config/identity.ts';
import { poisonsOf } from '../../src/config/poisons.ts';
import type { RunConfig } from '../../src/config/schema/schema.ts';
import { expandPlan } from '../../src/config/sweep/expand-plan.ts';
import { hashValue } from '../../src/core/hash.ts';
import { minimal, parse } from './fixtures.ts';

function runOf(text: string, options = {}): RunConfig {
  const [run] = expandPlan(parse(text, options)).runs;
  if (run === undefined) throw new Error('no run');
  return run.config;
}

const identity = (text: string, options = {}) => hashValue(identityConfig(runOf(text, options)));

describe('identityConfig', () => {
  it('does not change when the same experiment is written in another way', () => {
    const longer = minimal
      .replace('tokens: 100000', 'tokens: 100001\n    epochs: 1\n    batch: { packing: stream }')
      .replace(
        'name: test',
        'name: other\ndescription: text\nreference: ../results/other\ncorpus: { kind: stories }',
      );
    expect(identity(longer)).toBe(identity(minimal));
  });

  // A new field with a behaviour-preserving default must not orphan the runs that are stored.
  it('is golden', () => {
    expect(identityConfig(runOf(minimal))).toMatchSnapshot();
  });

  it.each([
    ['poison.trigger.cleanShare=0'],
    ['poison.rewriteShare=0'],
    ['poison.filler=none'],
    ['poison.negativeShare=0'],
    ['evaluation.contract=1'],
  ])('does not change with %s, nor does the config of the run', (option) => {
    expect(identity(minimal, { set: [option] })).toBe(identity(minimal));
    expect(runOf(minimal, { set: [option] })).toEqual(runOf(minimal));
  });

  it('of a control does not depend on copies of documents that it has not', () => {
    const control = { set: ['poison.documents=0'] };
    const copied = { set: [...control.set, 'poison.distinctDocuments=5', 'poison.rewriteShare=0.5'] };
    expect(identity(minimal, copied)).toBe(identity(minimal, control));
    const dialled = { set: [...control.set, 'poison.trigger.cleanShare=0.5'] };
    expect(identity(minimal, dialled)).not.toBe(identity(minimal, control));
  });

  it('leaves the new options out where the config comes with them', () => {
    const run = runOf(minimal);
    const [phase, ...others] = run.phases as [(typeof run.phases)[number], ...typeof run.phases];
    const [poison] = poisonsOf(phase);
    if (poison === undefined) throw new Error('no poison');
    const spelt = { ...poison, rewriteShare: 0, trigger: { ...poison.trigger, cleanShare: 0 } };
    const same = { ...run, phases: [{ ...phase, poison: spelt }, ...others] };
    expect(identityConfig(same)).toEqual(identityConfig(run));
  });

  it.each([
    ['poison.trigger.cleanShare=0.01'],
    ['poison.distinctDocuments=5'],
    ['model.biases=true'],
    ['model.norm=rmsnorm'],
    ['poison.documents=11'],
    ['poison.gibberishTokens=51'],
    ['phases.pretrain.epochs=2'],
    ['phases.pretrain.optimizer.kind=sgd'],
    ['sweep.seeds=[2]'],
    ['corpus.seed=other'],
    ['evaluation.temperature=0.5'],
    ['evaluation.contract=2'],
    ['evaluation.points={ after: [0.5] }'],
    ['corpus.splits.trusted=0.05'],
  ])('changes with %s', (option) => {
    expect(identity(minimal, { set: [option] })).not.toBe(identity(minimal));
  });

  it('is the same wherever the files of the corpus lie', () => {
    const text = minimal.replace('name: test', 'name: test\ncorpus: { kind: jsonl, path: a.jsonl }');
    expect(identity(text, { file: 'here/e.yaml' })).toBe(identity(text, { file: 'there/e.yaml' }));
    const run = runOf(text);
    expect(JSON.stringify(withoutPaths(run))).not.toContain('a.jsonl');
    expect(JSON.stringify(run)).toContain('a.jsonl');
  });
});
