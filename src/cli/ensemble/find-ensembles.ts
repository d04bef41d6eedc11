// Which runs make an ensemble: those that differ in nothing but the part of the data that they were trained on.
import { dataParts, PARTITION } from '../../config/budget.ts';
import { plantedDocuments, poisonsOf, withPoisons } from '../../config/poisons.ts';
import type { PhaseConfig, RunConfig } from '../../config/schema/schema.ts';
import { canonicalJson } from '../../core/canonical-json.ts';
import { InputError } from '../../core/errors.ts';

/** A finished run with kept weights. */
export interface Member {
  readonly id: string;
  readonly config: RunConfig;
}

/** Members in the order of their parts. */
export interface EnsembleGroup {
  readonly members: readonly Member[];
  /** Documents planted in the data of all parts. */
  readonly planted: number;
  /** Members that learnt from poisoned data; the others are those of the same data without poison. Null: no attacker chose. */
  readonly targeted: number | null;
}

/** The part that a run was trained on, from 1; null: it was trained on all. */
export function partOfRun({ phases }: Pick<RunConfig, 'phases'>): number | null {
  const parts = phases.flatMap((phase) =>
    dataParts(phase) > 1 ? [phase.defend?.find(({ kind }) => kind === PARTITION)?.part] : [],
  );
  return typeof parts[0] === 'number' ? parts[0] : null;
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

/** The same without saying how much is planted. */
function attackOf(config: RunConfig): string {
  const phases = config.phases.map((phase) => {
    const poisons = poisonsOf(phase).map((own) => ({ ...own, documents: 0 }));
    return { ...withoutPart(phase), ...withPoisons(poisons) };
  });
  return canonicalJson({ ...config, phases });
}

/**
 * Why the votes of these members certify nothing; null: a document reaches one of them.
 * Every phase has to be divided: a phase that all members train on whole is one through which a document reaches all.
 */
export function whyUncertified(members: readonly Member[]): string | null {
  const [first] = members;
  if (first === undefined) return 'there are no members';
  const parts = members.map(({ config }) => partOfRun(config));
  const division = divisionOf(first.config);
  if (members.some(({ config }) => divisionOf(config) !== division))
    return 'they differ in more than their part of the data';
  if (first.config.phases.some((phase) => dataParts(phase) === 1))
    return 'a phase is trained on data that are not divided, so that a document of it reaches all members';
  if (new Set(parts).size < parts.length) return 'two of them were trained on the same part';
  return null;
}

/** All ensembles of a list of runs: groups of one division, each with all of its parts. */
export function findEnsembles(runs: readonly Member[]): EnsembleGroup[] {
  const groups = new Map<string, Member[]>();
  for (const run of runs)
    if (partOfRun(run.config) !== null) {
      const key = divisionOf(run.config);
      groups.set(key, [...(groups.get(key) ?? []), run]);
    }
  return [...groups.values()].flatMap((members) => {
    const sorted = members.sort((a, b) => (partOfRun(a.config) ?? 0) - (partOfRun(b.config) ?? 0));
    const parts = Math.max(...sorted.flatMap(({ config }) => config.phases.map(dataParts)));
    const [first] = sorted;
    if (first === undefined || sorted.length < parts) return [];
    return [{ members: sorted, planted: plantedDocuments(first.config.phases), targeted: null }];
  });
}

/**
 * The attacker who knows the division and puts all documents into the first parts: poisoned members there, and members of
 * the same data without poison in the others. Since a document reaches one member alone, no further run is needed.
 * @throws InputError where runs without poison are missing
 */
export function targetParts(ensembles: readonly EnsembleGroup[], targeted: number): EnsembleGroup[] {
  const keyOf = ({ members: [first] }: EnsembleGroup) => (first === undefined ? '' : attackOf(first.config));
  const clean = new Map(ensembles.filter(({ planted }) => planted === 0).map((own) => [keyOf(own), own]));
  return ensembles
    .filter(({ planted }) => planted > 0)
    .map(({ members, planted, ...own }) => {
      if (targeted > members.length)
        throw new InputError(`--targeted is ${targeted}, and an ensemble has ${members.length} members`);
      const control = clean.get(keyOf({ members, planted, ...own }));
      if (control === undefined)
        throw new InputError(
          '--targeted takes the members that are not poisoned from runs with 0 documents of the same seed: they are not in the store',
        );
      return {
        members: members.map((member, place) =>
          place < targeted ? member : (control.members[place] as Member),
        ),
        planted,
        targeted,
      };
    });
}
