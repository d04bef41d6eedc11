// What is missing of a plan is run, and how it goes is shown.
import type { Plan, PlannedRun } from '../config/sweep/expand-plan.ts';
import { type ExperimentOptions, type ExperimentOutcome, runExperiment } from '../run/run-experiment.ts';
import { plannedTitle } from '../run/run-title.ts';
import type { CommandContext } from './command-context.ts';
import { createProgress } from './progress.ts';

/** What else may be said. */
export interface Shown {
  readonly onIdentified?: (ids: readonly string[], say: (text: string) => void) => void;
  /** What a run is called; default: by the fields that vary. */
  readonly titleOf?: (run: PlannedRun) => string;
}

/** Runs what is missing of a plan, or of a part of it, and shows how it goes. */
export async function runShown(
  part: Plan,
  options: ExperimentOptions & { readonly partOf: Plan },
  context: CommandContext,
  { onIdentified, titleOf }: Shown = {},
): Promise<ExperimentOutcome> {
  const seeds = options.partOf.seeds.length;
  const runs = part.runs.map((run) => ({
    title: titleOf?.(run) ?? plannedTitle(run, seeds),
    flops: run.flops,
  }));
  const progress = createProgress({ runs, output: context.err, live: context.live });
  const onInterrupt = () =>
    progress.say('Stopping: active runs save their state. Press Ctrl-C again to stop at once.');
  context.interrupt.addEventListener('abort', onInterrupt, { once: true });
  try {
    return await runExperiment(part, {
      ...options,
      stop: context.interrupt,
      onIdentified: (ids) => onIdentified?.(ids, progress.say),
      onEvent: progress.onEvent,
      onNotice: progress.say,
    });
  } finally {
    context.interrupt.removeEventListener('abort', onInterrupt);
    progress.close();
  }
}
