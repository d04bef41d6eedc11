// Models that defences judge documents with: each is trained as its run would be without that defence and those behind it.
// So its weights are those of an undefended run, or of one with fewer defences, and runs that differ in what comes later
// share it. Where its state is kept is not the recipe's matter.

import { tokensPerStep } from '../../config/count-parameters.ts';
import type { ModelConfig, RunConfig } from '../../config/schema/schema.ts';
import { type ScoringPlace, scoringPlaces, stepsAt } from '../../config/scoring-tokens.ts';
import { canonicalJson } from '../../core/canonical-json.ts';
import type { DefenceContext } from '../../defend/defence.ts';
import { defenceSchemas } from '../../defend/registry.ts';
import { documentLosses, documentStates } from '../../model/document-signals.ts';
import type { TrainableModel, TrainingArrays } from '../../model/trainable-model.ts';
import type { Example } from '../../tokens/example.ts';
import type { RunProgress } from '../run-progress.ts';

/** A model between two steps of its training, or at its end. */
export interface ScoringState {
  /** Index of the phase, from 0. */
  readonly phase: number;
  /** Steps of the phase done. */
  readonly optimizerStep: number;
  readonly arrays: TrainingArrays;
  readonly progress: RunProgress;
}

/** What such a model is trained by. */
export interface ScoringTraining {
  readonly config: RunConfig;
  /** Steps of the last phase after which it stops. */
  readonly optimizerSteps: number;
}

/** Whether a state is that of the end of such a training. */
export function isTrained(
  { config, optimizerSteps }: ScoringTraining,
  { phase, optimizerStep }: Pick<ScoringState, 'phase' | 'optimizerStep'>,
): boolean {
  return phase === config.phases.length - 1 && optimizerStep === optimizerSteps;
}

/** Whether such a model is trained to the end of its config. */
export function isWhole({ config: { model, phases }, optimizerSteps }: ScoringTraining): boolean {
  const last = phases.at(-1);
  return last !== undefined && optimizerSteps === last.tokens / tokensPerStep(model, last.batch);
}

/** Keeps such models by what each is trained by. */
export interface ScoringModels {
  /** Null: it was not begun. */
  load(training: ScoringTraining): ScoringState | null;
  save(training: ScoringTraining, state: ScoringState): void;
}

/** Keeps models in memory. */
export function memoryScoring(): ScoringModels {
  const kept = new Map<string, ScoringState>();
  const keyOf = ({ config, optimizerSteps }: ScoringTraining) => canonicalJson({ config, optimizerSteps });
  return {
    load: (training) => kept.get(keyOf(training)) ?? null,
    save: (training, state) => {
      kept.set(keyOf(training), structuredClone(state));
    },
  };
}

/** The config that the model of a defence is trained by. */
export function scoringConfig(
  config: RunConfig,
  { phase, place }: Pick<ScoringPlace, 'phase' | 'place'>,
): RunConfig {
  const phases = config.phases.slice(0, phase + 1).map((own, index) => {
    if (index < phase) return own;
    const { defend = [], ...rest } = own;
    return place === 0 ? rest : { ...rest, defend: defend.slice(0, place) };
  });
  return { ...config, phases };
}

/** A model that a run needs. */
interface WantedModel extends ScoringTraining {
  /** The defence that judges by it. */
  readonly kind: string;
  /** Steps of its last phase that the model before it in the list has done of the same training; 0: it is another training. */
  readonly stepsBefore: number;
}

/** The models that a run needs: each after those that its own training needs. */
export function scoringConfigs(config: RunConfig): WantedModel[] {
  return scoringPlaces(config, defenceSchemas).flatMap((own) =>
    own.optimizerSteps.map((optimizerSteps, point) => ({
      kind: config.phases[own.phase]?.defend?.[own.place]?.kind ?? '',
      config: scoringConfig(config, own),
      optimizerSteps,
      stepsBefore: own.optimizerSteps[point - 1] ?? 0,
    })),
  );
}

/** Tokens that a model is trained on beyond those of the model before it. */
export function tokensOfModel({ config, optimizerSteps, stepsBefore }: WantedModel): number {
  const { model, phases } = config;
  const last = phases.at(-1);
  if (last === undefined) return 0;
  const own = (optimizerSteps - stepsBefore) * tokensPerStep(model, last.batch);
  return stepsBefore > 0 ? own : own + phases.slice(0, -1).reduce((sum, { tokens }) => sum + tokens, 0);
}

/** Documents whose states are in memory at a time, token by token. */
const DOCUMENTS_AT_ONCE = 256;

/** What hidden states and losses are read with. */
export interface StateSource {
  readonly models: ScoringModels;
  /** A model of that shape, which need not be trained. */
  readonly createModel: (request: {
    readonly config: ModelConfig;
    readonly vocabularySize: number;
  }) => TrainableModel;
  readonly vocabularySize: number;
}

/** Does something with the model of a defence, which is trained by then. */
function withModel<T>(
  training: ScoringTraining,
  { models, createModel, vocabularySize }: StateSource,
  read: (model: TrainableModel) => T,
): T {
  const state = models.load(training);
  if (state === null || !isTrained(training, state))
    throw new Error('documents are judged by a model that was not trained');
  const model = createModel({ config: training.config.model, vocabularySize });
  try {
    const { parameters } = state.arrays;
    model.setWeights(
      new Map(
        model.table.list.map(({ name, offset, count }) => [
          name,
          parameters.subarray(offset, offset + count),
        ]),
      ),
    );
    return read(model);
  } finally {
    model.release();
  }
}

/** What is read of some documents at a time, of those that have tokens. */
function readFull<T>(
  documents: readonly Example[],
  { read, empty }: { read: (tokens: Uint16Array[]) => readonly T[]; empty: () => T },
): T[] {
  const full = documents.flatMap(({ tokens }) => (tokens.length > 0 ? [tokens] : []));
  const found: T[] = [];
  for (let first = 0; first < full.length; first += DOCUMENTS_AT_ONCE)
    found.push(...read(full.slice(first, first + DOCUMENTS_AT_ONCE)));
  let next = 0;
  return documents.map(({ tokens }) => (tokens.length === 0 ? empty() : (found[next++] as T)));
}

/** Hidden states for a defence, in its model at the end of its training. */
export function scoringStates(config: RunConfig, source: StateSource): DefenceContext['states'] {
  const optimizerSteps = stepsAt(config, { phase: config.phases.length - 1, share: 1 });
  return (documents, { layer, pool }) =>
    withModel({ config, optimizerSteps }, source, (model) =>
      readFull<ArrayLike<number>>(documents, {
        read: (some) => documentStates(model, some, { layer: layer ?? 'head', pool }),
        empty: () => new Float32Array(model.shape.C),
      }),
    );
}

/** Losses of the tokens of documents for a defence, in its model after a share of the steps; a separator stands before each. */
export function scoringLosses(
  config: RunConfig,
  { separatorId, ...source }: StateSource & { readonly separatorId: number },
): DefenceContext['losses'] {
  return (documents, share) => {
    const optimizerSteps = stepsAt(config, { phase: config.phases.length - 1, share });
    return withModel({ config, optimizerSteps }, source, (model) =>
      readFull<ArrayLike<number>>(documents, {
        read: (some) =>
          documentLosses(
            model,
            some.map((tokens) => Uint16Array.of(separatorId, ...tokens)),
          ).map(({ tokenNats }) => tokenNats),
        empty: () => new Float32Array(),
      }),
    );
  };
}
