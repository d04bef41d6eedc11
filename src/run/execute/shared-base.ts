// Bases that runs of a sweep share: runs whose first phases are the same, and are measured alike, train these once. What
// is kept is the saved state of a run at the end of such a phase, so that a run goes on from it as it would from its own:
// with the bits of a run that shares nothing.
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { identityConfig } from '../../config/identity.ts';
import { poisonsOf } from '../../config/poisons.ts';
import { InputError } from '../../core/errors.ts';
import { hashValue } from '../../core/hash.ts';
import { writeFileAtomic } from '../../core/node/atomic-file.ts';
import type { RunTask } from '../run-event.ts';
import { arithmeticOf } from './model-source.ts';
import { decodeSavedRun, encodeSavedRun, type SavedRun } from './run-files.ts';

/** The end of a phase that runs share. */
export interface SharedBase {
  /** Index of the last phase that is shared, from 0. */
  readonly phase: number;
  /** SHA-256 of all that the state at its end depends on. */
  readonly key: string;
}

/** File of a base. */
export function baseFile(store: string, { key }: Pick<SharedBase, 'key'>): string {
  return join(store, 'cache', 'bases', `${key}.state`);
}

/** What the state of a run after each of its phases but the last depends on, as hashes. */
function keysOf({ config, artefacts, engine }: Pick<RunTask, 'config' | 'artefacts' | 'engine'>): string[] {
  const { phases, ...rest } = identityConfig(config) as { phases: readonly unknown[] };
  const { contracts } = artefacts;
  const versions = Object.entries(contracts).filter(([, version]) => typeof version === 'number');
  return config.phases.slice(0, -1).map((_, phase) =>
    hashValue({
      ...{ rest, versions, arithmetic: arithmeticOf(engine), base: contracts.baseHash ?? null },
      phases: phases.slice(0, phase + 1),
      artefacts: {
        vocabulary: artefacts.vocabulary,
        evaluation: artefacts.evaluation,
        phases: artefacts.phases.slice(0, phase + 1),
      },
      // Records count by poison as soon as any phase has several.
      countsByPoison: config.phases.some((own) => poisonsOf(own).length > 1),
    }),
  );
}

/** By task, the ends of phases that it shares with another one, the earliest first. */
export function sharedBases(
  tasks: readonly Pick<RunTask, 'config' | 'artefacts' | 'engine' | 'id'>[],
): SharedBase[][] {
  const keys = tasks.map(keysOf);
  const users = new Map<string, Set<string>>();
  for (const [place, own] of keys.entries())
    for (const key of own)
      users.set(key, (users.get(key) ?? new Set()).add((tasks[place] as { id: string }).id));
  return keys.map((own) =>
    own.map((key, phase) => ({ phase, key })).filter(({ key }) => (users.get(key)?.size ?? 0) > 1),
  );
}

/** The state after the last shared phase that was trained before; null: none is there, or it is damaged. */
export function loadBase({ store, bases = [] }: RunTask): (SavedRun & { readonly key: string }) | null {
  for (const base of bases.toReversed()) {
    const path = baseFile(store, base);
    if (!existsSync(path)) continue;
    try {
      const saved = decodeSavedRun(path);
      // The time that another run took is not this one's.
      if (saved.phase === base.phase)
        return { ...saved, journal: { ...saved.journal, spentMs: 0 }, key: base.key };
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
    }
    rmSync(path, { force: true });
  }
  return null;
}

/** Keeps the state at the end of a phase, where other runs share it. */
export function saveBase(
  { store, bases = [] }: RunTask,
  { phase, save }: { phase: number; save: () => SavedRun },
): void {
  const base = bases.find((own) => own.phase === phase);
  if (base === undefined) return;
  const path = baseFile(store, base);
  if (!existsSync(path)) writeFileAtomic(path, encodeSavedRun(save()));
}
