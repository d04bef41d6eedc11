import { describe, expect, it } from 'vitest';
import { expandPlan } from '../../src/config/expand-plan.ts';
import { identityConfig, withoutPaths } from '../../src/config/identity.ts';
import type { RunConfig } from '../../src/config/schema.ts';
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
    ['model.biases=true'],
    ['model.norm=rmsnorm'],
    ['poison.documents=11'],
    ['poison.gibberishTokens=51'],
    ['phases.pretrain.epochs=2'],
    ['phases.pretrain.optimizer.kind=sgd'],
    ['sweep.seeds=[2]'],
    ['corpus.seed=other'],
    ['evaluation.temperature=0.5'],
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
