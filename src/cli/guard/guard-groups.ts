// Runs that differ in their seed alone, together: means over seeds with intervals.
import { type SeedEstimate, seedEstimate } from '../../analyse/statistics/student-interval.ts';
import { type Labels, varyingLabels } from '../../analyse/varying-labels.ts';
import type { RunConfig } from '../../config/schema/schema.ts';
import { canonicalJson } from '../../core/canonical-json.ts';
import { plural } from '../format.ts';
import { countsOf } from './guarded-poisons.ts';
import type { GuardedUse } from './measure-guard.ts';

/** What was measured of a run. */
export interface GuardedRun {
  readonly run: string;
  readonly seed: number;
  /** Whose trigger it is measured with, where the run has several poisons. */
  readonly poison?: string;
  /** Documents planted of that poison. */
  readonly documents: number;
  readonly reference: { readonly of: string; readonly tokens: number | null; readonly passes: number | null };
  readonly uses: readonly GuardedUse[];
}

/** What is averaged over seeds. */
const QUANTITIES = {
  success: ({ success }: GuardedUse) => success,
  withoutTrigger: ({ withoutTrigger }: GuardedUse) => withoutTrigger,
  cleanLossNats: ({ cleanLossNats }: GuardedUse) => cleanLossNats,
  changedClean: ({ changedClean }: GuardedUse) => changedClean,
  changedTriggered: ({ changedTriggered }: GuardedUse) => changedTriggered,
  auroc: ({ detection }: GuardedUse) => detection?.auroc ?? null,
  caughtAtOneInHundred: ({ detection }: GuardedUse) => detection?.caughtAtOneInHundred ?? null,
} as const;

/** One defence over the seeds of a setting. */
export interface GuardSummary {
  readonly setting: string;
  readonly documents: number;
  readonly defence: string;
  /** Student's intervals over seeds, from five on; null where it was not measured in every run. */
  readonly over: Readonly<Record<keyof typeof QUANTITIES, SeedEstimate | null>>;
}

function summarise(uses: readonly GuardedUse[]): GuardSummary['over'] {
  const over = (of: (use: GuardedUse) => number | null): SeedEstimate | null => {
    const values = uses.map(of);
    return values.some((value) => value === null)
      ? null
      : seedEstimate(values.filter((value) => value !== null));
  };
  const { success, withoutTrigger, cleanLossNats, changedClean, changedTriggered } = QUANTITIES;
  return {
    success: over(success),
    withoutTrigger: over(withoutTrigger),
    cleanLossNats: over(cleanLossNats),
    changedClean: over(changedClean),
    changedTriggered: over(changedTriggered),
    auroc: over(QUANTITIES.auroc),
    caughtAtOneInHundred: over(QUANTITIES.caughtAtOneInHundred),
  };
}

/** A config, and the poison that is measured where it has several. */
interface Measured {
  readonly config: RunConfig;
  readonly poison: string | undefined;
}

/** Counts of the poisons that are not measured, where they vary among what the same poison is measured of and no label tells them. */
function otherCounts(lines: readonly Measured[], labels: readonly Labels[]): string[][] {
  const told = new Set(labels.flatMap((own) => Object.keys(own)));
  const counts = lines.map(({ config }) => countsOf(config));
  return lines.map(({ poison }, place) => {
    const alike = counts.filter((_, other) => lines[other]?.poison === poison);
    return (counts[place] ?? []).flatMap(({ name, documents, fields }) => {
      if (poison === undefined || name === poison || fields.some((field) => told.has(field))) return [];
      const all = alike.map((own) => own.find((count) => count.name === name)?.documents);
      return new Set(all).size > 1 ? [`${name}: ${plural(documents, 'document')}`] : [];
    });
  });
}

/** What sets them apart besides size and the count of the poison that is measured, as text; empty where nothing does. */
export function settingsOf(lines: readonly Measured[]): string[] {
  const labels = varyingLabels(lines.map(({ config }) => config));
  const others = otherCounts(lines, labels);
  return lines.map(({ poison }, place) =>
    [
      ...Object.entries(labels[place] ?? {}).map(([path, value]) => `${path} = ${value}`),
      ...(others[place] ?? []),
      ...(poison === undefined ? [] : [`poison = ${poison}`]),
    ].join(', '),
  );
}

/** Groups runs by all but their seed, in the order of the first of each. */
export function summariseGuards(
  runs: readonly { readonly config: RunConfig; readonly measured: GuardedRun }[],
): GuardSummary[] {
  const groups = new Map<string, { config: RunConfig; all: GuardedRun[] }>();
  for (const { config, measured } of runs) {
    const key = canonicalJson([{ ...config, seed: 0 }, measured.poison ?? null]);
    const group = groups.get(key) ?? { config: { ...config, seed: 0 }, all: [] };
    group.all.push(measured);
    groups.set(key, group);
  }
  const found = [...groups.values()];
  const settings = settingsOf(found.map(({ config, all }) => ({ config, poison: all[0]?.poison })));
  return found.flatMap(({ all }, place) => {
    const [first] = all;
    const setting = settings[place] as string;
    return (first?.uses ?? []).map(({ defence }, row) => ({
      ...{ setting, documents: first?.documents ?? 0, defence },
      over: summarise(all.map(({ uses }) => uses[row] as GuardedUse)),
    }));
  });
}
