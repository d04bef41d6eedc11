// `tinypoison list`: what is in the store.
import { existsSync } from 'node:fs';
import { inert } from '../../core/inert-text.ts';
import type { CheckpointRecord, RunRecord } from '../../run/record.ts';
import { readResult, runFile, storedRunIds } from '../../run/store/store.ts';
import { absolutePath, type CommandContext, ExitCode, print, printJson } from '../command-context.ts';
import { formatCount, formatNumber, plural } from '../format.ts';
import { configTitle } from '../run-title.ts';
import { table } from '../terminal.ts';

/** One run of the store. */
interface ListedRun {
  readonly id: string;
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

function describe(store: string, id: string): ListedRun {
  const stored = readResult(store, id);
  const hasWeights = existsSync(runFile(store, id, 'weights'));
  if (stored.kind !== 'found') {
    const status = stored.kind === 'damaged' ? 'damaged' : 'unfinished';
    const unknown = {
      title: null,
      parameters: null,
      tokensTrained: null,
      attackSuccess: null,
      cleanLossNats: null,
    };
    return { id, status, ...unknown, hasWeights };
  }
  const { record } = stored;
  const last = record.checkpoints.at(-1);
  return {
    id,
    status: record.status,
    title: configTitle(record.config),
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
  const runs = storedRunIds(store).map((id) => describe(store, id));
  if (options.json) {
    printJson(context, { store, runs });
    return ExitCode.done;
  }
  if (runs.length === 0) {
    print(context, `No runs in ${options.store}.`);
    return ExitCode.done;
  }
  const head = ['run', 'status', 'parameters', 'tokens', 'attack success', 'clean loss', 'weights', 'what'];
  const rows = runs.map((run) => [
    run.id.slice(0, 12),
    run.status,
    run.parameters === null ? '-' : formatCount(run.parameters),
    run.tokensTrained === null ? '-' : formatCount(run.tokensTrained),
    formatNumber(run.attackSuccess),
    formatNumber(run.cleanLossNats, 3),
    run.hasWeights ? 'kept' : '-',
    inert(run.title ?? ''),
  ]);
  print(
    context,
    ...table([head, ...rows], [2, 3, 4, 5]),
    '',
    `${plural(runs.length, 'run')} in ${options.store}`,
  );
  return ExitCode.done;
}
