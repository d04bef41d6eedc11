// Results of an experiment: data files, report, and what the terminal shows at the end.
import type { RunRecord } from '../run/record.ts';
import type { CommandContext } from './command-context.ts';
import type { OpenedExperiment } from './open-experiment.ts';

/** What was written. */
export interface WrittenResults {
  /** For the terminal. */
  readonly lines: readonly string[];
  /** For `--json`. */
  readonly summary: Readonly<Record<string, unknown>>;
}

/** Writes results into a folder. */
export async function writeResults(options: {
  opened: OpenedExperiment;
  records: readonly RunRecord[];
  results: string;
  store: string;
  context: CommandContext;
}): Promise<WrittenResults> {
  return { lines: [`${options.records.length} runs`], summary: { results: options.results } };
}
