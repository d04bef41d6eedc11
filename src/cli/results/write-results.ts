// Results of an experiment: data files, report, and what the terminal shows at the end.
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Analysis } from '../../analyse/analyse-experiment.ts';
import type { Environment, ExperimentRecords } from '../../analyse/experiment-records.ts';
import { planOfRecords } from '../../analyse/plan-of-records.ts';
import type { Plan } from '../../config/sweep/expand-plan.ts';
import { inert } from '../../core/inert-text.ts';
import { CONFIG_FILE, checkResults } from '../../report/checksums.ts';
import { REFERENCE_FILE } from '../../report/reference.ts';
import { sourceRevision } from '../../run/execute/source-version.ts';
import type { RunRecord } from '../../run/record.ts';
import { ifReadable, readProvenance } from '../../run/store/read-run-file.ts';
import { planOfResults } from '../../verify/planned-records.ts';
import { readResultsFolder } from '../../verify/results-folder.ts';
import { type CommandContext, programVersion } from '../command-context.ts';
import type { OpenedExperiment } from '../open-experiment.ts';
import { movedConfig, resultsConfig } from './results-config.ts';

/** What was written. */
export interface WrittenResults {
  /** For the terminal. */
  readonly lines: readonly string[];
  /** For `--json`. */
  readonly summary: Readonly<Record<string, unknown>>;
  readonly analysis: Analysis;
}

/** The engines that did the runs, as text; those of other machines too. */
function enginesOf(records: readonly RunRecord[], store: string): string {
  const engines = records.flatMap(({ id }) => {
    const provenance = ifReadable(() => readProvenance(store, id));
    return provenance === null ? [] : [provenance.engine];
  });
  return [...new Set(engines)].sort().join('; ') || 'unknown';
}

async function describeEnvironment(records: readonly RunRecord[], store: string): Promise<Environment> {
  return {
    version: programVersion(),
    node: process.version,
    engine: enginesOf(records, store),
    revision: (await sourceRevision())?.commit ?? null,
    platform: `${process.platform} ${process.arch}`,
  };
}

/** A path as short as it can be said from a folder. */
export function shortPath(path: string, folder: string): string {
  const short = relative(folder, path);
  if (short === '') return '.';
  return short.startsWith('../..') ? path : short;
}

/** Writes data files, the config as typed, and the report into a folder. */
export async function writeResults(options: {
  experiment: ExperimentRecords;
  results: string;
  store: string;
  context: CommandContext;
}): Promise<WrittenResults> {
  const { experiment, results, store, context } = options;
  // Drawing takes a second to load; a run that ends otherwise does without.
  const [{ writeReport }, { terminalFigure }] = await Promise.all([
    import('../../report/write-report.ts'),
    import('../../report/figures/terminal-figure.ts'),
  ]);
  const environment = await describeEnvironment(experiment.records, store);
  const { analysis, files, messages } = await writeReport(results, { experiment, environment });
  const page = join(results, 'index.html');
  const figure = terminalFigure(analysis, { columns: context.out.columns ?? 100, color: context.color });
  return {
    lines: [
      '',
      ...figure.split('\n'),
      '',
      ...messages.map(inert),
      inert(`Report: ${shortPath(page, context.folder)}`),
    ],
    summary: { verdict: analysis.verdict, results, files, messages },
    analysis,
  };
}

/** The records of an opened experiment. @param results folder that they are to be written to, absolute */
export function experimentRecords(
  opened: OpenedExperiment,
  records: readonly RunRecord[],
  results: string,
): ExperimentRecords {
  const { name, description, reference } = opened.plan;
  return {
    name,
    ...(description === undefined ? {} : { description }),
    ...(reference === undefined ? {} : { reference: join(reference, 'analysis.json') }),
    configText: resultsConfig(opened, results),
    records,
    ...planOfRecords(opened.plan),
  };
}

/** The plan's own description. */
function describePlan(plan: Plan): Omit<ExperimentRecords, 'configText' | 'records'> {
  const { name, description } = plan;
  return { name, ...(description === undefined ? {} : { description }), ...planOfRecords(plan) };
}

/**
 * The records that a results folder holds.
 * @param target folder that they are to be written to, absolute
 * @throws InputError if they cannot be read, or were changed
 */
export function readResults(folder: string, target: string): ExperimentRecords {
  checkResults(folder, ['results.jsonl', CONFIG_FILE, REFERENCE_FILE]);
  const results = readResultsFolder(folder);
  const { records, configText: text } = results;
  const plan = planOfResults(results);
  const named = 'reason' in plan ? { name: results.name } : describePlan(plan);
  const configText = target === folder ? text : movedConfig(text, join(folder, CONFIG_FILE), target);
  const reference = join(folder, REFERENCE_FILE);
  return { ...named, configText, records, ...(existsSync(reference) ? { reference } : {}) };
}
