// `tinypoison evaluate`: the evaluation again, on stored final weights.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { diskFiles } from '../../config/node/disk-files.ts';
import { planRun } from '../../config/plan-run.ts';
import type { RunConfig } from '../../config/schema/schema.ts';
import { InputError } from '../../core/errors.ts';
import { inert } from '../../core/inert-text.ts';
import { writeFileAtomic } from '../../core/node/atomic-file.ts';
import { type CheckpointEvaluation, evaluateCheckpoint } from '../../evaluate/evaluate-checkpoint.ts';
import type { EngineOption } from '../../kernels/engine-names.ts';
import type { RunIdentity } from '../../recipe/identity.ts';
import { registered } from '../../recipe/registered.ts';
import { arithmeticOf } from '../../run/execute/model-source.ts';
import { readCachedJson } from '../../run/prepare/cached-json.ts';
import { ExperimentPreparation } from '../../run/prepare/prepare-experiment.ts';
import type { RunRecord } from '../../run/record.ts';
import { configTitle } from '../../run/run-title.ts';
import { evaluationSetSchema } from '../../run/schemas/cached-schemas.ts';
import { findRunId, runFile, runFolder } from '../../run/store/store.ts';
import { decodingTokenizer } from '../../tokens/decoding-tokenizer.ts';
import { parseVocabulary } from '../../tokens/vocabulary.ts';
import { absolutePath, type CommandContext, ExitCode, notify, print, printJson } from '../command-context.ts';
import { formatNumber, plural } from '../format.ts';
import { type ExperimentFileOptions, openExperiment } from '../open-experiment.ts';
import {
  loadStoredModel,
  runsByTraining,
  storedConfig,
  storedRecord,
  storedVocabulary,
} from '../stored-model.ts';
import { table } from '../terminal.ts';

export interface EvaluateOptions extends ExperimentFileOptions {
  readonly store: string;
  readonly engine: EngineOption;
  readonly json?: boolean;
}

const FEWEST_PROMPTS = 10;

/** A stored run and the config it is to be evaluated with. */
interface Target {
  readonly id: string;
  readonly config: RunConfig;
  readonly identity: RunIdentity;
}

/** The config of one stored run with settings laid over it. */
function changedConfig(store: string, id: string, options: EvaluateOptions): RunConfig {
  const config = storedConfig(store, id);
  const file = runFile(store, id, 'config');
  const withLightPrompts = (lightPrompts: number): RunConfig => {
    const evaluation = { ...config.evaluation, lightPrompts };
    const set = options.set ?? [];
    return planRun({ ...config, evaluation }, { file, files: diskFiles, ...registered, set }).config;
  };
  // No light evaluation is made here, so fewer prompts than the run's had are no mistake.
  const { prompts } = withLightPrompts(FEWEST_PROMPTS).evaluation;
  return withLightPrompts(Math.min(config.evaluation.lightPrompts, prompts));
}

async function targetsOfRun(
  store: string,
  id: string,
  options: EvaluateOptions,
): Promise<{ targets: Target[]; preparation: ExperimentPreparation }> {
  const record = storedRecord(store, id);
  const config = changedConfig(store, id, options);
  const preparation = new ExperimentPreparation({ store, baseFolder: store });
  const [identity] = (await preparation.identify([{ config }], record.arithmetic)) as [RunIdentity];
  if (identity.contracts.trainingHash !== record.contracts.trainingHash) {
    throw new InputError(
      'these settings, the corpus or this version of the program train other weights: --set may only change evaluation here',
    );
  }
  return { targets: [{ id, config, identity }], preparation };
}

