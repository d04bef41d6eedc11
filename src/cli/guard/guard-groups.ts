// Runs that differ in their seed alone, together: means over seeds with intervals.
import { type SeedEstimate, seedEstimate } from '../../analyse/statistics/student-interval.ts';
import { varyingLabels } from '../../analyse/varying-labels.ts';
import type { RunConfig } from '../../config/schema/schema.ts';
import { canonicalJson } from '../../core/canonical-json.ts';
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

/** What sets some configs apart besides count and size, as text; empty where nothing does. */
export function settingsOf(configs: readonly RunConfig[]): string[] {
  return varyingLabels(configs).map((labels) =>
    Object.entries(labels)
      .map(([path, value]) => `${path} = ${value}`)
      .join(', '),
  );
}

/** A setting with the poison that is measured, where a run has several. */
export function withPoisonName(setting: string, poison: string | undefined): string {
  return [setting, ...(poison === undefined ? [] : [`poison = ${poison}`])].filter(Boolean).join(', ');
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
  const settings = settingsOf(found.map(({ config }) => config));
  return found.flatMap(({ all }, place) => {
    const [first] = all;
    const setting = withPoisonName(settings[place] as string, first?.poison);
    return (first?.uses ?? []).map(({ defence }, row) => ({
      ...{ setting, documents: first?.documents ?? 0, defence },
      over: summarise(all.map(({ uses }) => uses[row] as GuardedUse)),
    }));
  });
}
