// `tinypoison report`: the report again, from the store, without training.
import { InputError } from '../../core/errors.ts';
import { ExperimentPreparation } from '../../run/prepare-experiment.ts';
import { readResult } from '../../run/store.ts';
import { absolutePath, type CommandContext, ExitCode, notify, print, printJson } from '../command-context.ts';
import { plural } from '../format.ts';
import { defaultResults, type ExperimentFileOptions, openExperiment } from '../open-experiment.ts';
import { writeResults } from '../write-results.ts';

export interface ReportOptions extends ExperimentFileOptions {
  readonly store: string;
  readonly results?: string;
  readonly json?: boolean;
}

/** Reports on the runs of an experiment that are in the store. */
export async function report(file: string, options: ReportOptions, context: CommandContext): Promise<number> {
  const opened = openExperiment(file, options, context);
  const store = absolutePath(options.store, context);
  const preparation = new ExperimentPreparation({ store, baseFolder: opened.baseFolder });
  const identities = await preparation.identify(opened.plan.runs);
  await preparation.close();
  const found = identities.map(({ id }) => readResult(store, id));
  for (const stored of found) if (stored.kind === 'damaged') notify(context, `${stored.reason}: left out`);
  const records = found.flatMap((stored) => (stored.kind === 'found' ? [stored.record] : []));
  if (records.length === 0) {
    throw new InputError(
      `none of the ${plural(found.length, 'run')} of ${opened.plan.name} is in the store ${store}: \`tinypoison run ${file}\` does them`,
    );
  }
  const missing = found.length - records.length;
  if (missing > 0)
    notify(context, `${missing} of ${found.length} runs are not in the store and are left out.`);
  const results =
    options.results === undefined ? defaultResults(opened, context) : absolutePath(options.results, context);
  const written = await writeResults({ opened, records, results, store, context });
  if (options.json) printJson(context, { runs: { found: records.length, missing }, ...written.summary });
  else print(context, ...written.lines);
  return ExitCode.done;
}
