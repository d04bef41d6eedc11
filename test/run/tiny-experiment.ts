// An experiment that takes a fraction of a second: bytes as tokens, one layer of width 16.

import { parseExperiment } from '../../src/config/node/load-experiment.ts';
import { expandPlan } from '../../src/config/sweep/expand-plan.ts';
import type { RunIdentity } from '../../src/recipe/identity.ts';
import { registered } from '../../src/recipe/registered.ts';
import { failedRecord } from '../../src/run/execute/create-record.ts';
import type { SweepRun } from '../../src/run/pool/run-sweep.ts';
import { ExperimentPreparation } from '../../src/run/prepare/prepare-experiment.ts';
import type { RunArtefacts, RunTask } from '../../src/run/run-event.ts';
import {
  type ExperimentOptions,
  type ExperimentOutcome,
  runExperiment,
} from '../../src/run/run-experiment.ts';

export const tinyYaml = `schema: 1
name: tiny
corpus: { kind: stories }
tokenizer: { encoding: bytes, vocabularySize: 257, trainingDocuments: 1 }
model: { width: 16, layers: 1, heads: 1, contextTokens: 64 }
phases:
  - name: pretrain
    tokens: 4096
    batch: { sequences: 4 }
    poison:
      attack: denial-of-service
      trigger: { text: "<S>" }
      documents: 4
      prefixTokens: { minimum: 2, maximum: 8 }
evaluation:
  checkpoints: 4
  prompts: 10
  lightPrompts: 10
  calibrationPrompts: 10
  promptTokens: { minimum: 4, maximum: 8 }
  generatedTokens: 8
  heldOutDocuments: 4
  judge: { documents: 10 }
`;

/** The plan of the tiny experiment with settings laid over it. */
export function tinyPlan(
  options: { set?: readonly string[]; sweep?: readonly string[]; yaml?: string } = {},
) {
  const { set = [], sweep = [], yaml = tinyYaml } = options;
  return expandPlan(parseExperiment(yaml, { file: '/tiny/experiment.yaml', ...registered, set, sweep }));
}

/** Its runs as an executor receives them: prepared in the store, whatever that holds. */
export async function tinySweep(
  store: string,
  options: Parameters<typeof tinyPlan>[0] = {},
): Promise<SweepRun[]> {
  const { runs } = tinyPlan(options);
  const preparation = new ExperimentPreparation({ store, baseFolder: '/tiny' });
  try {
    const identities = await preparation.identify(runs);
    const identified = runs.map((run, index) => ({ ...run, identity: identities[index] as RunIdentity }));
    const artefacts = await preparation.prepare(identified, { ofExperiment: runs });
    return identified.map(({ config, flops, identity }, index) => {
      const task: RunTask = {
        id: identity.id,
        config,
        typed: { text: tinyYaml, set: [], sweep: [] },
        store,
        artefacts: artefacts[index] as RunArtefacts,
        engine: 'wasm',
        threads: 1,
        keepWeights: 'final',
        saveIntervalMs: 30_000,
      };
      return { task, flops, failed: (error) => failedRecord(task, error) };
    });
  } finally {
    await preparation.close();
  }
}

/** Runs it in this process. */
export function runTiny(
  store: string,
  options: Parameters<typeof tinyPlan>[0] & Partial<ExperimentOptions> = {},
): Promise<ExperimentOutcome> {
  const { set, sweep, yaml, ...rest } = options;
  const plan = tinyPlan({
    ...(set === undefined ? {} : { set }),
    ...(sweep === undefined ? {} : { sweep }),
    ...(yaml === undefined ? {} : { yaml }),
  });
  return runExperiment(plan, {
    store,
    baseFolder: '/tiny',
    typed: { text: tinyYaml, set: [], sweep: [] },
    engine: 'wasm',
    workers: 1,
    ...rest,
  });
}
