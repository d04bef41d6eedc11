// Continuations of prompts, token by token with a cache of keys and values, many prompts side by side.
import { roundUpTo16 } from '../kernels/attention-scratch.ts';
import { Program } from '../kernels/program.ts';
import { checkRequest } from './checks.ts';
import type { Generation, GenerationRequest, SteerStep } from './language-model.ts';
import type { ModelParts } from './programs/forward.ts';
import {
  type GenerationShape,
  type GenerationWorkspace,
  generationRows,
  planGenerationWorkspace,
  recordAdvance,
  recordAdvanceAndSample,
  recordAdvanceToLogits,
  recordSample,
} from './programs/generation-plan.ts';
import type { ModelMemory, Workspace } from './programs/memory.ts';

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
    const { steer } = request;
    const steps = this.#generate(request, steer !== undefined);
    for (;;) {
      const next = steps.next();
      if (next.done === true) return next.value;
      if (steer !== undefined) for (const step of next.value) steer(step);
    }
  }

  /** The same, held before each draw. */
  generateStepwise(
    request: Omit<GenerationRequest, 'steer'>,
  ): IterableIterator<readonly SteerStep[], Generation[]> {
    return this.#generate(request, true);
  }

  *#generate(
    request: GenerationRequest,
    isHeld: boolean,
  ): IterableIterator<readonly SteerStep[], Generation[]> {
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
      yield* this.#continue({ request, members, isHeld }, results);
    }
    return results;
  }

  #record(size: GenerationShape, request: GenerationRequest, isHeld: boolean) {
    const workspace = this.#workspace.place(planGenerationWorkspace(this.#model.shape, size));
    const { topK = 0 } = request;
    const advance = new Program();
    const sample = new Program();
    if (!isHeld) {
      recordAdvance(advance, this.#model, workspace, size.T);
      recordAdvanceAndSample(sample, this.#model, workspace, { T: size.T, topK });
    } else {
      // logits at every position, so that the host can change them before the draw
      recordAdvanceToLogits(advance, this.#model, workspace, size.T);
      recordSample(sample, this.#model, workspace, topK);
    }
    advance.placeAt(this.#slots.advance);
    sample.placeAt(this.#slots.sample);
    for (const program of [advance, sample]) program.load(this.#memory.arena);
    const inverse = request.temperature === 0 ? 0 : 1 / request.temperature;
    this.#memory.floats[workspace.inverseTemperature] = inverse;
    return { workspace, advance, sample };
  }

  /** One sub-batch: all rows at the same position, each fed its prompt and then what it drew. */
  *#continue(
    { request, members, isHeld }: { request: GenerationRequest; members: readonly number[]; isHeld: boolean },
    results: readonly Generation[],
  ): IterableIterator<readonly SteerStep[], void> {
    const { arena } = this.#memory;
    const prompts = members.map((i) => request.prompts[i] as ArrayLike<number>);
    const shortest = (prompts[0] as ArrayLike<number>).length;
    const longest = (prompts.at(-1) as ArrayLike<number>).length;
    const T = Math.min(this.#model.shape.T, roundUpTo16(longest + request.newTokens));
    const { workspace, advance, sample } = this.#record({ rows: members.length, T }, request, isHeld);
    // the last new token of the longest prompt is drawn, not fed
    for (let position = 0; position < longest + request.newTokens - 1; position++) {
      this.#feed(workspace, { position, prompts, members, results });
      const isDrawing = position + 1 >= shortest;
      if (!isDrawing || isHeld) advance.run(arena);
      if (!isDrawing) continue;
      if (isHeld) yield this.#standing(workspace, { position, prompts, members, request });
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

  /** The rows that are drawn from, with their logits. */
  #standing(
    { logits }: GenerationWorkspace,
    at: {
      position: number;
      prompts: readonly ArrayLike<number>[];
      members: readonly number[];
      request: GenerationRequest;
    },
  ): SteerStep[] {
    const { V } = this.#model.shape;
    return at.members.flatMap((prompt, r) => {
      const n = at.position + 1 - (at.prompts[r] as ArrayLike<number>).length;
      if (n < 0 || n >= at.request.newTokens) return [];
      const start = logits + r * roundUpTo16(V);
      return [{ prompt, n, logits: this.#memory.floats.subarray(start, start + V) }];
    });
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
