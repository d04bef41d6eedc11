// Divides an experiment into groups within which model size (or amount of data), poison count and seed are all
// that varies. Each gets its own curve and its own verdict.
import { log10, pow } from '../core/math.ts';
import type { RunOutcome } from './run-outcome.ts';
import { type Labels, varyingLabels } from './varying-labels.ts';

/** What dividing runs into groups reads of a run. */
export interface GroupMember extends Pick<RunOutcome, 'parameters' | 'tokens'> {
  readonly record: Pick<RunOutcome['record'], 'config'>;
}

/** Runs that differ only in size or data, count and seed. */
export interface Group<T extends GroupMember = RunOutcome> {
  /** Short, unique, fit for a file name. */
  readonly id: string;
  /** For people; empty if the experiment has one group only. */
  readonly title: string;
  /** ladder: model sizes, data in proportion; dilution: one size, several amounts of data. */
  readonly kind: 'ladder' | 'dilution';
  /** Which part of a grid of sizes and amounts of data; empty where the group is all of it. */
  readonly span: string;
  readonly labels: Labels;
  readonly outcomes: readonly T[];
}

/** Tokens per parameter to one significant digit and a half: sizes with equal budgets fall together. */
function budgetKey(outcome: GroupMember): string {
  const steps = Math.round(10 * log10(outcome.tokens / outcome.parameters));
  const ratio = pow(10, steps / 10);
  return ratio >= 10 ? String(Math.round(ratio)) : ratio.toFixed(1);
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const found = groups.get(key(item));
    if (found === undefined) groups.set(key(item), [item]);
    else found.push(item);
  }
  return groups;
}

function distinct<T extends string | number>(values: readonly T[]): T[] {
  return [...new Set(values)];
}

type Label = readonly [path: string, value: string];

/** `phases.pretrain.defend.0` and the option of that defence. */
const DEFENCE = /^phases\.([^.]+)\.defend\.(\d+)(?=\.)/;

/** `defended by onion (falsePositiveShare = 0.01)`: the labels of one defence, whose kind is among them. */
function describeDefence(labels: readonly Label[], kind: string, hasOnePhase: boolean): string {
  const [[path]] = labels;
  const [, phase = '', place = ''] = DEFENCE.exec(path) ?? [];
  const options = labels.filter(([own, value]) => !own.endsWith('.kind') && value !== '(none)');
  const details = options.map(([own, value]) => `${own.replace(DEFENCE, '').slice(1)} = ${value}`);
  const where = hasOnePhase ? '' : `${phase} `;
  // A list without its first has none at all; defences that all runs have stand before a further one.
  if (kind === '(none)') return `${where}${place === '0' ? 'undefended' : 'without a further defence'}`;
  return `${where}defended by ${kind}${details.length === 0 ? '' : ` (${details.join(', ')})`}`;
}

/** A setting that is one word in some runs and has parts in others is described by what a run has of the two. */
function isElsewhere([path, value]: Label, labels: readonly Label[]): boolean {
  const isKin = (other: string) => other.startsWith(`${path}.`) || path.startsWith(`${other}.`);
  return value === '(none)' && labels.some(([other, own]) => own !== '(none)' && isKin(other));
}

/** Settings as `path = value`, those of a defence together. */
function describeLabels(all: readonly Label[], hasOnePhase: boolean): string {
  const labels = all.filter((label) => !isElsewhere(label, all));
  const prefix = hasOnePhase ? /^phases\.[^.]+\./ : /^phases\./;
  const defenceOf = ([path]: Label) => DEFENCE.exec(path)?.[0];
  const kinds = new Map(
    labels.flatMap((label) => (label[0].endsWith('.kind') ? [[defenceOf(label), label[1]] as const] : [])),
  );
  const described = labels.map((label) => {
    const defence = defenceOf(label);
    const kind = defence === undefined ? undefined : kinds.get(defence);
    if (kind === undefined) return `${label[0].replace(prefix, '')} = ${label[1]}`;
    const own = labels.filter((other) => defenceOf(other) === defence);
    return describeDefence(own, kind, hasOnePhase);
  });
  const texts = distinct(described);
  const isUndefended = texts.some((text) => text.endsWith('undefended'));
  return texts.filter((text) => !isUndefended || !text.endsWith('without a further defence')).join(', ');
}

