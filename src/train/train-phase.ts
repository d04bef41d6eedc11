// The training loop of one phase: an async generator of events. It prints nothing and writes no files.
import type { OptimizerConfig, ScheduleConfig } from '../config/schema/schema.ts';
import { nowMs } from '../core/clock.ts';
import { DivergenceError, InputError } from '../core/errors.ts';
import { UnsupportedSignalError } from '../model/signals.ts';
import type { TrainableModel } from '../model/trainable-model.ts';
import type { BatchSource, MicroBatch } from '../tokens/batches.ts';
import { type GradientRule, type GradientStep, sumOfExamples } from './gradient-rule.ts';
import { optimizerUpdate } from './optimizer.ts';
import { scheduleLearningRate } from './schedule.ts';

/** Losses that a DivergenceError reports. */
const REMEMBERED_LOSSES = 5;

/** Time after which the event loop gets a turn, so that signals and messages arrive. */
const TURN_MS = 50;

/** What a phase is trained with. */
export interface TrainPhaseOptions {
  /** Created with `training` of the batches' shape. Its weights are trained in place. */
  readonly model: TrainableModel;
  readonly batches: BatchSource;
  readonly optimizer: OptimizerConfig;
  readonly schedule: ScheduleConfig;
  /**
   * Steps of this phase that were done before, 0 by default. At 0 the optimizer's moments are set to zero: they
   * restart with each phase. Above 0 the model must hold the state that was exported after that many steps.
   */
  readonly startStep?: number;
  /**
   * The last losses in nats/token, oldest first, for a DivergenceError; written to. Kept with the exported state,
   * they let a resumed run that diverges report what an uninterrupted one reports. Emptied where `startStep` is 0.
   */
  readonly lastLossesNats?: number[];
  /** How a step's examples become one gradient; `sumOfExamples` by default. */
  readonly gradient?: GradientRule;
}

/** One optimizer step was taken. The model may do inference, and its state be exported, before the next is requested. */
export interface TrainEvent {
  readonly type: 'step';
  /** Steps of this phase done by now. */
  readonly optimizerStep: number;
  /** Tokens of this phase trained on by now. */
  readonly tokensTrained: number;
  /** Mean loss of the step's unmasked targets before the update, nats/token. */
  readonly lossNats: number;
  readonly learningRate: number;
  /** Euclidean norm of the gradient before clipping. */
  readonly gradientNorm: number;
}

function createMicroBatches(
  { microBatches, tokensPerStep }: BatchSource,
  { trainingShape }: TrainableModel,
): MicroBatch[] {
  if (trainingShape === undefined) {
    throw new InputError('this model was created for inference only; create it with `training`');
  }
  const tokens = trainingShape.sequences * trainingShape.T;
  if (tokens * microBatches !== tokensPerStep) {
    throw new InputError(
      `an optimizer step has ${tokensPerStep} tokens in ${microBatches} micro-batches; ` +
        `this model trains on micro-batches of ${trainingShape.sequences} sequences of ${trainingShape.T} tokens`,
    );
  }
  return Array.from({ length: microBatches }, () => ({
    inputs: new Int32Array(tokens),
    targets: new Int32Array(tokens),
    weights: new Float32Array(tokens),
  }));
}

/** Fills all micro-batches of a step; returns the number of unmasked targets. */
function fillStep(batches: BatchSource, step: number, into: readonly MicroBatch[]): number {
  let unmasked = 0;
  for (let m = 0; m < into.length; m++) {
    const batch = into[m] as MicroBatch;
    batches.fill(step, m, batch);
    for (let i = 0; i < batch.weights.length; i++) unmasked += batch.weights[i];
  }
  return unmasked;
}

/** Gradient of a step over all its micro-batches, by the rule. */
function computeGradient(rule: GradientRule, step: GradientStep): { lossNats: number; gradientNorm: number } {
  const { model, unmaskedTokens } = step;
  model.beginStep(unmaskedTokens);
  const nats = rule.accumulate(step);
  return { lossNats: nats / unmaskedTokens, gradientNorm: model.finishGradient() };
}

/** @throws UnsupportedSignalError where the model cannot give what a rule, or a repair after training, needs. */
export function checkNeeds(
  { needs }: Pick<GradientRule, 'needs'>,
  { signals, engineDetail }: Pick<TrainableModel, 'signals' | 'engineDetail'>,
): void {
  const signal = needs.find((need) => !signals.includes(need));
  if (signal === undefined) return;
  const remedy = 'Choose `--engine auto`, and create the model with what its training needs.';
  throw new UnsupportedSignalError({ signal, engine: `This model (${engineDetail})`, remedy });
}

/** Lets waiting events arrive. In a page by a message: its timers wait for 4 ms, or longer in a hidden tab. */
export function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve);
    else if (typeof MessageChannel === 'function') {
      const { port1, port2 } = new MessageChannel();
      const onmessage = () => {
        port1.close();
        resolve();
      };
      Object.assign(port1, { onmessage });
      port2.postMessage(null);
    } else setTimeout(resolve, 0);
  });
}

/**
 * Trains a model for one phase. Between events nothing runs: the consumer may evaluate the model or export its
 * state; it may also stop, by leaving its loop.
 * @throws DivergenceError with the step and the last losses, when a loss or gradient norm is not finite: parameters
 * are then those before that step
 * @throws InputError where model and batches do not fit
 */
export async function* trainPhase(options: TrainPhaseOptions): AsyncGenerator<TrainEvent, void, void> {
  const { model, batches, optimizer, schedule, startStep = 0, gradient = sumOfExamples } = options;
  const { lastLossesNats = [] } = options;
  checkNeeds(gradient, model);
  const { optimizerSteps, tokensPerStep } = batches;
  const microBatches = createMicroBatches(batches, model);
  let lastTurnMs = nowMs();
  if (startStep === 0) {
    model.resetMoments();
    lastLossesNats.length = 0;
  }
  for (let step = startStep; step < optimizerSteps; step++) {
    const unmaskedTokens = fillStep(batches, step, microBatches);
    const { lossNats, gradientNorm } = computeGradient(gradient, {
      ...{ model, microBatches, unmaskedTokens, step },
    });
    if (!Number.isFinite(lossNats) || !Number.isFinite(gradientNorm)) {
      const what = Number.isFinite(lossNats)
        ? `the gradient norm is ${gradientNorm}`
        : `the loss is ${lossNats}`;
      throw new DivergenceError({ optimizerStep: step + 1, lastLossesNats: [...lastLossesNats], what });
    }
    lastLossesNats.push(lossNats);
    if (lastLossesNats.length > REMEMBERED_LOSSES) lastLossesNats.shift();
    const learningRate = scheduleLearningRate({
      schedule,
      learningRate: optimizer.learningRate,
      step,
      optimizerSteps,
    });
    model.applyOptimizer(optimizerUpdate({ optimizer, learningRate, step, gradientNorm }));
    yield {
      type: 'step',
      optimizerStep: step + 1,
      tokensTrained: (step + 1) * tokensPerStep,
      lossNats,
      learningRate,
      gradientNorm,
    };
    if (nowMs() - lastTurnMs > TURN_MS) {
      await eventLoopTurn();
      lastTurnMs = nowMs();
    }
  }
}
