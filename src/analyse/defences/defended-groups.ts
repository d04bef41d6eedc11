// Groups of runs that differ in nothing but their defences: which undefended group stands beside which defended one.
import type { DefenceConfig, PhaseConfig, RunConfig } from '../../config/schema/schema.ts';
import { canonicalJson } from '../../core/canonical-json.ts';
import type { AnalysedGroup } from '../claims/contrasts.ts';
import type { Labels } from '../varying-labels.ts';

/** The defences of a run, by phase. */
export type DefenceSettings = readonly {
  readonly phase: string;
  readonly defend: readonly DefenceConfig[];
}[];

/** A defended group and the undefended one of the same attack. */
export interface DefendedPair {
  readonly own: AnalysedGroup;
  readonly base: AnalysedGroup;
}

/** Options in the order of their names: a config as written and a stored one give the same text. */
function inOrder(options: DefenceConfig): DefenceConfig {
  const fields = Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(fields) as DefenceConfig;
}

/** The defences of a config. */
export function defencesOf({ phases }: Pick<RunConfig, 'phases'>): DefenceSettings {
  return phases.flatMap(({ name, defend = [] }) =>
    defend.length === 0 ? [] : [{ phase: name, defend: defend.map(inOrder) }],
  );
}

const poisonedRuns = ({ group }: AnalysedGroup) => group.outcomes.filter(({ documents }) => documents > 0);

/** The defences of a group: it is one of the settings by which runs are divided into groups. */
export function groupDefences(group: AnalysedGroup): DefenceSettings {
  const [run] = [...poisonedRuns(group), ...group.group.outcomes];
  return run === undefined ? [] : defencesOf(run.record.config);
}

function withoutDefences(phase: PhaseConfig): Omit<PhaseConfig, 'defend'> {
  const { defend: _, ...rest } = phase;
  return rest;
}

/** What the poisoned runs of a group are without their defences, one text each. */
function undefendedConfigs(group: AnalysedGroup): Set<string> {
  const configs = poisonedRuns(group).map(({ record }) => record.config);
  return new Set(
    configs.map((config) => canonicalJson({ ...config, phases: config.phases.map(withoutDefences) })),
  );
}

/** Every defended group with the undefended group that has the same runs, but for the defence; others are left out. */
export function defendedPairs(groups: readonly AnalysedGroup[]): DefendedPair[] {
  const isDefended = (group: AnalysedGroup) => groupDefences(group).length > 0;
  const bases = groups
    .filter((group) => !isDefended(group))
    .map((group) => ({ group, configs: undefendedConfigs(group) }));
  return groups.filter(isDefended).flatMap((own) => {
    const configs = [...undefendedConfigs(own)];
    const { kind, span } = own.group;
    const base = bases.find(
      ({ group, configs: known }) =>
        group.group.kind === kind && group.group.span === span && configs.some((config) => known.has(config)),
    );
    return base === undefined ? [] : [{ own, base: base.group }];
  });
}

/** Labels of a group that are not about its defences. */
export function attackLabels({ group }: AnalysedGroup): Labels {
  return Object.fromEntries(
    Object.entries(group.labels).filter(([path]) => !/^phases\.[^.]+\.defend(\.|$)/.test(path)),
  );
}
