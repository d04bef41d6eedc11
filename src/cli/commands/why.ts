// `tinypoison why`: which part of a run's identity sets it apart from what the store has.
import { existsSync } from 'node:fs';
import { withoutPaths } from '../../config/identity.ts';
import { InputError } from '../../core/errors.ts';
import { inert } from '../../core/inert-text.ts';
import type { EngineOption } from '../../kernels/engine-names.ts';
import type { RunIdentity } from '../../recipe/identity.ts';
import { arithmeticOf } from '../../run/execute/model-source.ts';
import { ExperimentPreparation } from '../../run/prepare/prepare-experiment.ts';
import { configTitle } from '../../run/run-title.ts';
import { findRunId } from '../../run/store/store.ts';
import { findTrainings } from '../../run/store/stored-training.ts';
import { shortValue } from '../../verify/diff-values.ts';
import type { PartDifference, RunParts } from '../../verify/identity-parts.ts';
import {
  findNearest,
  type NearestRuns,
  readStoredRun,
  readStoredRuns,
  type StoredRun,
} from '../../verify/stored-runs.ts';
import { absolutePath, type CommandContext, ExitCode, print, printJson } from '../command-context.ts';
import { plural } from '../format.ts';
import { type ExperimentFileOptions, openExperiment } from '../open-experiment.ts';
import { table } from '../terminal.ts';

export interface WhyOptions extends ExperimentFileOptions {
  readonly store: string;
  readonly engine: EngineOption;
  readonly json?: boolean;
}

/** Missing runs of an experiment that are explained. */
const EXPLAINED_RUNS = 3;
const NAMED_TIES = 3;

/** A run in question. */
type Subject = RunParts & { readonly id: string };

const shortId = (id: string) => id.slice(0, 12);
const titleOf = (run: Pick<Subject, 'config'>) => inert(configTitle(run.config));

/** Lines of a table of differing parts. */
export function differenceTable(
  differences: readonly PartDifference[],
  heads: { one: string; other: string },
): string[] {
  const rows = differences.map(({ kind, path, one, other }) => [
    kind,
    inert(path),
    inert(shortValue(one)),
    inert(shortValue(other)),
  ]);
  return table([['part', '', heads.one, heads.other], ...rows]).map((line) => `  ${line}`);
}

/** What the differences mean for the one who waits for the training. */
function consequence(subject: Subject, { differences }: NearestRuns, store: string): string[] {
  if (subject.contracts === null || differences.length === 0) return [];
  if (!differences.every(({ isEvaluation }) => isEvaluation)) return [];
  const identity = { id: subject.id, contracts: subject.contracts };
  const same = findTrainings(store, [{ config: subject.config, identity }]).get(subject.id);
  if (same === undefined) return [];
  const { missingSteps } = same;
  return missingSteps.length === 0
    ? [
        `Only the evaluation differs: \`run\` evaluates the weights kept by ${shortId(same.id)}, and trains nothing.`,
      ]
    : [
        `Only the evaluation differs, so the weights are the same, but ${shortId(same.id)} has not kept all that this`,
        `evaluation looks at (${plural(missingSteps.length, 'step')} missing): \`run\` trains again, and --keep-weights all keeps`,
        'them for the next time. `tinypoison evaluate` measures final weights without training.',
      ];
}

function describeNearest(
  subject: Subject,
  found: NearestRuns,
  store: { readonly path: string; readonly shown: string },
): string[] {
  const { compared, runs, differences } = found;
  const [nearest, ...ties] = runs;
  if (nearest === undefined) return [`  the store ${store.shown} holds no other run to compare with`];
  const named = ties.slice(0, NAMED_TIES).map(({ id }) => shortId(id));
  const more = ties.length > NAMED_TIES ? `, and ${ties.length - NAMED_TIES} more` : '';
  const tie = ties.length === 0 ? '' : `; as near: ${named.join(', ')}${more}`;
  const unknown =
    nearest.contracts === null ? ['  its corpus and contracts are not known: it was never finished'] : [];
  return [
    `  nearest of ${plural(compared, 'other run')}: ${shortId(nearest.id)} (${titleOf(nearest)}; ${nearest.state}), ` +
      `${plural(differences.length, 'part')} differ${differences.length === 1 ? 's' : ''}${tie}`,
    ...differenceTable(differences, { one: 'this run', other: shortId(nearest.id) }),
    ...unknown,
    ...consequence(subject, found, store.path).map((line) => `  ${line}`),
  ];
}

