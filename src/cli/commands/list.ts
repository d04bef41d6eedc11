// `tinypoison list`: what is in the store.

import { existsSync, statSync } from 'node:fs';
import { sep } from 'node:path';
import { isoTime } from '../../core/clock.ts';
import { shortCount } from '../../core/format-number.ts';
import { inert } from '../../core/inert-text.ts';
import type { RunRecord } from '../../run/record.ts';
import { type StoredSummary, summariseRuns } from '../../run/store/run-index.ts';
import { type RunSummary, runOrigin } from '../../run/store/run-summary.ts';
import { runFile, runFiles, storedRunIds } from '../../run/store/store.ts';
import {
  absolutePath,
  type CommandContext,
  ExitCode,
  notify,
  parseInteger,
  print,
  printJson,
  printLines,
} from '../command-context.ts';
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
  readonly hasWeights: boolean;
}

/** A run of the store, and when its latest file was written. */
interface FoundRun {
  readonly id: string;
  readonly stored: StoredSummary;
  /** Since 1970; null: it has none. */
  readonly timeMs: number | null;
}

/** When an unfinished run last wrote something. */
function timeOf(store: string, id: string): number | null {
  const files = (['result', 'state', 'metrics', 'config'] as const).map((file) => runFile(store, id, file));
  const stats = files
    .map((path) => statSync(path, { throwIfNoEntry: false }))
    .find((item) => item !== undefined);
  return stats === undefined ? null : stats.mtimeMs;
}

/** Whether weights are kept. The path is put together without `runFile`, which would check the id of each of 100,000 runs. */
const hasWeightsFolder = (store: string, id: string) =>
  existsSync(`${store}${sep}${id.slice(0, 2)}${sep}${id}${sep}${runFiles.weights}`);

function describe(store: string, { id, stored, timeMs }: FoundRun): ListedRun {
  const time = timeMs === null ? null : isoTime(Math.round(timeMs));
  const hasWeights = hasWeightsFolder(store, id);
  if (stored.kind === 'found') {
    const { experiment, corpus, title, status, parameters, tokensTrained, attackSuccess, cleanLossNats } =
      stored.summary;
    return {
      id,
      experiment,
      corpus,
      title,
      time,
      status,
      parameters,
      tokensTrained,
      attackSuccess,
      cleanLossNats,
      hasWeights,
    };
  }
  const status = stored.kind === 'damaged' ? 'damaged' : 'unfinished';
  const unknown = { parameters: null, tokensTrained: null, attackSuccess: null, cleanLossNats: null };
  return { id, ...runOrigin(store, id), time, status, ...unknown, hasWeights };
}

/** The runs of a store, the latest first, those of one moment by id. */
function findRuns(store: string, onSlow: (sentence: string) => void): FoundRun[] {
  const stored = summariseRuns(store, storedRunIds(store), { onSlow });
  const runs = [...stored].map(([id, own]) => {
    const timeMs = own.kind === 'found' ? own.finishedMs : timeOf(store, id);
    return { id, stored: own, timeMs };
  });
  return runs.sort((a, b) => (b.timeMs ?? 0) - (a.timeMs ?? 0) || (a.id < b.id ? -1 : 1));
}

export interface ListOptions {
  readonly store: string;
  readonly latest?: string;
  readonly json?: boolean;
}

/** Lists the runs of a store. */
export function list(options: ListOptions, context: CommandContext): number {
  const store = absolutePath(options.store, context);
  const most =
    options.latest === undefined
      ? undefined
      : parseInteger(options.latest, { name: '--latest', minimum: 1, maximum: 1_000_000_000 });
  const found = findRuns(store, (sentence) => notify(context, sentence));
  const runs = found.slice(0, most).map((run) => describe(store, run));
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
  const shown = runs.length < found.length ? `, of which ${runs.length} are shown` : '';
  const end = `${plural(found.length, 'run')} in ${options.store}${shown}, the latest first; times in UTC`;
  printLines(context, [...table([head, ...rows], [5, 6, 7, 8]), '', end]);
  return ExitCode.done;
}
