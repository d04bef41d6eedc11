// `tinypoison list`: what is in the store.

import { existsSync, statSync } from 'node:fs';
import { sep } from 'node:path';
import { isoTime } from '../../core/clock.ts';
import { shortCount } from '../../core/format-number.ts';
import { inert } from '../../core/inert-text.ts';
import type { RunRecord } from '../../run/record.ts';
import { type StoredSummary, summariseRuns } from '../../run/store/run-index.ts';
import { type RunSummary, runOrigin } from '../../run/store/run-summary.ts';
import { runFiles, storedRunIds } from '../../run/store/store.ts';
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

/** Runs that a table shows where nothing is said of how many: nobody reads a hundred thousand lines. */
const SHOWN_RUNS = 1000;

/** Folder of a run of the store; `runFolder` would check the id of each of 100,000. */
const folderOf = (store: string, id: string) => `${store}${sep}${id.slice(0, 2)}${sep}${id}`;

/** When a run wrote its result, or, unfinished, anything; null: it has nothing. */
function timeOf(store: string, id: string): number | null {
  const folder = folderOf(store, id);
  for (const file of ['result', 'state', 'metrics', 'config'] as const) {
    const found = statSync(`${folder}${sep}${runFiles[file]}`, { throwIfNoEntry: false });
    if (found !== undefined) return found.mtimeMs;
  }
  return null;
}

function describe(store: string, { id, stored, timeMs }: FoundRun): ListedRun {
  const time = timeMs === null ? null : isoTime(Math.round(timeMs));
  const hasWeights = existsSync(`${folderOf(store, id)}${sep}${runFiles.weights}`);
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

/**
 * The latest `most` runs of a store, the latest first, those of one moment by id; and how many it has. When each was
 * written is looked up; what is in it only of those.
 */
function findLatest(
  store: string,
  most: number,
  onSlow: (sentence: string) => void,
): { runs: FoundRun[]; total: number } {
  const ids = storedRunIds(store);
  const latest = ids
    .map((id) => ({ id, timeMs: timeOf(store, id) }))
    .sort((a, b) => (b.timeMs ?? 0) - (a.timeMs ?? 0) || (a.id < b.id ? -1 : 1))
    .slice(0, most);
  const summaries = summariseRuns(
    store,
    latest.map(({ id }) => id),
    { onSlow },
  );
  const runs = latest.map((run) => ({
    ...run,
    stored: summaries.get(run.id) ?? { kind: 'missing' as const },
  }));
  return { runs, total: ids.length };
}

export interface ListOptions {
  readonly store: string;
  readonly latest?: string;
  readonly all?: boolean;
  readonly json?: boolean;
}

/** How many runs are wanted: of programs that read the list, all. */
function mostRuns({ latest, all = false, json = false }: ListOptions): number {
  if (latest !== undefined)
    return parseInteger(latest, { name: '--latest', minimum: 1, maximum: 1_000_000_000 });
  return all || json ? Infinity : SHOWN_RUNS;
}

/** Lists the runs of a store. */
export function list(options: ListOptions, context: CommandContext): number {
  const store = absolutePath(options.store, context);
  const found = findLatest(store, mostRuns(options), (sentence) => notify(context, sentence));
  const runs = found.runs.map((run) => describe(store, run));
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
  const remedy = options.latest === undefined ? ' (--all shows them all)' : '';
  const shown = runs.length < found.total ? `, of which ${runs.length} are shown${remedy}` : '';
  const end = `${plural(found.total, 'run')} in ${options.store}${shown}, the latest first; times in UTC`;
  printLines(context, [...table([head, ...rows], [5, 6, 7, 8]), '', end]);
  return ExitCode.done;
}
