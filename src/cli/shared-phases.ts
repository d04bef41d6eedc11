// What phases that runs of a sweep share save: they are trained once (run/execute/shared-base).
import { identityConfig } from '../config/identity.ts';
import type { PlannedRun } from '../config/sweep/expand-plan.ts';
import { hashValue } from '../core/hash.ts';
import type { RunIdentity } from '../recipe/identity.ts';

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

/**
 * Floating-point operations of each run without the first phases that an earlier run of the list has in common with it. Phases
 * of runs that read other corpora later count as not shared, so this is never too low by them.
 */
export function flopsBeyondShared(runs: readonly IdentifiedRun[]): number[] {
  const trained = new Set<string>();
  return runs.map((run) => {
    const { phases } = run.config;
    const keys = prefixKeys(run);
    const shared = keys.filter((key) => trained.has(key)).length;
    for (const key of keys) trained.add(key);
    const tokens = (list: typeof phases) => list.reduce((sum, phase) => sum + phase.tokens, 0);
    return run.flops * (1 - tokens(phases.slice(0, shared)) / tokens(phases));
  });
}
