// What a plan says of its defences beyond their price in time.
import { privacyInWords, privacyStatements } from '../analyse/defences/privacy.ts';
import type { PlannedRun } from '../config/sweep/expand-plan.ts';
import { shortCount } from '../core/format-number.ts';
import { defenceSchemas } from '../defend/registry.ts';

/** What models cost that defences judge documents with, and what noise of gradients proves: nothing without such defences. */
export function defenceLines(runs: readonly PlannedRun[]): string[] {
  const tokens = runs.reduce((sum, { scoringTokens = 0 }) => sum + scoringTokens, 0);
  const proved = runs.flatMap(({ config }) => privacyStatements(config, defenceSchemas).map(privacyInWords));
  return [
    ...(tokens === 0
      ? []
      : [
          `Of the operations, those for ${shortCount(tokens)} tokens train models that defences judge documents with; runs that differ in such a defence alone share one.`,
        ]),
    ...new Set(proved),
  ];
}
