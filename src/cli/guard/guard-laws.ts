// How many documents an attacker needs against each defence at inference: P50, and R beside the same runs undefended.

import { dataTokens } from '../../config/budget.ts';
import { countParameters } from '../../config/count-parameters.ts';
import type { RunConfig } from '../../config/schema/schema.ts';
import { canonicalJson } from '../../core/canonical-json.ts';
import { randomStream } from '../../core/random.ts';
import { type DoseCurve, type HalfSuccessLaw, halfSuccessLaw } from '../half-success-law.ts';
import type { GuardedRun } from './guard-groups.ts';
import { settingsOf } from './guard-groups.ts';
import { withoutCount } from './guarded-poisons.ts';

/** P50 and R of one defence. */
export interface GuardLaw extends HalfSuccessLaw {
  readonly setting: string;
  readonly defence: string;
}

/** Runs that differ in the count of one poison and in their seed alone. */
interface Line {
  readonly config: RunConfig;
  readonly all: GuardedRun[];
}

function curveOf({ config, all }: Line, { name, row }: { name: string; row: number }): DoseCurve {
  const { model, tokenizer, evaluation, phases } = config;
  return {
    name,
    parameters: countParameters(model, tokenizer.vocabularySize),
    dataTokens: phases.reduce((sum, phase) => sum + dataTokens(phase), 0),
    points: all.map(({ seed, documents, uses }) => ({
      ...{ seed, documents, prompts: evaluation.prompts },
      success: uses[row]?.success ?? null,
    })),
  };
}

/** Half success of each line with two counts of poisoned documents or more; the first use is the undefended one. */
export function guardLaws(
  runs: readonly { readonly config: RunConfig; readonly measured: GuardedRun }[],
): GuardLaw[] {
  const lines = new Map<string, Line>();
  for (const { config, measured } of runs) {
    const own = { ...withoutCount(config, measured.poison), seed: 0 };
    const key = canonicalJson([own, measured.poison ?? null]);
    const line = lines.get(key) ?? { config: own, all: [] };
    line.all.push(measured);
    lines.set(key, line);
  }
  const found = [...lines.values()];
  // Of the lines of each poison by themselves: the count of another is a setting, its own is not.
  const settings = new Map<Line, string>();
  for (const poison of new Set(found.map(({ all }) => all[0]?.poison))) {
    const own = found.filter(({ all }) => all[0]?.poison === poison);
    for (const [place, text] of settingsOf(own.map(({ config }) => ({ config, poison }))).entries())
      settings.set(own[place] as Line, text);
  }
  return found.flatMap((line) => {
    const counts = new Set(line.all.map(({ documents }) => documents).filter((count) => count > 0));
    if (counts.size < 2) return [];
    const setting = settings.get(line) as string;
    const curves = (line.all[0]?.uses ?? []).map(({ defence }, row) => ({
      defence,
      curve: curveOf(line, { name: `${setting}: ${defence}`, row }),
    }));
    return curves.flatMap(({ defence, curve }, row) => {
      const base = row === 0 ? null : (curves[0]?.curve ?? null);
      const law = halfSuccessLaw(curve, base, (purpose) => randomStream('guard', purpose));
      return law === null ? [] : [{ setting, defence, ...law }];
    });
  });
}
