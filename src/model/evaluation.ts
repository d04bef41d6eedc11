// Losses, logits and probabilities of given token sequences, through the batched forward pass.
import { roundUpTo16 } from '../kernels/attention-scratch.ts';
import { Limits } from '../kernels/operations.ts';
import { Program } from '../kernels/program.ts';
import { type ChunkActivations, planChunk, type Scratch } from './programs/activations.ts';
import {
  type ModelParts,
  recordForward,
  recordHeadLoss,
  recordLayers,
  recordLogits,
} from './programs/forward.ts';
import type { ModelMemory, Plan, Workspace } from './programs/memory.ts';
import { softmax } from './softmax.ts';

/** Rows whose logits are computed together: as many as the head's scratch holds. */
const LOGIT_ROWS = Limits.headRows;

/** Tokens of a chunk, about. */
const CHUNK_TOKENS = 256;

interface EvaluationWorkspace {
  readonly chunk: ChunkActivations;
  /** Hidden rows whose logits are needed. [64][C] */
  readonly gathered: number;
}

/** Sequences of T tokens that are evaluated together. */
function sequencesAtOnce(T: number): number {
  return Math.max(1, Math.floor(CHUNK_TOKENS / T));
}

/** The plan of evaluation in the workspace. */
export function planEvaluationWorkspace(
  model: Pick<ModelParts, 'shape'>,
  { sequences, T }: { sequences: number; T: number },
  scratch: Scratch,
): Plan<EvaluationWorkspace> {
  return (reserve) => ({
    chunk: planChunk(reserve, model.shape, { sequences, T, keep: false, scratch }),
    gathered: reserve(LOGIT_ROWS * model.shape.C),
  });
}

/** The plans of evaluation that need most: many short sequences, or one long. */
export function largestEvaluationPlans(
  model: Pick<ModelParts, 'shape'>,
  scratch: Scratch,
): Plan<EvaluationWorkspace>[] {
  const contexts = Array.from({ length: Math.ceil(model.shape.T / 16) }, (_, i) =>
    Math.min(16 * (i + 1), model.shape.T),
  );
  return contexts.map((T) => planEvaluationWorkspace(model, { sequences: sequencesAtOnce(T), T }, scratch));
}

/** Words of the longest program of evaluation; all have the same operations. */
export function evaluationProgramWords(model: ModelParts, workspace: Workspace, scratch: Scratch): number {
  const { chunk } = workspace.place(planEvaluationWorkspace(model, { sequences: 1, T: 1 }, scratch));
  const program = new Program();
  recordForward(program, model, chunk);
  recordHeadLoss(program, model, chunk);
  return program.words;
}

/** How far a pass goes: to the output of a number of blocks, to the head's input, or to the losses. */
type Depth = number | 'hidden' | 'losses';

interface Group {
  /** Places of the group's sequences in the caller's list. */
  readonly members: readonly number[];
  /** Tokens to which they are filled up. */
  readonly T: number;
}

/** Sequences of about the same length together, longest first. */
function groupByLength(lengths: readonly number[], context: number): Group[] {
  const padded = lengths.map((length) => Math.min(roundUpTo16(length), context));
  const order = padded
    .map((_, i) => i)
    .sort((a, b) => (padded[b] as number) - (padded[a] as number) || a - b);
  const groups: { members: number[]; T: number }[] = [];
  for (const i of order) {
    const T = padded[i] as number;
    const last = groups.at(-1);
    if (last !== undefined && last.T === T && last.members.length < sequencesAtOnce(T)) last.members.push(i);
    else groups.push({ members: [i], T });
  }
  return groups;
}

/** Inference of a model, except generation. */
export class Evaluation {
  readonly #memory: ModelMemory;
  readonly #model: ModelParts;
  readonly #workspace: Workspace;
  readonly #scratch: Scratch;
  /** Room for one program. */
  readonly #slot: number;
  /** Recorded passes by number of sequences, their length, and whether losses follow. */
  readonly #passes = new Map<string, { workspace: EvaluationWorkspace; program: Program }>();

  constructor(
    memory: ModelMemory,
    options: { model: ModelParts; workspace: Workspace; scratch: Scratch; slot: number },
  ) {
    this.#memory = memory;
    this.#model = options.model;
    this.#workspace = options.workspace;
    this.#scratch = options.scratch;
    this.#slot = options.slot;
  }

