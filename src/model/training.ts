// One optimizer step over an arena: gradients chunk by chunk, their norm, the update.
import { Limits, OptimizerScalar } from '../kernels/operations.ts';
import { checkBatchLengths, checkBatchRow, checkUnmaskedTokens } from './checks.ts';
import type { ModelMemory } from './memory.ts';
import { sumLosses } from './sum-losses.ts';
import type { OptimizerUpdate, SequenceLosses, TrainingBatch } from './trainable-model.ts';
import type { TrainingPlan } from './training-plan.ts';

/** The training side of a model. */
export class Training {
  readonly #memory: ModelMemory;
  readonly #plan: TrainingPlan;
  readonly #vocabularySize: number;
  readonly #meanNats: Float64Array;
  #tokenWeight = 0;

  constructor(memory: ModelMemory, plan: TrainingPlan, vocabularySize: number) {
    this.#memory = memory;
    this.#plan = plan;
    this.#vocabularySize = vocabularySize;
    this.#meanNats = new Float64Array(plan.shape.sequences);
    for (const program of Object.values(plan.programs)) program.load(memory.arena);
  }

  /**
   * Begins an optimizer step: gradients are zero.
   * @param unmaskedTokens of all micro-batches of the step; each counts 1 / unmaskedTokens, so that accumulation
   * equals one large batch
   * @throws InputError if it is not above 0
   */
  beginStep(unmaskedTokens: number): void {
    checkUnmaskedTokens(unmaskedTokens);
    this.#tokenWeight = 1 / unmaskedTokens;
    this.#memory.pack();
    this.#plan.programs.zero.run(this.#memory.arena);
  }

  /**
   * Adds the gradient of one micro-batch.
   * @throws InputError for a token id out of range, or arrays of another length
   */
  accumulateGradient(batch: TrainingBatch): SequenceLosses {
    const { shape, chunk, programs } = this.#plan;
    const { integers, arena } = this.#memory;
    const tokens = shape.sequences * shape.T;
    checkBatchLengths(batch, shape);
    for (let r = 0; r < chunk.N; r++) integers[chunk.rowPositions + r] = r % shape.T;
    let sumNats = 0;
    for (let first = 0; first < tokens; first += chunk.N) {
      this.#fill(batch, first);
      programs.chunk.run(arena);
      sumNats += this.#readLosses(batch.weights, first);
    }
    return { meanNats: this.#meanNats, sumNats };
  }

  #fill(batch: TrainingBatch, first: number): void {
    const { inputs, targets, weights } = batch;
    const { chunk } = this.#plan;
    const { integers, floats } = this.#memory;
    for (let r = 0; r < chunk.N; r++) {
      const input = inputs[first + r];
      const target = targets[first + r];
      // one comparison for both ends of the range: a negative id becomes a large one
      if (input >>> 0 >= this.#vocabularySize || target >>> 0 >= this.#vocabularySize) {
        checkBatchRow(batch, first + r, this.#vocabularySize);
      }
      integers[chunk.tokens + r] = input;
      integers[chunk.targets + r] = target;
      floats[chunk.lossWeights + r] = weights[first + r] * this.#tokenWeight;
    }
  }

  /** Sums the losses of a chunk in order, and those of each of its sequences. */
  #readLosses(weights: Float32Array, first: number): number {
    const { chunk, shape } = this.#plan;
    return sumLosses({
      sequences: chunk.sequences,
      T: shape.T,
      losses: this.#memory.floats,
      lossesStart: chunk.losses,
      weights,
      weightsStart: first,
      meanNats: this.#meanNats,
      meansStart: first / shape.T,
    });
  }

  /** Ends the accumulation: the gradient of the step's mean loss is complete. Returns its Euclidean norm. */
  finishGradient(): number {
    const { programs, partials, table } = this.#plan;
    const { arena, floats } = this.#memory;
    programs.finish.run(arena);
    let sum = 0;
    const blocks = Math.ceil(table.words / Limits.sumSquaresBlock);
    for (let b = 0; b < blocks; b++) sum += floats[partials + b];
    return Math.sqrt(sum);
  }

  /** Changes the parameters by the gradient. */
  applyOptimizer(update: OptimizerUpdate): void {
    const { programs, scalars } = this.#plan;
    const { floats, arena } = this.#memory;
    floats[scalars + OptimizerScalar.learningRate] = update.learningRate;
    floats[scalars + OptimizerScalar.beta1] = update.beta1;
    floats[scalars + OptimizerScalar.oneMinusBeta1] = 1 - update.beta1;
    floats[scalars + OptimizerScalar.beta2] = update.beta2;
    floats[scalars + OptimizerScalar.oneMinusBeta2] = 1 - update.beta2;
    floats[scalars + OptimizerScalar.correction1] = update.correction1;
    floats[scalars + OptimizerScalar.correction2] = update.correction2;
    floats[scalars + OptimizerScalar.epsilon] = update.epsilon;
    floats[scalars + OptimizerScalar.gradientScale] = update.gradientScale;
    floats[scalars + OptimizerScalar.decay] = update.learningRate * update.weightDecay;
    programs[update.kind].run(arena);
    this.#memory.updates += 1;
    this.#memory.markChanged();
  }

  /** Sets both moments of AdamW to zero. */
  resetMoments(): void {
    const { firstMomentBase, secondMomentBase, table } = this.#plan;
    this.#memory.floats.fill(0, firstMomentBase, firstMomentBase + table.words);
    this.#memory.floats.fill(0, secondMomentBase, secondMomentBase + table.words);
  }
}
