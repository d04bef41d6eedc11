// Gradients of single sequences: each computed in a block of its own, measured, and added to the step's gradient.
import { Limits } from '../kernels/operations.ts';
import type { ParameterTable } from './parameters.ts';
import type { ModelMemory } from './programs/memory.ts';
import type { SequencePlan } from './programs/sequence-plan.ts';
import type { WeighSequence } from './trainable-model.ts';

/** Euclidean norm of `words` words, from the sums of squares of their blocks. */
export function normOf(floats: Float32Array | Float64Array, partials: number, words: number): number {
  let sum = 0;
  const blocks = Math.ceil(words / Limits.sumSquaresBlock);
  for (let b = 0; b < blocks; b++) sum += floats[partials + b];
  return Math.sqrt(sum);
}

/** The part of a model that computes them. */
export class SequenceGradients {
  readonly plan: SequencePlan;
  readonly #memory: ModelMemory;
  readonly #words: number;
  /** What `weigh` is told: one object for all sequences, so that a step allocates nothing. */
  readonly #told: {
    sequence: number;
    meanNats: number;
    weight: number;
    norm: number;
    gradient: Float32Array | Float64Array;
  };

  constructor(memory: ModelMemory, plan: SequencePlan, { words }: ParameterTable) {
    this.#memory = memory;
    this.plan = plan;
    this.#words = words;
    const gradient = memory.floats.subarray(plan.gradientBase, plan.gradientBase + words);
    this.#told = { sequence: 0, meanNats: 0, weight: 0, norm: 0, gradient };
    for (const program of Object.values(plan.programs)) program.load(memory.arena);
  }

  /** Losses and gradient of the sequence that the chunk holds. */
  compute(): void {
    this.plan.programs.compute.run(this.#memory.arena);
  }

  /** Adds it to the step's gradient, times what `weigh` says. */
  add(sequence: number, meanNats: number, weight: number, weigh: WeighSequence): void {
    const { arena, floats } = this.#memory;
    const told = this.#told;
    told.sequence = sequence;
    told.meanNats = meanNats;
    told.weight = weight;
    told.norm = normOf(floats, this.plan.partials, this.#words);
    const factor = weigh(told);
    if (factor === 0) return;
    floats[this.plan.scale] = factor;
    this.plan.programs.add.run(arena);
  }
}
