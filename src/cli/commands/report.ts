// `tinypoison report`: the report again, from the store, without training.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { chosenRecords } from '../../analyse/adaptive/sweep-record.ts';
import { InputError } from '../../core/errors.ts';
import type { EngineOption } from '../../kernels/engine-names.ts';
import { arithmeticOf } from '../../run/execute/model-source.ts';
import { ExperimentPreparation } from '../../run/prepare/prepare-experiment.ts';
import { readStoredResults } from '../../run/store/run-index.ts';
import type { StoredResult } from '../../run/store/store.ts';
import {
  absolutePath,
  type CommandContext,
  ExitCode,
  notify,
  printJson,
  printStyled,
} from '../command-context.ts';
import { plural } from '../format.ts';
import { defaultResults, type ExperimentFileOptions, openExperiment } from '../open-experiment.ts';
import { guardResults } from '../results/guard-results.ts';
import { experimentRecords, readResults, shortPath, writeResults } from '../results/write-results.ts';

export interface ReportOptions extends ExperimentFileOptions {
  readonly store: string;
  readonly results?: string;
  readonly force?: boolean;
  readonly engine: EngineOption;
  readonly json?: boolean;
}

/** The records of an experiment that are in the store. */
async function fromStore(file: string, options: ReportOptions, context: CommandContext) {
  const opened = openExperiment(file, options, context);
  const store = absolutePath(options.store, context);
  const preparation = new ExperimentPreparation({ store, baseFolder: opened.baseFolder });
  const engine = options.engine;
  const identities = await preparation.identify(opened.plan.runs, arithmeticOf(engine));
  await preparation.close();
  const ids = identities.map(({ id }) => id);
  const stored = readStoredResults(store, ids, { onSlow: (sentence) => notify(context, sentence) });
  const found = ids.map((id) => stored.get(id) as StoredResult);
  for (const own of found) if (own.kind === 'damaged') notify(context, `${own.reason}: left out`);
  const there = found.flatMap((own) => (own.kind === 'found' ? [own.record] : []));
  const records = chosenRecords(opened.plan, there);
  if (records.length === 0) {
    throw new InputError(
      `none of the ${plural(found.length, 'run')} of ${opened.plan.name} is in the store ${store}: \`tinypoison run ${file}${engine === 'tfjs' ? ' --engine tfjs' : ''}\` does them`,
    );
  }
  const missing = opened.plan.adaptive === undefined ? found.length - records.length : 0;
  if (missing > 0)
    notify(context, `${missing} of ${found.length} runs are not in the store and are left out.`);
  const results =
    options.results === undefined ? defaultResults(opened, context) : absolutePath(options.results, context);
  const { file: typed } = opened.experiment;
  return { experiment: experimentRecords(opened, records, results), missing, results, file: typed };
}

/** The records of a folder of results. */
function fromResults(folder: string, options: ReportOptions, context: CommandContext) {
  const results = options.results === undefined ? folder : absolutePath(options.results, context);
  return { experiment: readResults(folder, results), missing: 0, results, file: undefined };
}

/** Writes the report of an experiment again: from the store, or from a folder of results. */
export async function report(
  target: string,
  options: ReportOptions,
  context: CommandContext,
): Promise<number> {
  const folder = absolutePath(target, context);
  const isResults = existsSync(join(folder, 'results.jsonl'));
  const { experiment, missing, results, file } = isResults
    ? fromResults(folder, options, context)
    : await fromStore(target, options, context);
  guardResults({
    folder: results,
    shown: shortPath(results, context.folder),
    ids: experiment.records.map(({ id }) => id),
    file,
    force: options.force === true,
  });
  const store = absolutePath(options.store, context);
  const written = await writeResults({ experiment, results, store, context });
  if (options.json)
    printJson(context, { runs: { found: experiment.records.length, missing }, ...written.summary });
  else printStyled(context, ...written.lines);
  return ExitCode.done;
}
