// Trains the models that a run's defences judge documents with, before the run itself.
import { tokensPerStep } from '../../config/count-parameters.ts';
import type { PhaseConfig, RunConfig } from '../../config/schema/schema.ts';
import { DivergenceError } from '../../core/errors.ts';
import type { TrainableModel } from '../../model/trainable-model.ts';
import type { TrainEvent } from '../../train/train-phase.ts';
import { emptyProgress, type RunProgress } from '../run-progress.ts';
import {
  isTrained,
  type ScoringModels,
  type ScoringState,
  scoringConfigs,
  tokensOfModel,
} from './scoring-models.ts';

/** A step of such a model was taken. It is no step of the run. */
export interface ScoringEvent {
  readonly kind: 'scoring';
  readonly phase: PhaseConfig;
  readonly step: TrainEvent;
  /** Tokens trained by now over all such models of the run, those included that were there already. */
  readonly tokensTrained: number;
  /** Tokens that this step was trained on. */
  readonly stepTokens: number;
  /** Keeps the model as it is, so that a later process goes on from there. */
  save(): void;
}

/** What a training tells of itself. */
type TrainingEvent =
  | { readonly kind: 'phase' | 'checkpoint' | 'trained' | 'scoring' }
  | {
      readonly kind: 'step';
      readonly index: number;
      readonly phase: PhaseConfig;
      readonly model: TrainableModel;
      readonly step: TrainEvent;
      readonly tokensBefore: number;
    };

/** Trains by a config without measuring. */
export type TrainConfig = (options: {
  readonly config: RunConfig;
  readonly progress: RunProgress;
  readonly resume?: ScoringState;
}) => AsyncGenerator<TrainingEvent, void, void>;

/** One that diverges says which it was. */
async function* named(
  kind: string,
  events: AsyncGenerator<TrainingEvent, void, void>,
): AsyncGenerator<TrainingEvent, void, void> {
  try {
    yield* events;
  } catch (error) {
    if (!(error instanceof DivergenceError)) throw error;
    const { optimizerStep, lastLossesNats } = error;
    const what = `of the model that ${kind} judges by, ${error.what}`;
    throw new DivergenceError({ optimizerStep, lastLossesNats, what });
  }
}

/** The models that a run's defences judge by, with how far each was trained. */
interface Missing {
  readonly training: ReturnType<typeof scoringConfigs>[number];
  /** Where it goes on; null: at its beginning. */
  readonly found: ScoringState | null;
}

/** One that has done the steps before, where it stopped or where the model before it ended. */
function startOf(training: Missing['training'], models: ScoringModels): ScoringState | null {
  const { config, stepsBefore } = training;
  const found = models.load(training);
  if (found !== null || stepsBefore === 0) return found;
  return models.load({ config, optimizerSteps: stepsBefore });
}

/** Trains what is missing of a run's models, and goes on with what was begun. */
export async function* trainMissing(
  config: RunConfig,
  { models, train }: { readonly models: ScoringModels; readonly train: TrainConfig },
): AsyncGenerator<ScoringEvent, void, void> {
  let before = 0;
  for (const training of scoringConfigs(config)) {
    const found = startOf(training, models);
    if (found === null || !isTrained(training, found)) {
      for await (const event of trainOne({ training, found }, { models, train })) {
        const beforeModel = training.stepsBefore === 0 ? before : before - startTokens(training);
        yield { ...event, tokensTrained: beforeModel + event.tokensTrained };
      }
    }
    before += tokensOfModel(training);
  }
}

/** Tokens that the model before it in the list has been trained on. */
function startTokens({ config, stepsBefore }: Missing['training']): number {
  return tokensOfModel({ config, optimizerSteps: stepsBefore, stepsBefore: 0, kind: '' });
}

async function* trainOne(
  { training, found }: Missing,
  { models, train }: { readonly models: ScoringModels; readonly train: TrainConfig },
): AsyncGenerator<ScoringEvent, void, void> {
  const { kind, config } = training;
  const progress = found?.progress ?? emptyProgress();
  const resume = found === null ? {} : { resume: found };
  for await (const event of named(kind, train({ config, progress, ...resume }))) {
    if (event.kind !== 'step') continue;
    const { index, phase, model, step } = event;
    const state = { phase: index, optimizerStep: step.optimizerStep };
    const save = () => models.save(training, { ...state, progress, arrays: model.exportTraining() });
    const ends = isTrained(training, state);
    if (ends) save();
    const tokensTrained = event.tokensBefore + step.tokensTrained;
    const stepTokens = tokensPerStep(config.model, phase.batch);
    yield { kind: 'scoring', phase, step, tokensTrained, stepTokens, save };
    if (ends) return;
  }
}