async function targetsOfExperiment(
  store: string,
  file: string,
  options: EvaluateOptions,
  context: CommandContext,
): Promise<{ targets: Target[]; preparation: ExperimentPreparation }> {
  const { plan, baseFolder } = openExperiment(file, options, context);
  const preparation = new ExperimentPreparation({ store, baseFolder });
  const known = runsByTraining(store);
  const findTargets = async (arithmetic: RunRecord['arithmetic']): Promise<Target[]> => {
    const identities = await preparation.identify(plan.runs, arithmetic);
    return plan.runs.flatMap(({ config }, place): Target[] => {
      const identity = identities[place] as RunIdentity;
      const id = known.get(String(identity.contracts.trainingHash));
      return id === undefined ? [] : [{ id, config, identity }];
    });
  };
  let targets = await findTargets(arithmeticOf(options.engine));
  // An engine can also evaluate weights that the kernels trained.
  if (targets.length === 0) targets = await findTargets('exact');
  const missing = plan.runs.length - targets.length;
  if (targets.length === 0) {
    throw new InputError(
      `the store ${store} holds weights of none of the runs of ${plan.name}: run it first`,
    );
  }
  if (missing > 0)
    notify(context, `weights of ${missing} of ${plan.runs.length} runs are not in the store: left out`);
  return { targets, preparation };
}

/** One evaluation of final weights. */
interface Evaluated extends CheckpointEvaluation {
  readonly id: string;
  readonly evaluationHash: string;
  /** Of the engine that evaluated. */
  readonly arithmetic: RunRecord['arithmetic'];
  readonly title: string;
  readonly file: string;
}

async function evaluateTarget(
  { id, config, identity }: Target,
  setPath: string,
  options: { store: string; engine: EngineOption },
): Promise<Evaluated> {
  const { store, engine } = options;
  const model = await loadStoredModel(store, id, engine);
  try {
    const { decode } = decodingTokenizer(parseVocabulary(storedVocabulary(store, id)));
    const set = readCachedJson(setPath, evaluationSetSchema);
    const measured = evaluateCheckpoint(model, set, {
      ...{ full: true, keepScores: true },
      ...{ seed: config.seed, decode },
    });
    const evaluationHash = String(identity.contracts.evaluationHash);
    const arithmetic = arithmeticOf(engine);
    // What kernels measured and what TensorFlow.js measured of the same weights are kept side by side.
    const name = `${evaluationHash.slice(0, 16)}${arithmetic === 'exact' ? '' : `.${arithmetic}`}.json`;
    const file = join(runFolder(store, id), 'evaluations', name);
    const content = { id, evaluationHash, arithmetic, evaluation: config.evaluation, ...measured };
    writeFileAtomic(file, `${JSON.stringify(content, null, 1)}\n`);
    return { id, evaluationHash, arithmetic, title: configTitle(config), file, ...measured };
  } finally {
    model.release();
  }
}

/** Evaluates stored final weights again. */
export async function evaluate(
  target: string,
  options: EvaluateOptions,
  context: CommandContext,
): Promise<number> {
  const store = absolutePath(options.store, context);
  const engine = options.engine;
  const isId = /^[0-9a-f]{4,64}$/.test(target) && !existsSync(absolutePath(target, context));
  const { targets, preparation } = isId
    ? await targetsOfRun(store, findRunId(store, target), options)
    : await targetsOfExperiment(store, target, options, context);
  const sets = await preparation.prepareEvaluations(targets);
  await preparation.close();
  const evaluated: Evaluated[] = [];
  for (const [place, item] of targets.entries()) {
    if (context.interrupt.aborted) return ExitCode.interrupted;
    evaluated.push(await evaluateTarget(item, sets[place] as string, { store, engine }));
    // Gives Ctrl-C a turn.
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (options.json) {
    printJson(context, { evaluations: evaluated });
    return ExitCode.done;
  }
  const head = ['run', 'condition', 'prompts', 'success', 'self nats', 'judge nats', 'entropy', 'what'];
  const rows = evaluated.flatMap(({ id, title, conditions }) =>
    conditions.map((item) => [
      id.slice(0, 12),
      item.condition,
      String(item.prompts),
      formatNumber(item.successShare),
      formatNumber(item.selfNats),
      formatNumber(item.judgeNats),
      formatNumber(item.firstTokenEntropyNats),
      inert(title),
    ]),
  );
  print(
    context,
    ...table([head, ...rows], [2, 3, 4, 5, 6]),
    '',
    `${plural(evaluated.length, 'run')} evaluated; kept in each run's folder under evaluations/.`,
    ...(arithmeticOf(engine) === 'exact'
      ? []
      : ['Measured with TensorFlow.js: these figures are not bit-reproducible.']),
  );
  return ExitCode.done;
}
