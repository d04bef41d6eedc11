// `tinypoison ensemble`: runs that were trained on parts of the same data, as one model.
import { canonicalJson } from '../../core/canonical-json.ts';
import { InputError } from '../../core/errors.ts';
import type { EngineOption } from '../../kernels/engine-names.ts';
import { canBeLed, type EnsembleMember } from '../../model/ensemble.ts';
import type { Gpt } from '../../model/gpt.ts';
import { readCachedJson } from '../../run/prepare/cached-json.ts';
import { ExperimentPreparation } from '../../run/prepare/prepare-experiment.ts';
import type { RunRecord } from '../../run/record.ts';
import { evaluationSetSchema } from '../../run/schemas/cached-schemas.ts';
import { findRunId } from '../../run/store/store.ts';
import { decodingTokenizer } from '../../tokens/decoding-tokenizer.ts';
import { parseVocabulary } from '../../tokens/vocabulary.ts';
import {
  absolutePath,
  type CommandContext,
  ExitCode,
  notify,
  parseInteger,
  printJson,
} from '../command-context.ts';
import { lawsOf } from '../ensemble/ensemble-laws.ts';
import {
  type EnsembleGroup,
  findEnsembles,
  hasMixedParts,
  targetParts,
  whyUncertified,
} from '../ensemble/find-ensembles.ts';
import { type EnsembleResult, measureEnsemble } from '../ensemble/measure-ensemble.ts';
import { showEnsembles, showLaws } from '../ensemble/show-ensembles.ts';
import { plural } from '../format.ts';
import { measureRun } from '../measured-use.ts';
import type { ExperimentFileOptions } from '../open-experiment.ts';
import { loadStoredModel, storedConfig, storedRecord, storedVocabulary } from '../stored-model.ts';
import { isRunId, type StoredRun, storedRuns } from '../stored-runs.ts';

export interface EnsembleOptions extends ExperimentFileOptions {
  readonly store: string;
  readonly engine: EngineOption;
  readonly targeted?: string;
  readonly json?: boolean;
}

/** Runs of the store as they were named: one ensemble, whatever they are. */
function namedGroup(store: string, targets: readonly string[]): EnsembleGroup {
  const members = targets.map((target): StoredRun => {
    const id = findRunId(store, target);
    return { id, config: storedConfig(store, id) };
  });
  return { members, planted: plantedOf(members.map(({ id }) => storedRecord(store, id))), targeted: null };
}

/** Poisoned documents in the parts of the members, each counted where it was trained on. */
function plantedOf(records: readonly RunRecord[]): number {
  return records.reduce(
    (sum, { poison }) =>
      sum + poison.reduce((own, { documents, filtered }) => own + (filtered?.kept ?? documents), 0),
    0,
  );
}

/** Members of one vocabulary and shape, each lent by the store. */
async function loadMembers(
  store: string,
  { members }: EnsembleGroup,
  engine: EngineOption,
): Promise<(Gpt & EnsembleMember)[]> {
  const loaded: (Gpt & EnsembleMember)[] = [];
  try {
    for (const { id } of members) {
      const model = await loadStoredModel(store, id, engine);
      if (!canBeLed(model)) {
        model.release();
        throw new InputError('--engine tfjs cannot lead several models along one text: use another engine');
      }
      loaded.push(model);
    }
    return loaded;
  } catch (error) {
    for (const model of loaded) model.release();
    throw error;
  }
}

function checkAlike(store: string, { members }: EnsembleGroup): RunRecord[] {
  if (members.length < 2)
    throw new InputError('an ensemble has two members or more: name the runs of all parts');
  const records = members.map(({ id }) => storedRecord(store, id));
  const [first] = records;
  const shape = (record: RunRecord | undefined) =>
    record &&
    canonicalJson([record.config.model, record.config.evaluation, storedVocabulary(store, record.id)]);
  for (const record of records)
    if (shape(record) !== shape(first))
      throw new InputError(
        `runs ${first?.id.slice(0, 12)} and ${record.id.slice(0, 12)} differ in model, vocabulary or evaluation: members of an ensemble share them`,
      );
  return records;
}

async function measureGroup(
  group: EnsembleGroup,
  set: string,
  { store, engine }: { store: string; engine: EngineOption },
): Promise<EnsembleResult> {
  const records = checkAlike(store, group);
  const models = await loadMembers(store, group, engine);
  try {
    const [first] = group.members as [StoredRun];
    const { decode } = decodingTokenizer(parseVocabulary(storedVocabulary(store, first.id)));
    const { seed } = first.config;
    const found = measureEnsemble(models, records, {
      ...{ seed, decode },
      set: readCachedJson(set, evaluationSetSchema),
    });
    return {
      runs: group.members.map(({ id }) => id),
      ...{ seed, planted: group.planted, targeted: group.targeted },
      documents: plantedOf(records),
      uncertified: whyUncertified(group.members),
      ...found,
    };
  } finally {
    for (const model of models) model.release();
  }
}

/** Measures ensembles of stored runs. */
export async function ensemble(
  targets: readonly string[],
  options: EnsembleOptions,
  context: CommandContext,
): Promise<number> {
  const store = absolutePath(options.store, context);
  const { engine } = options;
  const areIds = targets.every((target) => isRunId(target, context));
  if (!areIds && targets.length > 1)
    throw new InputError('name one experiment, or runs by their ids: one of these is neither alone');
  const targeted =
    options.targeted === undefined
      ? null
      : parseInteger(options.targeted, { name: '--targeted', minimum: 1, maximum: 50 });
  if (areIds && targeted !== null)
    throw new InputError(
      '--targeted chooses members of an experiment: name its file, or the runs that you mean',
    );
  const runs = areIds ? [] : await storedRuns(store, targets[0] as string, { options, context });
  const mixed = runs.filter(({ config }) => hasMixedParts(config)).length;
  if (mixed > 0)
    notify(
      context,
      `${plural(mixed, 'run')} with different parts in different phases left out: a member has the same part in every phase`,
    );
  const found = areIds ? [namedGroup(store, targets)] : findEnsembles(runs);
  if (found.length === 0)
    throw new InputError(
      `the store ${store} holds no ensemble of ${targets[0]}: that are runs with partition in defend, one of each part (the same in every phase that is divided), all finished and with their weights`,
    );
  const groups = targeted === null ? found : targetParts(found, targeted);
  const preparation = new ExperimentPreparation({ store, baseFolder: store });
  const sets = await preparation.prepareEvaluations(groups.map(({ members }) => members[0] as StoredRun));
  await preparation.close();
  const results: EnsembleResult[] = [];
  for (const [place, group] of groups.entries()) {
    if (context.interrupt.aborted) return ExitCode.interrupted;
    results.push(await measureGroup(group, sets[place] as string, { store, engine }));
    notify(context, `${place + 1} of ${plural(groups.length, 'ensemble')} measured`);
    // Gives Ctrl-C a turn.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const laws = areIds ? [] : lawsOf(results, runs, (id) => measureRun(storedRecord(store, id)));
  if (options.json) printJson(context, { ensembles: results, halfSuccess: laws });
  else {
    showEnsembles(results, context);
    showLaws(laws, { targeted, context });
  }
  return ExitCode.done;
}