/** What the store already has of a run that is to be done. */
function stateLine(stored: StoredRun | null): string {
  if (stored === null) return 'not in the store';
  if (stored.state === 'unfinished') return 'begun, not finished: it goes on, or starts again';
  if (stored.state === 'damaged') return `damaged, so it is repeated: ${inert(stored.reason ?? '')}`;
  return stored.state;
}

function subjectJson(subject: Subject, state: string, { compared, runs, differences }: NearestRuns) {
  const { id, config } = subject;
  return { id, title: configTitle(config), state, compared, nearest: runs.map((run) => run.id), differences };
}

function whyRun(abbreviation: string, options: WhyOptions, context: CommandContext): number {
  const store = absolutePath(options.store, context);
  const id = findRunId(store, abbreviation);
  const run = readStoredRun(store, id);
  if (run === null)
    throw new InputError(`run ${shortId(id)} has no readable config: run its experiment again`);
  const nearest = findNearest(run, readStoredRuns(store));
  if (options.json) printJson(context, subjectJson(run, run.state, nearest));
  else
    print(
      context,
      `Run ${shortId(id)} (${titleOf(run)}): ${run.state}`,
      ...describeNearest(run, nearest, { path: store, shown: options.store }),
    );
  return ExitCode.done;
}

/** The runs of an experiment's plan with their identities. */
async function plannedRuns(file: string, options: WhyOptions, context: CommandContext) {
  const { plan, baseFolder } = openExperiment(file, options, context);
  const store = absolutePath(options.store, context);
  const arithmetic = arithmeticOf(options.engine);
  const preparation = new ExperimentPreparation({ store, baseFolder });
  const identities = await preparation.identify(plan.runs, arithmetic);
  await preparation.close();
  const subjects = plan.runs.map(({ config }, place): Subject => {
    const { id, contracts } = identities[place] as RunIdentity;
    return { id, config: withoutPaths(config), contracts, arithmetic };
  });
  return { name: plan.name, subjects };
}

async function whyExperiment(file: string, options: WhyOptions, context: CommandContext): Promise<number> {
  const store = absolutePath(options.store, context);
  const { name, subjects } = await plannedRuns(file, options, context);
  const stored = readStoredRuns(store);
  const byId = new Map(stored.map((run) => [run.id, run]));
  const isKept = ({ id }: Subject) => !['unfinished', 'damaged', undefined].includes(byId.get(id)?.state);
  const missing = subjects.filter((subject) => !isKept(subject));
  const failed = subjects.filter(({ id }) => byId.get(id)?.state === 'failed').length;
  const explained = missing.slice(0, EXPLAINED_RUNS).map((subject) => ({
    subject,
    state: stateLine(byId.get(subject.id) ?? null),
    nearest: findNearest(subject, stored),
  }));
  if (options.json) {
    const runs = explained.map(({ subject, state, nearest }) => subjectJson(subject, state, nearest));
    printJson(context, { name, planned: subjects.length, missing: missing.length, failed, runs });
    return ExitCode.done;
  }
  print(
    context,
    missing.length === 0
      ? `${name}: ${plural(subjects.length, 'run')} planned, all in the store ${options.store}: nothing would train.`
      : `${name}: ${missing.length} of ${plural(subjects.length, 'run')} would train.`,
  );
  const toDo = missing.flatMap(({ id, config, contracts }) =>
    contracts === null ? [] : [{ config, identity: { id, contracts } }],
  );
  const kept = [...findTrainings(store, toDo).values()].filter(
    ({ missingSteps }) => missingSteps.length === 0,
  );
  if (kept.length > 0) print(context, `${kept.length} of them from kept weights: evaluated, not trained.`);
  if (failed > 0)
    print(context, `${plural(failed, 'run')} failed before; \`run --retry-failed\` does them again.`);
  for (const { subject, state, nearest } of explained)
    print(
      context,
      '',
      `Run ${shortId(subject.id)} (${titleOf(subject)}): ${state}`,
      ...describeNearest(subject, nearest, { path: store, shown: options.store }),
    );
  if (missing.length > explained.length)
    print(context, '', `… and ${missing.length - explained.length} more that would train.`);
  return ExitCode.done;
}

/** Says what sets a stored run, or the missing runs of an experiment, apart from the nearest stored runs. */
export function why(target: string, options: WhyOptions, context: CommandContext): number | Promise<number> {
  const isId = /^[0-9a-f]{4,64}$/.test(target) && !existsSync(absolutePath(target, context));
  return isId ? whyRun(target, options, context) : whyExperiment(target, options, context);
}
