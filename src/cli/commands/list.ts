// `tinypoison list`: what is in the store.

import { existsSync, statSync } from 'node:fs';
import { isoTime } from '../../core/clock.ts';
import { shortCount } from '../../core/format-number.ts';
import { inert } from '../../core/inert-text.ts';
import type { RunRecord } from '../../run/record.ts';
import { type StoredSummary, summariseRuns } from '../../run/store/run-index.ts';
import { type RunSummary, runOrigin } from '../../run/store/run-summary.ts';
import { runFile, storedRunIds } from '../../run/store/store.ts';
import { absolutePath, type CommandContext, ExitCode, notify, print, printJson } from '../command-context.ts';
import { formatNumber, plural } from '../format.ts';
import { table } from '../terminal.ts';

/** One run of the store. */
interface ListedRun
  extends Omit<RunSummary, 'status' | 'error' | 'title' | 'parameters' | 'tokensTrained' | 'trainingHash'> {
  readonly status: RunRecord['status'] | 'unfinished' | 'damaged';
  /** When its latest file was written, ISO 8601. */
  readonly time: string | null;
  readonly title: string | null;
  readonly parameters: number | null;
  readonly tokensTrained: number | null;
}

/** When a run last wrote something. */
function timeOf(store: string, id: string): string | null {
  const files = (['result', 'state', 'metrics', 'config'] as const).map((file) => runFile(store, id, file));
  const stats = files
    .map((path) => statSync(path, { throwIfNoEntry: false }))
    .find((item) => item !== undefined);
  return stats === undefined ? null : stats.mtime.toISOString();
}

function describe(store: string, id: string, stored: StoredSummary): ListedRun {
  if (stored.kind === 'found') {
    const { experiment, corpus, title, status, ...figures } = stored.summary;
    const { parameters, tokensTrained, attackSuccess, cleanLossNats, hasWeights } = figures;
    const time = isoTime(stored.finishedMs);
    return {
      ...{ id, experiment, corpus, title, time, status, parameters },
      ...{ tokensTrained, attackSuccess, cleanLossNats, hasWeights },
    };
  }
  const status = stored.kind === 'damaged' ? 'damaged' : 'unfinished';
  const unknown = { parameters: null, tokensTrained: null, attackSuccess: null, cleanLossNats: null };
  const hasWeights = existsSync(runFile(store, id, 'weights'));
  return { id, ...runOrigin(store, id), time: timeOf(store, id), status, ...unknown, hasWeights };
}

/** The latest first, those of one moment by id. */
function byTime(a: ListedRun, b: ListedRun): number {
  const [own, other] = [a.time ?? '', b.time ?? ''];
  if (own !== other) return own < other ? 1 : -1;
  return a.id < b.id ? -1 : 1;
}

/** Lists the runs of a store. */
export function list(options: { store: string; json?: boolean }, context: CommandContext): number {
  const store = absolutePath(options.store, context);
  const onSlow = (sentence: string) => notify(context, sentence);
  const runs = [...summariseRuns(store, storedRunIds(store), { onSlow })]
    .map(([id, stored]) => describe(store, id, stored))
    .sort(byTime);
  if (options.json) {
    printJson(context, { store, runs });
    return ExitCode.done;
  }
  if (runs.length === 0) {
    print(context, `No runs in ${options.store}.`);
    return ExitCode.done;
  }
  const head = [
    ...['run', 'finished', 'experiment', 'corpus', 'status', 'parameters', 'tokens'],
    ...['attack success', 'clean loss', 'weights', 'what'],
  ];
  const rows = runs.map((run) => [
    run.id.slice(0, 12),
    run.time === null ? '-' : run.time.slice(0, 16).replace('T', ' '),
    inert(run.experiment ?? '-'),
    inert(run.corpus ?? '-'),
    run.status,
    run.parameters === null ? '-' : shortCount(run.parameters),
    run.tokensTrained === null ? '-' : shortCount(run.tokensTrained),
    formatNumber(run.attackSuccess),
    formatNumber(run.cleanLossNats, 3),
    run.hasWeights ? 'kept' : '-',
    inert(run.title ?? ''),
  ]);
  print(
    context,
    ...table([head, ...rows], [5, 6, 7, 8]),
    '',
    `${plural(runs.length, 'run')} in ${options.store}, the latest first; times in UTC`,
  );
  return ExitCode.done;
}
