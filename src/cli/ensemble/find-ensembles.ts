// Which runs make an ensemble: those that differ in nothing but the part of the data that they were trained on.
import { dataParts, PARTITION } from '../../config/budget.ts';
import { plantedDocuments, poisonsOf, withPoisons } from '../../config/poisons.ts';
import type { PhaseConfig, RunConfig } from '../../config/schema/schema.ts';
import { canonicalJson } from '../../core/canonical-json.ts';
import { InputError } from '../../core/errors.ts';
import type { StoredRun } from '../stored-runs.ts';

type Phases = Pick<RunConfig, 'phases'>;

/** Members in the order of their parts. */
export interface EnsembleGroup {
  readonly members: readonly StoredRun[];
  /** Documents planted in the data of all parts. */
  readonly planted: number;
  /**
   * Parts, from the first, that an attacker chose: members of the others are those of the same data without poison (all members
   * of the attacker's control are). Null: no attacker chose.
   */
  readonly targeted: number | null;
}

/** The parts that a run was trained on, from 1, one of each phase that is divided. */
function partsOfRun({ phases }: Phases): number[] {
  return phases.flatMap((phase) => {
    const part = phase.defend?.find(({ kind }) => kind === PARTITION)?.part;
    return dataParts(phase) > 1 && typeof part === 'number' ? [part] : [];
  });
}

/** Whether a run was trained on all of its data. */
export function isUndivided({ phases }: Phases): boolean {
  return phases.every((phase) => dataParts(phase) === 1);
}

/** Whether a run was trained on one part in one phase and on another in another: it is a member of no ensemble. */
export function hasMixedParts(config: Phases): boolean {
  return new Set(partsOfRun(config)).size > 1;
}

/** The part that a run was trained on in every phase that is divided, from 1; null: in none, or not the same in all. */
function partOfRun(config: Phases): number | null {
  return hasMixedParts(config) ? null : (partsOfRun(config)[0] ?? null);
}

function withoutPart(phase: PhaseConfig): PhaseConfig {
  if (dataParts(phase) === 1) return phase;
  const defend = (phase.defend ?? []).map((own) => (own.kind === PARTITION ? { ...own, part: 1 } : own));
  return { ...phase, defend };
}

/** What the members of an ensemble share. */
function divisionOf(config: RunConfig): string {
  return canonicalJson({ ...config, phases: config.phases.map(withoutPart) });
}

/** A config with one document of each poison and the first part: equal for runs that differ in these alone. */
export function withoutCounts(config: RunConfig): RunConfig {
  const phases = config.phases.map((phase) => {
    const poisons = poisonsOf(phase).map((own) => ({ ...own, documents: 1 }));
    return { ...withoutPart(phase), ...withPoisons(poisons) };
  });
  return { ...config, phases };
}

/** Why members of a targeted attack certify nothing, and others that were trained differently. */
export const DIFFERENT_DATA = 'they differ in more than their part of the data';

/**
 * Why the votes of these members certify nothing; null: a document reaches one of them.
 * Every phase has to be divided: a phase that all members train on whole is one through which a document reaches all.
 */
export function whyUncertified(members: readonly StoredRun[]): string | null {
  const [first] = members;
  if (first === undefined) return 'there are no members';
  const parts = members.map(({ config }) => partOfRun(config));
  const division = divisionOf(first.config);
  if (members.some(({ config }) => divisionOf(config) !== division)) return DIFFERENT_DATA;
  if (first.config.phases.some((phase) => dataParts(phase) === 1))
    return 'a phase is trained on data that are not divided, so that a document of it reaches all members';
  if (members.some(({ config }) => hasMixedParts(config)))
    return 'one of them was trained on different parts in different phases, so that a document of one of them can reach several members: a member has the same part in every phase';
  if (new Set(parts).size < parts.length) return 'two of them were trained on the same part';
  return null;
}

/** All ensembles of a list of runs: groups of one division, each with all of its parts. Runs of mixed parts are left out. */
export function findEnsembles(runs: readonly StoredRun[]): EnsembleGroup[] {
  const groups = new Map<string, StoredRun[]>();
  for (const run of runs)
    if (partOfRun(run.config) !== null) {
      const key = divisionOf(run.config);
      groups.set(key, [...(groups.get(key) ?? []), run]);
    }
  return [...groups.values()].flatMap((members) => {
    const sorted = members.sort((a, b) => (partOfRun(a.config) ?? 0) - (partOfRun(b.config) ?? 0));
    const parts = Math.max(...sorted.flatMap(({ config }) => config.phases.map(dataParts)));
    const [first] = sorted;
    const distinct = new Set(sorted.map(({ config }) => partOfRun(config)));
    if (first === undefined || distinct.size < parts || sorted.length > parts) return [];
    return [{ members: sorted, planted: plantedDocuments(first.config.phases), targeted: null }];
  });
}

/**
 * The attacker who knows the division and puts all documents into the first parts: poisoned members there, and members of
 * the same data without poison in the others. Since a document reaches one member alone, no further run is needed.
 * The ensembles without poison come along: they are the controls of this attacker too.
 * @throws InputError where runs with poison or without are missing
 */
export function targetParts(ensembles: readonly EnsembleGroup[], targeted: number): EnsembleGroup[] {
  if (ensembles.every(({ planted }) => planted === 0))
    throw new InputError(
      '--targeted poisons the first parts of an ensemble: the store holds none of this experiment with poisoned documents',
    );
  const keyOf = ({ members: [first] }: EnsembleGroup) =>
    first === undefined ? '' : canonicalJson(withoutCounts(first.config));
  const clean = new Map(ensembles.filter(({ planted }) => planted === 0).map((own) => [keyOf(own), own]));
  return ensembles.map((own) => {
    const { members } = own;
    if (targeted > members.length)
      throw new InputError(`--targeted is ${targeted}, and an ensemble has ${members.length} members`);
    const control = clean.get(keyOf(own));
    if (control === undefined)
      throw new InputError(
        '--targeted takes the members that are not poisoned from runs with 0 documents of the same seed: they are not in the store',
      );
    return {
      ...own,
      members: members.map((member, place) =>
        place < targeted ? member : (control.members[place] as StoredRun),
      ),
      targeted,
    };
  });
}