  /** Loss of each token but the first, nats. */
  tokenLossesNats(sequences: readonly ArrayLike<number>[]): Float32Array[] {
    const losses: Float32Array[] = sequences.map(({ length }) => new Float32Array(length - 1));
    const inputs = sequences.map(({ length }) => length - 1);
    for (const group of groupByLength(inputs, this.#model.shape.T)) {
      const { chunk } = this.#forward(sequences, inputs, group, 'losses');
      for (const [s, i] of group.members.entries()) {
        const result = losses[i] as Float32Array;
        for (let t = 0; t < result.length; t++) {
          const nats = this.#memory.floats[chunk.losses + s * chunk.T + t];
          if (!Number.isFinite(nats)) throw this.#memory.notFinite();
          result[t] = nats;
        }
      }
    }
    return losses;
  }

  /** Logits after each token. Per sequence [tokens][V]; 64-bit only on the double-precision reference. */
  logits(sequences: readonly ArrayLike<number>[]): (Float32Array | Float64Array)[] {
    return this.#logitsOf(sequences, 0);
  }

  /** Probabilities of the token after each prompt. [prompts][V] */
  nextTokenProbabilities(prompts: readonly ArrayLike<number>[]): Float32Array[] {
    return this.#logitsOf(prompts, 1).map((logits) => softmax(logits));
  }

  /** The residual stream after each token, at a layer. Per sequence [tokens][C] */
  hiddenStates(
    sequences: readonly ArrayLike<number>[],
    layer: number | 'head',
  ): (Float32Array | Float64Array)[] {
    const { C, T } = this.#model.shape;
    const { floats } = this.#memory;
    const lengths = sequences.map(({ length }) => length);
    const results: (Float32Array | Float64Array)[] = sequences.map(() => this.#memory.createFloats(0));
    for (const group of groupByLength(lengths, T)) {
      const { chunk } = this.#forward(sequences, lengths, group, layer === 'head' ? 'hidden' : layer);
      // without a backward pass all layers share one set of buffers, and the stream stands in the first of them
      const stream = layer === 'head' ? chunk.normalised : chunk.last;
      for (const [s, i] of group.members.entries()) {
        const start = stream + s * chunk.T * C;
        const states = floats.slice(start, start + (lengths[i] as number) * C);
        if (!states.every(Number.isFinite)) throw this.#memory.notFinite();
        results[i] = states;
      }
    }
    return results;
  }

  /** Logits of the last `rows` positions of each sequence; 0: all. */
  #logitsOf(sequences: readonly ArrayLike<number>[], rows: number): (Float32Array | Float64Array)[] {
    const { V } = this.#model.shape;
    const lengths = sequences.map(({ length }) => length);
    const results = lengths.map((length) => {
      const size = (rows === 0 ? length : rows) * V;
      return this.#memory.createFloats(size);
    });
    for (const group of groupByLength(lengths, this.#model.shape.T)) {
      const workspace = this.#forward(sequences, lengths, group, 'hidden');
      const wanted = group.members.flatMap((i, s) => {
        const length = lengths[i] as number;
        const first = rows === 0 ? 0 : length - rows;
        return Array.from({ length: length - first }, (_, t) => ({
          row: s * workspace.chunk.T + first + t,
          result: results[i] as Float32Array,
          at: t * V,
        }));
      });
      for (let first = 0; first < wanted.length; first += LOGIT_ROWS) {
        this.#copyLogits(workspace, wanted.slice(first, first + LOGIT_ROWS));
      }
    }
    return results;
  }

  /** Runs the model over a group of sequences, filled up with token 0, which nothing before it sees. */
  #forward(
    sequences: readonly ArrayLike<number>[],
    lengths: readonly number[],
    { members, T }: Group,
    what: Depth,
  ): EvaluationWorkspace {
    const { integers } = this.#memory;
    const { workspace, program } = this.#pass(members.length, T, what);
    const { chunk } = workspace;
    for (const [s, i] of members.entries()) {
      const tokens = sequences[i] as ArrayLike<number>;
      for (let t = 0; t < T; t++) {
        const r = s * T + t;
        const inside = t < (lengths[i] as number);
        integers[chunk.rowPositions + r] = t;
        integers[chunk.tokens + r] = inside ? (tokens[t] as number) : 0;
        integers[chunk.targets + r] = inside && what === 'losses' ? (tokens[t + 1] as number) : 0;
      }
    }
    this.#memory.pack();
    this.#run(program);
    return workspace;
  }

  #pass(sequences: number, T: number, what: Depth) {
    const key = `${sequences} x ${T} ${what}`;
    const known = this.#passes.get(key);
    if (known !== undefined) return known;
    const plan = planEvaluationWorkspace(this.#model, { sequences, T }, this.#scratch);
    const workspace = this.#workspace.place(plan);
    const program = new Program();
    if (typeof what === 'number') recordLayers(program, this.#model, workspace.chunk, what);
    else recordForward(program, this.#model, workspace.chunk);
    if (what === 'losses') recordHeadLoss(program, this.#model, workspace.chunk);
    const pass = { workspace, program };
    this.#passes.set(key, pass);
    return pass;
  }

  #copyLogits(
    { chunk, gathered }: EvaluationWorkspace,
    wanted: readonly { row: number; result: Float32Array | Float64Array; at: number }[],
  ): void {
    const { C, V } = this.#model.shape;
    const { floats } = this.#memory;
    for (const [i, { row }] of wanted.entries()) {
      const start = chunk.normalised + row * C;
      floats.copyWithin(gathered + i * C, start, start + C);
    }
    const ldc = roundUpTo16(V);
    const program = new Program();
    recordLogits(program, this.#model, { rows: wanted.length, A: gathered, C: chunk.headScratch, ldc });
    this.#run(program);
    for (const [i, { result, at }] of wanted.entries()) {
      for (let j = 0; j < V; j++) {
        const logit = floats[chunk.headScratch + i * ldc + j];
        if (!Number.isFinite(logit)) throw this.#memory.notFinite();
        result[at + j] = logit;
      }
    }
  }

  #run(program: Program): void {
    program.placeAt(this.#slot);
    program.load(this.#memory.arena);
    program.run(this.#memory.arena);
  }
}
