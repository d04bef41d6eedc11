// Continuations of prompts, token by token with a cache of keys and values, many prompts side by side.
import { roundUpTo16 } from '../kernels/attention-scratch.ts';
import { Program } from '../kernels/program.ts';
import { planStream, type StreamActivations } from './activations.ts';
import { checkRequest } from './checks.ts';
import { type ModelParts, recordLogits, recordStream } from './forward.ts';
import type { Generation, GenerationRequest } from './language-model.ts';
import type { ModelMemory, Plan, Workspace } from './memory.ts';
import type { ModelShape } from './shape.ts';

/** Prompts side by side at most: more spill the caches of small models, fewer waste the matrix products. */
const MOST_ROWS = 64;

/** Words that the keys and values of a sub-batch may take (64 MiB), as long as one prompt fits. */
const CACHE_WORDS = 16 * 1024 * 1024;

/** Word offsets of a sub-batch of prompts. */
interface GenerationWorkspace {
  readonly stream: StreamActivations;
  /** Keys and values of each layer. [L][rows][H][2][D'][T'], laid out by the engine */
  readonly caches: readonly number[];
  /** i32: the position all rows are at. */
  readonly position: number;
  /** [rows][V'] */
  readonly logits: number;
  /** Uniform number of each row. [rows] */
  readonly uniforms: number;
  /** f32; 0: greedy */
  readonly inverseTemperature: number;
  /** Drawn ids, i32. [rows] */
  readonly drawn: number;
  /** [rows] */
  readonly nats: number;
  /** [rows] */
  readonly entropyNats: number;
}

interface GenerationShape {
  /** Prompts side by side. */
  readonly rows: number;
  /** Positions in the cache. */
  readonly T: number;
}

function cacheWords({ H, D }: ModelShape, { rows, T }: GenerationShape): number {
  return rows * H * 2 * roundUpTo16(D) * roundUpTo16(T);
}

/** Prompts that go side by side through a model of this shape. */
export function generationRows(shape: ModelShape): number {
  const perRow = shape.L * cacheWords(shape, { rows: 1, T: shape.T });
  return Math.max(1, Math.min(MOST_ROWS, Math.floor(CACHE_WORDS / perRow)));
}

/** The plan of generation in the workspace. */
export function planGenerationWorkspace(shape: ModelShape, size: GenerationShape): Plan<GenerationWorkspace> {
  const { rows } = size;
  return (reserve) => ({
    stream: planStream(reserve, shape, { N: rows, probabilityWords: 0, keep: false }),
    caches: Array.from({ length: shape.L }, () => reserve(cacheWords(shape, size))),
    position: reserve(1),
    logits: reserve(rows * roundUpTo16(shape.V)),
    uniforms: reserve(rows),
    inverseTemperature: reserve(1),
    drawn: reserve(rows),
    nats: reserve(rows),
    entropyNats: reserve(rows),
  });
}

/** Records one position of all rows: into the cache, and to the head's input. [rows] tokens -> [rows][C] */
function recordAdvance(
  program: Program,
  model: ModelParts,
  { stream, caches, position }: GenerationWorkspace,
  T: number,
) {
  const { H, D } = model.shape;
  recordStream(program, model, stream, ({ qkv, y }, l) => {
    program.record('attentionStep', {
      rows: stream.N,
      T,
      heads: H,
      D,
      qkv,
      cache: caches[l] as number,
      y,
      position,
    });
  });
}

/** The same, then logits [rows][V] and a token drawn from each row. */
function recordAdvanceAndSample(
  program: Program,
  model: ModelParts,
  workspace: GenerationWorkspace,
  { T, topK }: { T: number; topK: number },
): void {
  recordAdvance(program, model, workspace, T);
  const { stream, logits, uniforms, inverseTemperature, drawn, nats, entropyNats } = workspace;
  const { V } = model.shape;
  const ld = roundUpTo16(V);
  recordLogits(program, model, { rows: stream.N, A: stream.normalised, C: logits, ldc: ld });
  program.record('sample', {
    rows: stream.N,
    vocabulary: V,
    logits,
    ld,
    uniforms,
    inverseTemperature,
    topK,
    tokens: drawn,
    nats,
    entropy: entropyNats,
  });
}

/** Words of the two programs of generation; their length depends on the model alone. */
export function generationProgramWords(model: ModelParts, workspace: Workspace): number {
  const program = new Program();
  const place = workspace.place(planGenerationWorkspace(model.shape, { rows: 1, T: 16 }));
  recordAdvanceAndSample(program, model, place, { T: 16, topK: 0 });
  return program.words;
}

/** Places of prompts, shortest first, cut into sub-batches of nearly equal size. */
function subBatches(prompts: readonly ArrayLike<number>[], mostRows: number): number[][] {
  const length = (i: number): number => (prompts[i] as ArrayLike<number>).length;
  const order = prompts.map((_, i) => i).sort((a, b) => length(a) - length(b) || a - b);
  const rows = Math.ceil(order.length / Math.ceil(order.length / mostRows));
  const batches: number[][] = [];
  for (let first = 0; first < order.length; first += rows) batches.push(order.slice(first, first + rows));
  return batches;
}

