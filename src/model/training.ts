// One optimizer step over an arena: gradients chunk by chunk, their norm, the update.
import { InputError } from '../core/errors.ts';
import { OptimizerScalar } from '../kernels/operations.ts';
import { checkBatchLengths, checkBatchRow, checkSequences, checkUnmaskedTokens } from './checks.ts';
import type { ChunkActivations } from './programs/activations.ts';
import type { ModelMemory } from './programs/memory.ts';
import type { TrainingPlan } from './programs/training-plan.ts';
import { normOf, SequenceGradients } from './sequence-gradients.ts';
import { type LossArrays, sumLosses } from './sum-losses.ts';
import type {
  InputGradient,
  InputGradientRequest,
  OptimizerUpdate,
  SequenceLosses,
  TrainingBatch,
  WeighSequence,
} from './trainable-model.ts';

function sumWeights(weights: Float32Array, first: number, count: number): number {
  let sum = 0;
  for (let r = first; r < first + count; r++) sum += weights[r];
  return sum;
}

/** The training side of a model. */
export class Training {
  readonly #memory: ModelMemory;
  readonly #plan: TrainingPlan;
  readonly #vocabularySize: number;
  readonly #losses: LossArrays;
  readonly #sequenceGradients: SequenceGradients | undefined;
  /** Of the step, once it has begun. */
  #tokenWeight = 0;
  #isWithinStep = false;

  constructor(memory: ModelMemory, plan: TrainingPlan, vocabularySize: number) {
    const { sequences, T } = plan.shape;
    this.#memory = memory;
    this.#plan = plan;
    this.#vocabularySize = vocabularySize;
    this.#losses = {
      meanNats: new Float64Array(sequences),
      tokenNats: memory.createFloats(sequences * T),
    };
    for (const program of Object.values(plan.programs)) program.load(memory.arena);
    this.#sequenceGradients = plan.sequence && new SequenceGradients(memory, plan.sequence, plan.table);
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
    this.#isWithinStep = true;
    this.#memory.pack();
    this.#plan.programs.zero.run(this.#memory.arena);
  }

  /**
   * Adds the gradient of one micro-batch.
   * @throws InputError for a token id out of range, or arrays of another length
   */
  accumulateGradient(batch: TrainingBatch): SequenceLosses {
    const { shape, chunk, programs } = this.#plan;
    checkBatchLengths(batch, shape);
    this.#setPositions(chunk);
    let sumNats = 0;
    for (let first = 0; first < shape.sequences * shape.T; first += chunk.N) {
      this.#fill(chunk, batch, first);
      programs.chunk.run(this.#memory.arena);
      sumNats += this.#readLosses(chunk, batch.weights, first);
    }
    return { ...this.#losses, sumNats };
  }

  /** The same, sequence by sequence, each multiplied by what `weigh` says of it. */
  accumulateSequences(batch: TrainingBatch, weigh: WeighSequence): SequenceLosses {
    const { shape } = this.#plan;
    const gradients = this.#sequenceGradients;
    if (gradients === undefined) throw new Error('this model was created without `sequenceGradients`');
    const { chunk } = gradients.plan;
    checkBatchLengths(batch, shape);
    this.#setPositions(chunk);
    let sumNats = 0;
    for (let s = 0; s < shape.sequences; s++) {
      const first = s * shape.T;
      this.#fill(chunk, batch, first);
      gradients.compute();
      sumNats += this.#readLosses(chunk, batch.weights, first);
      gradients.add(s, this.#losses.meanNats[s], sumWeights(batch.weights, first, shape.T), weigh);
    }
    return { ...this.#losses, sumNats };
  }

  /** Adds scale x values to the gradient. */
  addToGradient(values: Float32Array, scale: number): void {
    const { floats } = this.#memory;
    const { gradientBase, table } = this.#plan;
    if (values.length !== table.words) {
      throw new InputError(`${values.length} values cannot be added to a gradient of ${table.words} words`);
    }
    const round = floats instanceof Float32Array ? Math.fround : (x: number): number => x;
    const factor = round(scale);
    for (let i = 0; i < values.length; i++) floats[gradientBase + i] += round(factor * values[i]);
  }

  /** Gradients of texts' losses with respect to their input embeddings, as many texts at a time as a chunk holds. */
  inputGradients(requests: readonly InputGradientRequest[]): InputGradient[] {
    if (this.#isWithinStep) throw new Error('input gradients were requested within an optimizer step');
    const { chunk, shape, programs, activationGradients, C } = this.#plan;
    const { floats, arena } = this.#memory;
    checkSequences(
      requests.map(({ tokens }) => tokens),
      { what: 'text', minimum: 2, maximum: shape.T + 1, vocabularySize: this.#vocabularySize },
    );
    this.#memory.pack();
    this.#setPositions(chunk);
    const results: InputGradient[] = [];
    for (let first = 0; first < requests.length; first += chunk.sequences) {
      const some = requests.slice(first, first + chunk.sequences);
      for (let s = 0; s < chunk.sequences; s++) this.#fillRequest(chunk, s * shape.T, some[s]);
      programs.chunk.run(arena);
      for (const [s, { tokens }] of some.entries()) {
        const row = s * shape.T;
        let nats = 0;
        for (let t = 0; t < tokens.length - 1; t++) {
          const weight = floats[chunk.lossWeights + row + t];
          if (weight !== 0) nats += weight * floats[chunk.losses + row + t];
        }
        const start = activationGradients.dx + row * C;
        const gradient = floats.slice(start, start + (tokens.length - 1) * C);
        if (!gradient.every(Number.isFinite)) throw this.#memory.notFinite();
        results.push({ nats, gradient });
      }
    }
    return results;
  }

  #setPositions(chunk: ChunkActivations): void {
    const { integers } = this.#memory;
    for (let r = 0; r < chunk.N; r++) integers[chunk.rowPositions + r] = r % chunk.T;
  }

  #fill(chunk: ChunkActivations, batch: TrainingBatch, first: number): void {
    const { inputs, targets, weights } = batch;
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

  /** One text from row `first` of a chunk on, filled up with token 0 of weight 0, which nothing before it sees. */
  #fillRequest(chunk: ChunkActivations, first: number, request: InputGradientRequest | undefined): void {
    const { integers, floats } = this.#memory;
    const tokens = request?.tokens ?? [];
    for (let t = 0; t < chunk.T; t++) {
      const inside = t + 1 < tokens.length;
      integers[chunk.tokens + first + t] = inside ? tokens[t] : 0;
      integers[chunk.targets + first + t] = inside ? tokens[t + 1] : 0;
      floats[chunk.lossWeights + first + t] = inside ? (request?.weights?.[t] ?? 1) : 0;
    }
  }

  /** Sums the losses of a chunk in order, and those of each of its sequences. */
  #readLosses(chunk: ChunkActivations, weights: Float32Array, first: number): number {
    return sumLosses({
      sequences: chunk.sequences,
      T: chunk.T,
      losses: this.#memory.floats,
      lossesStart: chunk.losses,
      weights,
      weightsStart: first,
      into: this.#losses,
    });
  }

  /** Ends the accumulation: the gradient of the step's mean loss is complete. Returns its Euclidean norm. */
  finishGradient(): number {
    const { programs, partials, table } = this.#plan;
    const { arena, floats } = this.#memory;
    programs.finish.run(arena);
    this.#isWithinStep = false;
    return normOf(floats, partials, table.words);
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
