// Under which prompts a model is measured. Conditions are data: every record says what its own are; those of the
// first version, which say no more than their name, are known here and nowhere else.

/** Without a trigger, under the trigger, or under something that is like it. */
export type ConditionKind = 'none' | 'trigger' | 'near';

/** What a condition is. */
export interface ConditionInfo {
  /** Name in records. */
  readonly condition: string;
  readonly kind: ConditionKind;
  /** How far from the trigger: 0 for it, near triggers from 1, nearest first. */
  readonly grade: number;
  /** For figures and tables, in a few words. */
  readonly label: string;
}

const CLEAN: ConditionInfo = { condition: 'clean', kind: 'none', grade: 0, label: 'no trigger' };

/** Conditions whose records hold their name alone. */
const NAMED: readonly ConditionInfo[] = [
  { condition: 'trigger', kind: 'trigger', grade: 0, label: 'the trigger' },
  { condition: 'near-shared-prefix', kind: 'near', grade: 1, label: 'same beginning' },
  { condition: 'near-one-edit', kind: 'near', grade: 2, label: 'one edit away' },
  { condition: 'near-permuted', kind: 'near', grade: 3, label: 'words reordered' },
  { condition: 'near-same-length', kind: 'near', grade: 4, label: 'same length' },
  { condition: 'near-random', kind: 'near', grade: 5, label: 'random text' },
  CLEAN,
];

/** What a record says of its condition. */
export interface RecordedCondition {
  readonly condition: string;
  readonly kind?: ConditionKind;
  readonly grade?: number;
  readonly label?: string;
  /** Which of several poisons, by the phase that plants it; left out for the first. */
  readonly poison?: string;
}

/** Whether a condition's name alone says what it is. */
export function isNamedCondition(condition: string): boolean {
  return NAMED.some((known) => known.condition === condition);
}

/** What a condition is, from its record. */
export function conditionInfo(record: RecordedCondition): ConditionInfo {
  const { condition, kind, grade = 0, label = condition } = record;
  if (kind !== undefined) return { condition, kind, grade, label };
  return NAMED.find((known) => known.condition === condition) ?? { condition, kind: 'near', grade, label };
}

/** The part of a condition that its record has to hold: nothing where its name says it all. */
export function recordedCondition(info: ConditionInfo): RecordedCondition {
  const known = NAMED.find(({ condition }) => condition === info.condition);
  const isKnown = known?.kind === info.kind && known.grade === info.grade && known.label === info.label;
  return isKnown ? { condition: info.condition } : info;
}

const KINDS: readonly ConditionKind[] = ['trigger', 'near', 'none'];

/** The conditions of the first poison in some records, each once: the trigger, near triggers from the nearest, none. */
export function gradedConditions(records: Iterable<RecordedCondition>): ConditionInfo[] {
  const found = new Map<string, ConditionInfo>();
  for (const record of records)
    if (record.poison === undefined) found.set(record.condition, conditionInfo(record));
  return [...found.values()].sort(
    (a, b) =>
      KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) ||
      a.grade - b.grade ||
      (a.condition < b.condition ? -1 : 1),
  );
}
