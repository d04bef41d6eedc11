// `tinypoison plan`: the whole sweep as a list, with what it costs. Runs nothing.

import type { PlannedRun } from '../../config/sweep/expand-plan.ts';
import { inert } from '../../core/inert-text.ts';
import { describeEngines, type EngineDescription } from '../../kernels/choose-engine.ts';
import type { EngineOption } from '../../kernels/engine-names.ts';
import { defaultWorkers } from '../../run/run-experiment.ts';
import {
  absolutePath,
  type CommandContext,
  ExitCode,
  notify,
  parseInteger,
  print,
  printJson,
} from '../command-context.ts';
import { formatBytes, formatCount, formatDuration, plural } from '../format.ts';
import { type ExperimentFileOptions, openExperiment } from '../open-experiment.ts';
import { planNotes } from '../plan-notes.ts';
import { plannedMemory } from '../planned-memory.ts';
import { plannedTitle } from '../run-title.ts';
import { estimateMs, measuredSpeed } from '../speed.ts';
import { table } from '../terminal.ts';

export interface PlanOptions extends ExperimentFileOptions {
  readonly store: string;
  readonly workers?: string;
  readonly engine: EngineOption;
  readonly json?: boolean;
}

function poisonedDocuments({ config }: PlannedRun): number {
  return config.phases.reduce((sum, { poison }) => sum + (poison?.documents ?? 0), 0);
}

function fastestEngine(wanted: EngineOption): EngineDescription['name'] | 'tfjs' {
  if (wanted === 'tfjs') return wanted;
  const found = describeEngines().find(
    ({ name, available }) => available && (wanted === 'auto' || name === wanted),
  );
  return found?.name ?? 'wasm';
}

/** Prints the plan of an experiment. */
export function plan(file: string, options: PlanOptions, context: CommandContext): number {
  const opened = openExperiment(file, options, context);
  for (const note of planNotes(opened.plan)) notify(context, note);
  const { runs, duplicates, seeds, tokens, flops, name } = opened.plan;
  const workers =
    options.workers === undefined
      ? defaultWorkers(1)
      : parseInteger(options.workers, { name: '--workers', minimum: 1, maximum: 1024 });
  const engine = fastestEngine(options.engine);
  const speed = measuredSpeed(absolutePath(options.store, context), engine);
  const estimatedMs = estimateMs(
    runs.map((run) => run.flops),
    workers,
    speed,
  );
  const memoryBytes = plannedMemory();
  if (options.json) {
    const estimate = { engine, workers, estimatedMs: Math.round(estimatedMs), measuredOnRuns: speed.runs };
    const described = runs.map((run) => ({ ...run, memoryBytes: memoryBytes(run.config) }));
    printJson(context, { ...opened.plan, runs: described, estimate });
    return ExitCode.done;
  }
  const head = ['', 'run', 'parameters', 'tokens', 'poisoned documents', 'operations', 'memory'];
  const rows = runs.map((run) => [
    String(run.index + 1),
    inert(plannedTitle(run, seeds.length)),
    formatCount(run.parameters),
    formatCount(run.tokens),
    String(poisonedDocuments(run)),
    formatCount(run.flops),
    formatBytes(memoryBytes(run.config)),
  ]);
  const left = duplicates === 0 ? '' : ` (${plural(duplicates, 'duplicate')} left out)`;
  const basis =
    speed.runs === 0
      ? 'a guess: this store has no runs yet'
      : `from ${plural(speed.runs, 'run')} in this store`;
  print(
    context,
    `${name}: ${plural(runs.length, 'run')}${left}, ${formatCount(tokens)} tokens, ${formatCount(flops)} operations`,
    '',
    ...table([head, ...rows], [0, 2, 3, 4, 5, 6]),
    '',
    `About ${formatDuration(estimatedMs)} with ${plural(workers, 'worker')} and the ${engine} kernels (${basis}).`,
    'Nothing was run. `tinypoison run` with the same arguments does it.',
  );
  return ExitCode.done;
}