/** The generating side of a model. */
export class Generator {
  readonly #memory: ModelMemory;
  readonly #model: ModelParts;
  readonly #workspace: Workspace;
  readonly #slots: { readonly advance: number; readonly sample: number };

  constructor(
    memory: ModelMemory,
    options: { model: ModelParts; workspace: Workspace; slots: { advance: number; sample: number } },
  ) {
    this.#memory = memory;
    this.#model = options.model;
    this.#workspace = options.workspace;
    this.#slots = options.slots;
  }

  /** Continues every prompt; results in the order of the prompts. */
  generate(request: GenerationRequest): Generation[] {
    const { shape } = this.#model;
    checkRequest(request, shape);
    const results = request.prompts.map(() => ({
      tokens: new Int32Array(request.newTokens),
      nats: new Float32Array(request.newTokens),
      entropyNats: new Float32Array(request.newTokens),
    }));
    if (results.length === 0 || request.newTokens === 0) return results;
    this.#memory.pack();
    for (const members of subBatches(request.prompts, generationRows(shape))) {
      this.#continue(request, members, results);
    }
    return results;
  }

  #record(size: GenerationShape, request: GenerationRequest) {
    const workspace = this.#workspace.place(planGenerationWorkspace(this.#model.shape, size));
    const advance = new Program();
    recordAdvance(advance, this.#model, workspace, size.T);
    advance.placeAt(this.#slots.advance);
    const sample = new Program();
    recordAdvanceAndSample(sample, this.#model, workspace, { T: size.T, topK: request.topK ?? 0 });
    sample.placeAt(this.#slots.sample);
    for (const program of [advance, sample]) program.load(this.#memory.arena);
    const inverse = request.temperature === 0 ? 0 : 1 / request.temperature;
    this.#memory.floats[workspace.inverseTemperature] = inverse;
    return { workspace, advance, sample };
  }

  /** One sub-batch: all rows at the same position, each fed its prompt and then what it drew. */
  #continue(request: GenerationRequest, members: readonly number[], results: readonly Generation[]): void {
    const { arena } = this.#memory;
    const prompts = members.map((i) => request.prompts[i] as ArrayLike<number>);
    const shortest = (prompts[0] as ArrayLike<number>).length;
    const longest = (prompts.at(-1) as ArrayLike<number>).length;
    const T = Math.min(this.#model.shape.T, roundUpTo16(longest + request.newTokens));
    const { workspace, advance, sample } = this.#record({ rows: members.length, T }, request);
    // the last new token of the longest prompt is drawn, not fed
    for (let position = 0; position < longest + request.newTokens - 1; position++) {
      this.#feed(workspace, { position, prompts, members, results });
      if (position + 1 < shortest) {
        advance.run(arena);
        continue;
      }
      this.#setUniforms(workspace, { position, prompts, members, request });
      sample.run(arena);
      this.#collect(workspace, { position, prompts, members, results });
    }
  }

  /** Sets the token of each row at a position: of its prompt, or drawn before; 0 where it is done. */
  #feed(
    { stream, position: positionWord }: GenerationWorkspace,
    at: {
      position: number;
      prompts: readonly ArrayLike<number>[];
      members: readonly number[];
      results: readonly Generation[];
    },
  ): void {
    const { integers } = this.#memory;
    const { position } = at;
    integers[positionWord] = position;
    for (let r = 0; r < at.members.length; r++) {
      const prompt = at.prompts[r] as ArrayLike<number>;
      const drawn = (at.results[at.members[r] as number] as Generation).tokens;
      const token = position < prompt.length ? prompt[position] : drawn[position - prompt.length];
      integers[stream.tokens + r] = token ?? 0;
      integers[stream.rowPositions + r] = position;
    }
  }

  #setUniforms(
    { uniforms }: GenerationWorkspace,
    at: {
      position: number;
      prompts: readonly ArrayLike<number>[];
      members: readonly number[];
      request: GenerationRequest;
    },
  ): void {
    const { floats } = this.#memory;
    const { newTokens, temperature, uniform } = at.request;
    for (let r = 0; r < at.members.length; r++) {
      const n = at.position + 1 - (at.prompts[r] as ArrayLike<number>).length;
      const drawing = temperature > 0 && n >= 0 && n < newTokens;
      floats[uniforms + r] = drawing ? uniform(at.members[r] as number, n) : 0;
    }
  }

  #collect(
    { drawn, nats, entropyNats }: GenerationWorkspace,
    at: {
      position: number;
      prompts: readonly ArrayLike<number>[];
      members: readonly number[];
      results: readonly Generation[];
    },
  ): void {
    const { integers, floats } = this.#memory;
    for (let r = 0; r < at.members.length; r++) {
      const result = at.results[at.members[r] as number] as Generation;
      const n = at.position + 1 - (at.prompts[r] as ArrayLike<number>).length;
      if (n < 0 || n >= result.tokens.length) continue;
      if (integers[drawn + r] < 0) throw this.#memory.notFinite();
      result.tokens[n] = integers[drawn + r];
      result.nats[n] = floats[nats + r];
      result.entropyNats[n] = floats[entropyNats + r];
    }
  }
}