/** Labels in which a set differs from the first. */
export function differingLabels(own: Labels, base: Labels): [string, string][] {
  return Object.entries(own).filter(([path, value]) => base[path] !== value);
}

/** Above this many labels a title names only those that differ from the first set. */
const MOST_LABELS_IN_TITLE = 2;

/** Titles of sets of labels: by all labels, or by what is changed where each set is one change of the first. */
function titlesOf(sets: readonly Labels[], hasOnePhase: boolean): string[] {
  const [base = {}] = sets;
  const paths = Object.keys(base).length;
  const changes = sets.map((own) => differingLabels(own, base));
  const isOneAtATime = paths > 1 && changes.slice(1).every((own) => own.length === 1);
  if (!isOneAtATime && paths <= MOST_LABELS_IN_TITLE) {
    return sets.map((own) => describeLabels(Object.entries(own), hasOnePhase));
  }
  return changes.map((own) => (own.length === 0 ? 'base settings' : describeLabels(own, hasOnePhase)));
}

type Part<T extends GroupMember> = Pick<Group<T>, 'kind' | 'span' | 'outcomes'>;

/** One set of labels: ladders by tokens per parameter, and dilution series at each size that has several amounts. */
function splitByData<T extends GroupMember>(outcomes: readonly T[]): Part<T>[] {
  const bySize = groupBy(outcomes, (item) => String(item.parameters));
  const amounts = [...bySize.values()].map((runs) => distinct(runs.map((run) => run.tokens)).length);
  if (amounts.every((count) => count === 1)) return [{ kind: 'ladder', span: '', outcomes }];
  if (bySize.size === 1) return [{ kind: 'dilution', span: '', outcomes }];
  const parts: Part<T>[] = [];
  for (const [budget, runs] of groupBy(outcomes, budgetKey)) {
    if (distinct(runs.map((run) => run.parameters)).length < 2) continue;
    parts.push({ kind: 'ladder', span: `about ${budget} tokens per parameter`, outcomes: runs });
  }
  for (const runs of bySize.values()) {
    if (distinct(runs.map((run) => run.tokens)).length < 2) continue;
    parts.push({ kind: 'dilution', span: `${runs[0].parameters} parameters, data varied`, outcomes: runs });
  }
  return parts.length > 0 ? parts : [{ kind: 'ladder', span: '', outcomes }];
}

/** Runs that carry these labels; one without some label (a control without poison) belongs to all that it fits. */
function matches(own: Labels, labels: Labels): boolean {
  return Object.entries(own).every(([path, value]) => labels[path] === value);
}

/** The groups of an experiment, in order of their first run. @param stimuli fields that divide none */
export function groupOutcomes<T extends GroupMember>(
  outcomes: readonly T[],
  stimuli: readonly string[] = [],
): Group<T>[] {
  const labels = varyingLabels(
    outcomes.map((outcome) => outcome.record.config),
    stimuli,
  );
  const paths = Math.max(0, ...labels.map((own) => Object.keys(own).length));
  const whole = labels.filter((own) => Object.keys(own).length === paths);
  const sets = [...groupBy(whole, (own) => JSON.stringify(own)).values()].map(([own]) => own);
  const titles = titlesOf(
    sets,
    outcomes.every(({ record }) => record.config.phases.length === 1),
  );
  const groups: Omit<Group<T>, 'id'>[] = [];
  for (const [index, set] of sets.entries()) {
    const members = outcomes.filter((_, i) => matches(labels[i], set));
    for (const part of splitByData(members)) {
      const title = [titles[index], part.span].filter((text) => text !== '').join('; ');
      groups.push({ ...part, title, labels: set });
    }
  }
  return groups.map((group, i) => ({ ...group, id: groups.length === 1 ? 'all' : `group-${i + 1}` }));
}
