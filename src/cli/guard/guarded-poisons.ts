// The poisons of a run, each measured by itself: its own prompts, its own dose, its own measure of success.
import { mainMeasure } from '../../analyse/success-measures.ts';
import { measuredPoisons, type NamedPoison } from '../../config/measured-poisons.ts';
import { placedPoisons, plantedDocuments, poisonsOf, withPoisons } from '../../config/poisons.ts';
import { measuredPart } from '../../config/schema/poison-options.ts';
import type { PoisonConfig, RunConfig } from '../../config/schema/schema.ts';
import { canonicalJson } from '../../core/canonical-json.ts';
import { conditionInfo } from '../../evaluate/conditions.ts';
import type { EvaluationSet } from '../../evaluate/evaluation-set.ts';
import type { RunRecord } from '../../run/record.ts';
import { withoutCounts } from '../ensemble/find-ensembles.ts';

/** What a model is measured with. */
export interface GuardedPoison {
  /** Null: the run has one poison, or none. */
  readonly name: string | null;
  /** Documents planted of it. */
  readonly documents: number;
  /** With prompts of this poison alone. */
  readonly set: EvaluationSet;
}

const isSame = (one: PoisonConfig, other: PoisonConfig): boolean =>
  canonicalJson(measuredPart(one)) === canonicalJson(measuredPart(other));

/** How much a run has of one of its poisons. */
interface PoisonCount extends NamedPoison {
  /** Documents, over the phases that plant it. */
  readonly documents: number;
  /** Paths of the config that say so. */
  readonly fields: readonly string[];
}

/** The poisons of a run with their counts. */
export function countsOf({ phases }: Pick<RunConfig, 'phases'>): PoisonCount[] {
  const plants = phases.flatMap((phase) =>
    placedPoisons<PoisonConfig>(phase).map(({ poison, place }) => ({
      poison,
      field: `phases.${phase.name}.poison${place === undefined ? '' : `.${place}`}.documents`,
    })),
  );
  return measuredPoisons(phases).map(({ name, poison }) => {
    const own = plants.filter((plant) => isSame(plant.poison, poison));
    const documents = own.reduce((sum, plant) => sum + plant.poison.documents, 0);
    return { name, poison, documents, fields: own.map(({ field }) => field) };
  });
}

/** A set for each poison of a run; one, where it has one or none. */
export function guardedPoisons(whole: EvaluationSet, { phases }: RunConfig): GuardedPoison[] {
  const { others = [], ...set } = whole;
  if (others.length === 0) return [{ name: null, documents: plantedDocuments(phases), set }];
  const clean = set.conditions.filter((own) => conditionInfo(own).kind === 'none');
  const sets = [
    set,
    ...others.map(({ name: _, poison, conditions, targetTokens }): EvaluationSet => {
      // Clean prompts are the first's, unless a payload has situations of its own.
      const hasClean = conditions.some((own) => conditionInfo(own).kind === 'none');
      return { ...set, poison, targetTokens, conditions: hasClean ? conditions : [...clean, ...conditions] };
    }),
  ];
  return countsOf({ phases }).map(({ name, documents }, place) => ({
    ...{ name, documents },
    set: sets[place] as EvaluationSet,
  }));
}

/** What success means for a poison, as the record of its run says it of the first. */
export function measureOfPoison(record: RunRecord, name: string | null, isFirst: boolean) {
  if (name === null || isFirst) return mainMeasure(record);
  const checkpoints = record.checkpoints.map((checkpoint) => ({
    ...checkpoint,
    conditions: checkpoint.conditions.flatMap(({ poison, ...own }) => (poison === name ? [own] : [])),
  }));
  return mainMeasure({ ...record, checkpoints });
}

/** A config with one document of a poison: equal for runs that differ in its count alone. @param name undefined: it has one poison */
export function withoutCount(config: RunConfig, name: string | undefined): RunConfig {
  if (name === undefined) return withoutCounts(config);
  const wanted = measuredPoisons(config.phases).find((own) => own.name === name)?.poison;
  const phases = config.phases.map((phase) => {
    const poisons = poisonsOf<PoisonConfig>(phase).map((own) =>
      wanted !== undefined && isSame(own, wanted) ? { ...own, documents: 1 } : own,
    );
    return { ...phase, ...withPoisons(poisons) };
  });
  return { ...config, phases };
}
