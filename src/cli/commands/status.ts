// `tinypoison status`: what is done of an experiment, running, failed and waiting, from the store alone.
import { percent } from '../../core/format-number.ts';
import { inert } from '../../core/inert-text.ts';
import type { EngineOption } from '../../kernels/engine-names.ts';
import { arithmeticOf } from '../../run/execute/model-source.ts';
import { ExperimentPreparation } from '../../run/prepare/prepare-experiment.ts';
import { plannedTitle } from '../../run/run-title.ts';
import { holderInWords } from '../../run/store/lease-holder.ts';
import { RUN_STATES, type RunState, runStates } from '../../run/store/run-state.ts';
import { absolutePath, type CommandContext, ExitCode, print, printJson } from '../command-context.ts';
import { plural } from '../format.ts';
import { type ExperimentFileOptions, openExperiment } from '../open-experiment.ts';
import { bar, table } from '../terminal.ts';

export interface StatusOptions extends ExperimentFileOptions {
  readonly store: string;
  readonly engine: EngineOption;
  readonly all?: boolean;
  readonly json?: boolean;
}

/** A run of the plan with what the store says of it. */
interface StatedRun extends RunState {
  readonly id: string;
  readonly title: string;
  /** Tokens that it trains on. */
  readonly tokens: number;
}

/** Runs of one state that are listed unless all are requested. */
const SHOWN_RUNS = 10;
const BAR_CELLS = 30;

/** What becomes of runs in a state. */
const NEXT: Partial<Record<RunState['state'], string>> = {
  diverged: 'results; every repetition diverges, too',
  failed: '`run --retry-failed` does them again',
  damaged: 'their results are not as they were written; `run` does them again',
  stopped: 'begun, and held by nobody; `run` goes on from what they saved',
};

/** Of a run that has begun, how far it was at its last evaluation. */
function progressText({ tokensTrained = 0, tokens }: StatedRun): string {
  return tokensTrained === 0
    ? 'no evaluation yet'
    : `${percent(tokensTrained / tokens)} at its last evaluation`;
}

function detailOf(run: StatedRun): string {
  if (run.state === 'running') return `${progressText(run)}, ${holderInWords(run.holder ?? null)}`;
  return run.state === 'stopped' ? progressText(run) : (run.reason ?? '');
}

/** The runs of one state, each with what there is to say of it. */
function runLines(runs: readonly StatedRun[], state: RunState['state'], all: boolean): string[] {
  const own = runs.filter((run) => run.state === state);
  if (own.length === 0 || state === 'done' || state === 'waiting') return [];
  const shown = all ? own : own.slice(0, SHOWN_RUNS);
  const rows = shown.map((run) => [
    `  ${run.id.slice(0, 12)}`,
    inert(run.title),
    inert(detailOf(run).split('\n')[0] ?? ''),
  ]);
  const hidden = own.length - shown.length;
  return [
    '',
    `${state}:`,
    ...table(rows),
    ...(hidden === 0 ? [] : [`  … and ${hidden} more (--all shows them)`]),
  ];
}

/** Says how far an experiment is. */
export async function status(file: string, options: StatusOptions, context: CommandContext): Promise<number> {
  const { plan, baseFolder } = openExperiment(file, options, context);
  const store = absolutePath(options.store, context);
  const preparation = new ExperimentPreparation({ store, baseFolder });
  const identities = await preparation.identify(plan.runs, arithmeticOf(options.engine));
  await preparation.close();
  const ids = identities.map(({ id }) => id);
  const states = runStates(store, ids);
  const runs = plan.runs.map((run, place): StatedRun => {
    const [id, state] = [ids[place] as string, states[place] as RunState];
    return { id, title: plannedTitle(run, plan.seeds.length), tokens: run.tokens, ...state };
  });
  const count = (state: RunState['state']) => runs.filter((run) => run.state === state).length;
  if (options.json) {
    const counts = Object.fromEntries(RUN_STATES.map((state) => [state, count(state)]));
    printJson(context, { name: plan.name, store, counts, runs });
    return ExitCode.done;
  }
  const finished = count('done') + count('diverged');
  const waiting =
    plan.adaptive === undefined
      ? ''
      : 'may be chosen: this sweep is adaptive, `plan` says what it has decided';
  const present = RUN_STATES.filter((state) => count(state) > 0);
  print(
    context,
    `${plan.name}: ${plural(runs.length, 'run')}, store ${options.store}`,
    `${bar(finished / runs.length, BAR_CELLS)} ${percent(finished / runs.length)}`,
    ...table(
      present.map((state) => [
        `  ${state}`,
        String(count(state)),
        state === 'waiting' ? waiting : (NEXT[state] ?? ''),
      ]),
      [1],
    ),
    ...present.flatMap((state) => runLines(runs, state, options.all === true)),
  );
  return ExitCode.done;
}
