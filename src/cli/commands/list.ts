// `tinypoison list`: what is in the store.

import { existsSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { shortCount } from '../../core/format-number.ts';
import { inert } from '../../core/inert-text.ts';
import type { CheckpointRecord, RunRecord } from '../../run/record.ts';
import { ifReadable, readStoredConfig } from '../../run/store/read-run-file.ts';
import { readResult, runFile, storedRunIds } from '../../run/store/store.ts';
import { absolutePath, type CommandContext, ExitCode, print, printJson } from '../command-context.ts';
import { formatNumber, plural } from '../format.ts';
import { runTitle } from '../run-title.ts';
import { table } from '../terminal.ts';

/** One run of the store. */
interface ListedRun {
  readonly id: string;
  /** Name of the experiment that first requested it; null: not known. */
  readonly experiment: string | null;
  /** `stories`, or the name of the file. */
  readonly corpus: string | null;
  /** When its latest file was written, ISO 8601. */
  readonly time: string | null;
  readonly status: RunRecord['status'] | 'unfinished' | 'damaged';
  readonly title: string | null;
  readonly parameters: number | null;
  readonly tokensTrained: number | null;
  readonly attackSuccess: number | null;
  readonly cleanLossNats: number | null;
  readonly hasWeights: boolean;
}

function successOf(checkpoint: CheckpointRecord | undefined): number | null {
  return checkpoint?.conditions.find(({ condition }) => condition === 'trigger')?.successShare ?? null;
}

/** What config.json tells: of unfinished runs, too. */
function origin(store: string, id: string) {
  const stored = ifReadable(() => readStoredConfig(store, id));
  if (stored === null) return { experiment: null, corpus: null, title: null };
  const { typed, resolved } = stored;
  const set = typed?.set.findLast((option) => /^\s*name\s*=/.test(option))?.replace(/^[^=]*=\s*/, '');
  const name = set ?? /^name:\s*(\S+)/m.exec(typed?.text ?? '')?.[1] ?? null;
  const { corpus } = resolved;
  const source =
    corpus.kind === 'stories' ? corpus.kind : corpus.kind === 'hub' ? corpus.repo : basename(corpus.path);
  return { experiment: name, corpus: source, title: runTitle(resolved) };
}

/** When a run was finished, or last wrote something. */
function timeOf(store: string, id: string): string | null {
  const files = (['result', 'state', 'metrics', 'config'] as const).map((file) => runFile(store, id, file));
  const stats = files
    .map((path) => statSync(path, { throwIfNoEntry: false }))
    .find((item) => item !== undefined);
  return stats === undefined ? null : stats.mtime.toISOString();
}

function describe(store: string, id: string): ListedRun {
  const stored = readResult(store, id);
  const known = { id, ...origin(store, id), time: timeOf(store, id) };
  const hasWeights = existsSync(runFile(store, id, 'weights'));
  if (stored.kind !== 'found') {
    const status = stored.kind === 'damaged' ? 'damaged' : 'unfinished';
    const unknown = { parameters: null, tokensTrained: null, attackSuccess: null, cleanLossNats: null };
    return { ...known, status, ...unknown, hasWeights };
  }
  const { record } = stored;
  const last = record.checkpoints.at(-1);
  return {
    ...known,
    title: known.title ?? runTitle(record.config),
    status: record.status,
    parameters: record.parameters,
    tokensTrained: record.tokensTrained,
    attackSuccess: successOf(last),
    cleanLossNats: last?.cleanLossNats ?? null,
    hasWeights,
  };
}

/** Lists the runs of a store. */
export function list(options: { store: string; json?: boolean }, context: CommandContext): number {
  const store = absolutePath(options.store, context);
  const runs = storedRunIds(store)
    .map((id) => describe(store, id))
    .sort((a, b) => ((a.time ?? '') < (b.time ?? '') ? 1 : -1));
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
