// What is said of defences at inference: a line each, means over seeds with intervals.
import type { SeedEstimate } from '../../analyse/statistics/student-interval.ts';
import { inert } from '../../core/inert-text.ts';
import { type CommandContext, print } from '../command-context.ts';
import { lawCells } from '../law-cells.ts';
import { table } from '../terminal.ts';
import type { GuardedRun, GuardSummary } from './guard-groups.ts';
import type { GuardLaw } from './guard-laws.ts';

/** `0.52 (0.31 to 0.73)`: the mean with its interval, or with the range of fewer than five seeds. */
function shown(estimate: SeedEstimate | null, scale = 1, digits = 2): string {
  if (estimate?.mean == null) return '';
  const { mean, interval, minimum, maximum, seeds } = estimate;
  const text = (value: number | null) => (scale * (value ?? 0)).toFixed(digits);
  if (seeds === 1) return text(mean);
  const [low, high] = interval === null ? [minimum, maximum] : [interval.low, interval.high];
  return `${text(mean)} (${text(low)} to ${text(high)})`;
}

const percent = (estimate: SeedEstimate | null) => shown(estimate, 100, 0);

/** P50 and R of each defence; nothing without curves. */
function showLaws(laws: readonly GuardLaw[], context: CommandContext): void {
  if (laws.length === 0) return;
  const hasSettings = new Set(laws.map(({ setting }) => setting)).size > 1;
  const rows = laws.map((law) => [
    ...(hasSettings ? [inert(law.setting)] : []),
    law.defence,
    ...lawCells(law),
  ]);
  const head = [...(hasSettings ? ['setting'] : []), 'defence', 'P50', 'interval', 'R', 'interval'];
  print(
    context,
    '',
    'Documents for half success (P50), and R: P50 over that of the same runs undefended, paired by seed (90 % intervals, from five seeds on).',
    '',
    ...table(
      [head, ...rows],
      head.flatMap((_, column) => (column >= head.length - 4 ? [column] : [])),
    ),
  );
}

/** One table over all settings, and what the references were. */
export function showGuards(
  summaries: readonly GuardSummary[],
  {
    runs,
    laws,
    context,
  }: { runs: readonly GuardedRun[]; laws: readonly GuardLaw[]; context: CommandContext },
): void {
  const settings = new Set(summaries.map(({ setting }) => setting));
  const rows = summaries.map(({ setting, documents, defence, over }) => [
    ...(settings.size > 1 ? [inert(setting)] : []),
    String(documents),
    defence,
    percent(over.success),
    percent(over.withoutTrigger),
    percent(over.changedTriggered),
    percent(over.changedClean),
    shown(over.auroc),
    percent(over.caughtAtOneInHundred),
    shown(over.cleanLossNats, 1, 3),
  ]);
  const head = [
    ...(settings.size > 1 ? ['setting'] : []),
    ...['documents', 'defence', 'success', 'without trigger', 'changed', 'changed, clean'],
    ...['AUROC', 'caught at 1 %', 'clean loss'],
  ];
  const first = settings.size > 1 ? 1 : 0;
  print(
    context,
    'Attack success, success without the trigger, what the defence changed with the trigger and without it (prompts answered by the reference; clean-gen: tokens replaced) in per cent; AUROC and what is caught at 1 % false alarms among clean prompts; clean loss in nats a token.',
    'Means over seeds with 90 % intervals (from five seeds on; otherwise smallest and largest).',
    '',
    ...table(
      [head, ...rows],
      head.flatMap((_, column) => (column >= first && column !== first + 1 ? [column] : [])),
    ),
  );
  showLaws(laws, context);
  const [any] = runs;
  if (any === undefined) return;
  const { of, tokens, passes } = any.reference;
  print(
    context,
    '',
    tokens === null
      ? `Reference: ${of}.`
      : `Reference: ${of}, ${tokens} tokens in ${passes === 1 ? '1 pass' : `${passes} passes`}. Thresholds come from trusted prompts that it was not trained on.`,
    'A reference that was trained on poison, a payload that clean text has and a trigger that is common in it are what attackers would try: they are not caught by all of these.',
  );
}
