// Models that defences judge documents with: each is trained as its run would be without that defence and those behind it.
// So its weights are those of an undefended run, or of one with fewer defences, and runs that differ in what comes later
// share it. Where its state is kept is not the recipe's matter.

import { tokensPerStep } from '../../config/count-parameters.ts';
import type { ModelConfig, RunConfig } from '../../config/schema/schema.ts';
import { type ScoringPlace, scoringPlaces } from '../../config/scoring-tokens.ts';
import { canonicalJson } from '../../core/canonical-json.ts';
import type { DefenceContext } from '../../defend/defence.ts';
import { defenceSchemas } from '../../defend/registry.ts';
import { documentStates } from '../../model/document-signals.ts';
import type { TrainableModel, TrainingArrays } from '../../model/trainable-model.ts';
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

/** Whether a state is that of the end of a config's training. */
export function isTrained(
  { model, phases }: RunConfig,
  { phase, optimizerStep }: Pick<ScoringState, 'phase' | 'optimizerStep'>,
): boolean {
  const last = phases.at(-1);
  return (
    last !== undefined &&
    phase === phases.length - 1 &&
    optimizerStep === last.tokens / tokensPerStep(model, last.batch)
  );
}

/** Keeps such models by the config that each is trained by. */
export interface ScoringModels {
  /** Null: it was not begun. */
  load(config: RunConfig): ScoringState | null;
  save(config: RunConfig, state: ScoringState): void;
}

/** Keeps models in memory. */
export function memoryScoring(): ScoringModels {
  const kept = new Map<string, ScoringState>();
  return {
    load: (config) => kept.get(canonicalJson(config)) ?? null,
    save: (config, state) => {
      kept.set(canonicalJson(config), structuredClone(state));
    },
  };
}

/** The config that the model of a defence is trained by. */
export function scoringConfig(config: RunConfig, { phase, place }: ScoringPlace): RunConfig {
  const phases = config.phases.slice(0, phase + 1).map((own, index) => {
    if (index < phase) return own;
    const { defend = [], ...rest } = own;
    return place === 0 ? rest : { ...rest, defend: defend.slice(0, place) };
  });
  return { ...config, phases };
}

/** A model that a run needs. */
interface WantedModel {
  /** The defence that judges by it. */
  readonly kind: string;
  readonly config: RunConfig;
}

/** The models that a run needs: each after those that its own training needs. */
export function scoringConfigs(config: RunConfig): WantedModel[] {
  return scoringPlaces(config, defenceSchemas).map((own) => ({
    kind: config.phases[own.phase]?.defend?.[own.place]?.kind ?? '',
    config: scoringConfig(config, own),
  }));
}

/** Documents whose states are in memory at a time, token by token. */
const DOCUMENTS_AT_ONCE = 256;

/** What hidden states are read with. */
export interface StateSource {
  readonly models: ScoringModels;
  /** A model of that shape, which need not be trained. */
  readonly createModel: (request: {
    readonly config: ModelConfig;
    readonly vocabularySize: number;
  }) => TrainableModel;
  readonly vocabularySize: number;
}

/** Hidden states for a defence, in its model. It is trained by then. */
export function scoringStates(
  config: RunConfig,
  { models, createModel, vocabularySize }: StateSource,
): DefenceContext['states'] {
  return (documents, { layer, pool }) => {
    const state = models.load(config);
    if (state === null || !isTrained(config, state))
      throw new Error('hidden states are read of a model that was not trained');
    const model = createModel({ config: config.model, vocabularySize });
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
      const full = documents.filter(({ tokens }) => tokens.length > 0);
      const states: Float32Array[] = [];
      for (let first = 0; first < full.length; first += DOCUMENTS_AT_ONCE)
        states.push(
          ...documentStates(
            model,
            full.slice(first, first + DOCUMENTS_AT_ONCE).map(({ tokens }) => tokens),
            { layer: layer ?? 'head', pool },
          ),
        );
      let next = 0;
      return documents.map(({ tokens }) =>
        tokens.length === 0 ? new Float32Array(model.shape.C) : (states[next++] as Float32Array),
      );
    } finally {
      model.release();
    }
  };
}
