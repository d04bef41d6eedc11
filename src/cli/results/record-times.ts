// times.jsonl beside results: when, where and by what each run was done, and which commit held the prediction. Outside
// SHA256SUMS, since it is another on every machine; lines are added and never rewritten.
import { execFile } from 'node:child_process';
import { appendFileSync, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { canonicalJson } from '../../core/canonical-json.ts';
import { readText } from '../../core/node/read-file.ts';
import type { RunRecord } from '../../run/record.ts';
import type { StoredProvenance } from '../../run/schemas/run-file-schemas.ts';
import { ifReadable, readProvenance } from '../../run/store/read-run-file.ts';

export const TIMES_FILE = 'times.jsonl';

/** One line of the file. */
export interface RunTimes {
  readonly run: string;
  /** ISO 8601, UTC; of a resumed run when it went on. */
  readonly started: string;
  readonly finished: string;
  /** Spent on the run, in all processes; to the millisecond, rounded up. */
  readonly seconds: number | null;
  readonly engine: string;
  /** Processor, cores and system; no name. */
  readonly machine: string | null;
  /** Version of the program, and its commit where it ran from a clone. */
  readonly version: string | null;
  readonly commit: string | null;
  /** The last commit, at that time, that changed the folder of the experiment; null outside a clone. */
  readonly prediction: string | null;
}

const lineSchema = z.looseObject({ run: z.string(), finished: z.string() });

/** What is there already: runs by when they finished. */
function knownLines(path: string): Set<string> {
  const lines = existsSync(path) ? readText(path).split('\n').filter(Boolean) : [];
  return new Set(
    lines.flatMap((line) => {
      try {
        const { run, finished } = lineSchema.parse(JSON.parse(line));
        return [`${run} ${finished}`];
      } catch {
        // A damaged line stays as it is, and says nothing.
        return [];
      }
    }),
  );
}

/** The last commit up to another that changed a folder; null where git does not say. */
async function lastChange(folder: string, commit: string | null): Promise<string | null> {
  if (commit === null) return null;
  try {
    const words = ['--no-optional-locks', 'log', '-1', '--format=%H', commit, '--', '.'];
    const { stdout } = await promisify(execFile)('git', words, { cwd: folder, timeout: 5000 });
    return stdout.trim() || null;
  } catch {
    return null;
  }
}

function timesOf(run: string, found: StoredProvenance): Omit<RunTimes, 'prediction'> | null {
  const { started, finished, engine, host, code, totalMs } = found;
  if (started === undefined || finished === undefined) return null;
  return {
    ...{ run, started, finished, engine },
    seconds: totalMs === undefined ? null : Math.ceil(totalMs) / 1000,
    machine: host === undefined ? null : `${host.processor}, ${host.cores} cores, ${host.system}`,
    version: code?.version ?? null,
    commit: code?.git?.commit ?? null,
  };
}

/**
 * Adds the runs that the file lacks; those that the store does not know, or that were taken from other results, have no line.
 * @param options.experiment its file
 */
export async function recordTimes(options: {
  results: string;
  store: string;
  experiment: string;
  records: readonly Pick<RunRecord, 'id'>[];
}): Promise<void> {
  const { results, store, experiment, records } = options;
  const path = join(results, TIMES_FILE);
  const known = knownLines(path);
  const times = records.flatMap(({ id }) => {
    const found = ifReadable(() => readProvenance(store, id));
    const own = found === null ? null : timesOf(id, found);
    return own === null || known.has(`${own.run} ${own.finished}`) ? [] : [own];
  });
  const commits = [...new Set(times.map(({ commit }) => commit))];
  const folder = dirname(experiment);
  const predictions = new Map(
    await Promise.all(commits.map(async (commit) => [commit, await lastChange(folder, commit)] as const)),
  );
  const lines = times.map((own): string => {
    const line: RunTimes = { ...own, prediction: predictions.get(own.commit) ?? null };
    return `${canonicalJson(line)}\n`;
  });
  if (lines.length > 0) appendFileSync(path, lines.join(''));
}
