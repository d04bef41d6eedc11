// What phases that runs of a sweep share save, and models that their defences judge documents with: they are trained once
// (run/execute/shared-base, run/execute/scoring-files).
import { identityConfig } from '../config/identity.ts';
import { repairTokens, scoredTokens, scoringPlaces } from '../config/scoring-tokens.ts';
import type { PlannedRun } from '../config/sweep/expand-plan.ts';
import { hashValue } from '../core/hash.ts';
import { defenceSchemas } from '../defend/registry.ts';
import type { RunIdentity } from '../recipe/identity.ts';
import { scoringConfigs, tokensOfModel } from '../recipe/scoring/scoring-models.ts';

/** A run of a plan, with its identity. */
export type IdentifiedRun = Pick<PlannedRun, 'config' | 'flops'> & {
  readonly identity: Pick<RunIdentity, 'contracts'>;
};

/** What the training of each phase but the last depends on, with those before it. */
function prefixKeys({ config, identity }: IdentifiedRun): string[] {
  const { phases, ...rest } = identityConfig(config) as { phases: readonly unknown[] };
  return config.phases
    .slice(0, -1)
    .map((_, phase) =>
      hashValue({ rest, phases: phases.slice(0, phase + 1), contracts: dataOf(identity.contracts) }),
    );
}

/** Contracts and contents, without the hashes of whole configs, in which runs of a sweep differ. */
function dataOf(contracts: RunIdentity['contracts']): Readonly<Record<string, string | number>> {
  const { trainingHash: _, evaluationHash: __, ...data } = contracts;
  return data;
}

type Phases = IdentifiedRun['config']['phases'];

const tokensOf = (phases: Phases) => phases.reduce((sum, phase) => sum + phase.tokens, 0);

/** Models that a run's defences judge documents with: what the weights of each depend on, and its tokens. */
function scoringModels({ config, identity }: IdentifiedRun): { key: string; tokens: number }[] {
  return scoringConfigs(config).map((model) => {
    const { evaluation: _, ...training } = identityConfig(model.config);
    const { optimizerSteps } = model;
    return {
      key: hashValue({ training, optimizerSteps, contracts: dataOf(identity.contracts) }),
      tokens: tokensOfModel(model),
    };
  });
}

/**
 * Floating-point operations of each run without the first phases, and the models that judge documents, that an earlier run of
 * the list has in common with it. Phases of runs that read other corpora later count as not shared, so this is never too low
 * by them.
 */
export function flopsBeyondShared(runs: readonly IdentifiedRun[]): number[] {
  const trained = new Set<string>();
  return runs.map((run) => {
    const { config } = run;
    const keys = prefixKeys(run);
    const shared = keys.filter((key) => trained.has(key)).length;
    const models = scoringModels(run);
    const saved = models.reduce((sum, { key, tokens }) => sum + (trained.has(key) ? tokens : 0), 0);
    for (const key of [...keys, ...models.map((own) => own.key)]) trained.add(key);
    const judged = models.reduce((sum, { tokens }) => sum + tokens, 0);
    // reading is a third of training, as in the plan
    const all =
      tokensOf(config.phases) +
      judged +
      scoredTokens(config, scoringPlaces(config, defenceSchemas)) / 3 +
      repairTokens(config, defenceSchemas);
    return run.flops * (1 - (tokensOf(config.phases.slice(0, shared)) + saved) / all);
  });
}
