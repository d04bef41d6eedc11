// Results of an experiment: data files, report, and what the terminal shows at the end.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Environment } from '../analyse/experiment-records.ts';
import type { RunRecord } from '../run/record.ts';
import { runFile } from '../run/store.ts';
import { type CommandContext, programVersion } from './command-context.ts';
import type { OpenedExperiment } from './open-experiment.ts';

/** What was written. */
export interface WrittenResults {
  /** For the terminal. */
  readonly lines: readonly string[];
  /** For `--json`. */
  readonly summary: Readonly<Record<string, unknown>>;
}

/** The engines that did the runs, in words; those of other machines too. */
function enginesOf(records: readonly RunRecord[], store: string): string {
  const engines = records.flatMap(({ id }) => {
    const path = runFile(store, id, 'provenance');
    if (!existsSync(path)) return [];
    try {
      return [(JSON.parse(readFileSync(path, 'utf8')) as { engine: string }).engine];
    } catch {
      return [];
    }
  });
  return [...new Set(engines)].sort().join('; ') || 'unknown';
}

/** The revision of this program, where it runs from a clone. */
function gitRevision(): string | null {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  if (!existsSync(join(root, '.git'))) return null;
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return null;
  }
}

function describeEnvironment(records: readonly RunRecord[], store: string): Environment {
  return {
    version: programVersion(),
    node: process.version,
    engine: enginesOf(records, store),
    revision: gitRevision(),
    platform: `${process.platform} ${process.arch}`,
  };
}

/** A path as short as it can be said from a folder. */
function shortPath(path: string, folder: string): string {
  const short = relative(folder, path);
  return short.startsWith('..') ? path : short;
}

/** Writes data files and report into a folder. */
export async function writeResults(options: {
  opened: OpenedExperiment;
  records: readonly RunRecord[];
  results: string;
  store: string;
  context: CommandContext;
}): Promise<WrittenResults> {
  const { opened, records, results, store, context } = options;
  // Drawing takes a second to load; a run that ends otherwise does without.
  const [{ writeReport }, { terminalFigure }] = await Promise.all([
    import('../report/write-report.ts'),
    import('../report/terminal-figure.ts'),
  ]);
  const { name, description } = opened.plan;
  const experiment = {
    name,
    ...(description === undefined ? {} : { description }),
    configText: opened.experiment.text,
    records,
  };
  const environment = describeEnvironment(records, store);
  const { analysis, files, messages } = await writeReport(results, { experiment, environment });
  const page = join(results, 'index.html');
  const figure = terminalFigure(analysis, { columns: context.out.columns ?? 100, color: context.color });
  return {
    lines: ['', ...figure.split('\n'), '', ...messages, `Report: ${shortPath(page, context.folder)}`],
    summary: { verdict: analysis.verdict, results, files, messages },
  };
}
