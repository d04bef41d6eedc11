// One optimizer step over an arena: gradients chunk by chunk, their norm, the update.
import { InputError } from '../core/errors.ts';
import { OptimizerScalar, SUM_SQUARES_BLOCK } from '../kernels/operations.ts';
import type { ModelMemory } from './memory.ts';
import { checkTokenId } from './token-check.ts';
import type { TrainingPlan } from './training-plan.ts';

/** One micro-batch, row by row: [sequences][T] flattened. */
export interface TrainingBatch {
  /** Token ids. */
  readonly inputs: Int32Array;
  /** Id of the token that follows each input. */
  readonly targets: Int32Array;
  /** 1: the target counts; 0: it is masked. */
  readonly weights: Float32Array;
}

/** Losses of a micro-batch; the arrays are reused by the next one. */
export interface SequenceLosses {
  /** Mean loss of each sequence's unmasked targets, nats/token; NaN where all are masked. [sequences] */
  readonly meanNats: Float64Array;
  /** Sum over the whole micro-batch of loss times weight, nats. */
  readonly sumNats: number;
}

/** What an optimizer changes the parameters by, once the gradient is known. */
export interface OptimizerUpdate {
  readonly kind: 'adamw' | 'sgd';
  readonly learningRate: number;
  readonly weightDecay: number;
  /** The gradient is multiplied by this first (clipping). */
  readonly gradientScale: number;
  readonly beta1: number;
  readonly beta2: number;
  /** 1 / (1 - beta1^t) */
  readonly correction1: number;
  /** 1 / (1 - beta2^t) */
  readonly correction2: number;
  readonly epsilon: number;
}

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
    if (!(unmaskedTokens > 0)) {
      throw new InputError(`a training step has ${unmaskedTokens} unmasked tokens; it needs at least one`);
    }
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
    const { inputs, targets, weights } = batch;
    if (inputs.length !== tokens || targets.length !== tokens || weights.length !== tokens) {
      throw new InputError(
        `a micro-batch has ${inputs.length} inputs, ${targets.length} targets and ${weights.length} weights; ` +
          `this model trains on ${shape.sequences} sequences of ${shape.T} tokens, ${tokens} in all`,
      );
    }
    for (let r = 0; r < chunk.N; r++) integers[chunk.rowPositions + r] = r % shape.T;
    let sumNats = 0;
    for (let first = 0; first < tokens; first += chunk.N) {
      this.#fill(batch, first);
      programs.chunk.run(arena);
      sumNats += this.#readLosses(weights, first);
    }
    return { meanNats: this.#meanNats, sumNats };
  }

  #fill({ inputs, targets, weights }: TrainingBatch, first: number): void {
    const { chunk } = this.#plan;
    const { integers, floats } = this.#memory;
    for (let r = 0; r < chunk.N; r++) {
      const input = inputs[first + r];
      const target = targets[first + r];
      // one comparison for both ends of the range: a negative id becomes a large one
      if (input >>> 0 >= this.#vocabularySize || target >>> 0 >= this.#vocabularySize) {
        checkTokenId(input, this.#vocabularySize, `input ${first + r} of the batch`);
        checkTokenId(target, this.#vocabularySize, `target ${first + r} of the batch`);
      }
      integers[chunk.tokens + r] = input;
      integers[chunk.targets + r] = target;
      floats[chunk.lossWeights + r] = weights[first + r] * this.#tokenWeight;
    }
  }

  /** Sums the losses of a chunk in order, and those of each of its sequences. */
  #readLosses(weights: Float32Array, first: number): number {
    const { chunk, shape } = this.#plan;
    const { floats } = this.#memory;
    let chunkNats = 0;
    for (let s = 0; s < chunk.sequences; s++) {
      let nats = 0;
      let weight = 0;
      for (let t = 0; t < shape.T; t++) {
        const r = s * shape.T + t;
        const w = weights[first + r];
        if (w === 0) continue;
        nats += w * floats[chunk.losses + r];
        weight += w;
      }
      this.#meanNats[first / shape.T + s] = nats / weight;
      chunkNats += nats;
    }
    return chunkNats;
  }

  /** Ends the accumulation: the gradient of the step's mean loss is complete. Returns its Euclidean norm. */
  finishGradient(): number {
    const { programs, partials, table } = this.#plan;
    const { arena, floats } = this.#memory;
    programs.finish.run(arena);
    let sum = 0;
    const blocks = Math.ceil(table.words / SUM_SQUARES_BLOCK);
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
