import { describe, expect, test } from 'vitest';
import type { RunConfig } from '../../src/config/schema/schema.ts';
import { identifyRun } from '../../src/recipe/identity.ts';
import { tinyPlan, tinyYaml } from './tiny-experiment.ts';

const contentHash = () => 'the content';
const configOf = (set: readonly string[] = [], yaml = tinyYaml) =>
  tinyPlan({ set, yaml }).runs[0]?.config as RunConfig;
const identify = (set: readonly string[] = []) => identifyRun(configOf(set), contentHash);

describe('the identity of a run', () => {
  test('is the same for the same config', () => {
    expect(identify()).toEqual(identify());
    expect(identify().id).toMatch(/^[0-9a-f]{64}$/);
  });

  test.each([
    ['sweep.seeds=[2]'],
    ['phases.pretrain.poison.documents=5'],
    ['phases.pretrain.optimizer.learningRate=0.02'],
    ['corpus.seed=other'],
  ])('changes with %s, and so does what its weights depend on', (setting) => {
    expect(identify([setting]).id).not.toBe(identify().id);
    expect(identify([setting]).contracts.trainingHash).not.toBe(identify().contracts.trainingHash);
  });

  test('changes with the evaluation, but not what its weights depend on', () => {
    const changed = identify(['evaluation.prompts=20']);
    expect(changed.id).not.toBe(identify().id);
    expect(changed.contracts.trainingHash).toBe(identify().contracts.trainingHash);
    expect(changed.contracts.evaluationHash).not.toBe(identify().contracts.evaluationHash);
  });

  test('changes with the content of its corpus, not with the place of the file', () => {
    const at = (path: string) =>
      configOf([], tinyYaml.replace('corpus: { kind: stories }', `corpus: { kind: jsonl, path: ${path} }`));
    expect(identifyRun(at('/a.jsonl'), contentHash).id).toBe(identifyRun(at('/b/c.jsonl'), contentHash).id);
    expect(identifyRun(at('/a.jsonl'), () => 'other').id).not.toBe(
      identifyRun(at('/a.jsonl'), contentHash).id,
    );
  });
});
