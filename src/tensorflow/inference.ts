// Losses, logits and continuations from a model in TensorFlow.js: many sequences side by side, keys and values kept.
import type { Generation, GenerationRequest } from '../model/language-model.ts';
import type { ModelShape } from '../model/shape.ts';
import { softmax } from '../model/softmax.ts';
import type { Forward, ForwardInput, KeyValues, Weights } from './forward.ts';
import { sampleToken } from './sample-token.ts';
import type { Tensor, TensorflowModule } from './tensorflow-module.ts';

type Sequences = readonly ArrayLike<number>[];

/** Tokens that go through the model together, about. */
const TOKENS_AT_ONCE = 4096;
/** Prompts continued side by side at most. */
const PROMPTS_AT_ONCE = 128;

/** Places of sequences, shortest first. */
function byLength(lengths: readonly number[]): number[] {
  return lengths.map((_, i) => i).sort((a, b) => (lengths[a] as number) - (lengths[b] as number) || a - b);
}

/** Sequences of similar length together; T: the length to which a group is filled up. */
function groupByLength(lengths: readonly number[]): { members: number[]; T: number }[] {
  const groups: { members: number[]; T: number }[] = [];
  for (const i of byLength(lengths)) {
    const length = lengths[i] as number;
    const T = Math.ceil(length / 16) * 16;
    const last = groups.at(-1);
    if (last?.T === T && (last.members.length + 1) * T <= TOKENS_AT_ONCE) last.members.push(i);
    else groups.push({ members: [i], T });
  }
  return groups;
}

/** [rows][T] of some sequences, from token `first`, filled up with token 0, which nothing before it sees. */
function fill(sequences: Sequences, members: readonly number[], { first, T }: { first: number; T: number }) {
  const tokens = new Int32Array(members.length * T);
  for (const [row, i] of members.entries()) {
    const sequence = sequences[i] as ArrayLike<number>;
    for (let t = 0; t < T && first + t < sequence.length; t++) {
      tokens[row * T + t] = sequence[first + t] as number;
    }
  }
  return tokens;
}

/** Inference of a model. */
export class Inference {
  readonly #tf: TensorflowModule;
  readonly #forward: Forward;
  readonly #shape: ModelShape;
  readonly #notFinite: () => Error;

  constructor(options: {
    tf: TensorflowModule;
    forward: Forward;
    shape: ModelShape;
    /** The error for a result that is not finite. */
    notFinite: () => Error;
  }) {
    this.#tf = options.tf;
    this.#forward = options.forward;
    this.#shape = options.shape;
    this.#notFinite = options.notFinite;
  }

  #read(compute: () => Tensor): Float32Array {
    const result = this.#tf.tidy(compute);
    const values = result.dataSync() as Float32Array;
    result.dispose();
    if (!values.every(Number.isFinite)) throw this.#notFinite();
    return values;
  }

  /** Loss of each token but the first, nats. */
  tokenLossesNats(weights: Weights, sequences: Sequences): Float32Array[] {
    const results: Float32Array[] = sequences.map(() => new Float32Array(0));
    for (const { members, T: padded } of groupByLength(sequences.map(({ length }) => length - 1))) {
      const T = Math.min(padded, this.#shape.T);
      const input = { B: members.length, T, tokens: fill(sequences, members, { first: 0, T }) };
      const targets = fill(sequences, members, { first: 1, T });
      const losses = this.#read(() => this.#forward.losses(weights, input, targets));
      for (const [row, i] of members.entries()) {
        const { length } = sequences[i] as ArrayLike<number>;
        results[i] = losses.slice(row * T, row * T + length - 1);
      }
    }
    return results;
  }

  /** Logits after each token. Per sequence [tokens][V] */
  logits(weights: Weights, sequences: Sequences): Float32Array[] {
    return this.#rowsOf(sequences, this.#shape.V, (input) =>
      this.#forward.logits(weights, this.#forward.hidden(weights, input).hidden),
    );
  }

  /** The residual stream after each token, at a layer. Per sequence [tokens][C] */
  hiddenStates(weights: Weights, sequences: Sequences, layer: number | 'head'): Float32Array[] {
    const depth = layer === 'head' ? {} : { blocks: layer };
    return this.#rowsOf(
      sequences,
      this.#shape.C,
      (input) => this.#forward.hidden(weights, { ...input, ...depth }).hidden,
    );
  }

  /** What `compute` gives for each token. [B T] tokens -> [B T][width]; per sequence [tokens][width] */
  #rowsOf(sequences: Sequences, width: number, compute: (input: ForwardInput) => Tensor): Float32Array[] {
    const results: Float32Array[] = sequences.map(() => new Float32Array(0));
    for (const { members, T: padded } of groupByLength(sequences.map(({ length }) => length))) {
      const T = Math.min(padded, this.#shape.T);
      const input = { B: members.length, T, tokens: fill(sequences, members, { first: 0, T }) };
      const rows = this.#read(() => compute(input));
      for (const [row, i] of members.entries()) {
        const { length } = sequences[i] as ArrayLike<number>;
        results[i] = rows.slice(row * T * width, (row * T + length) * width);
      }
    }
    return results;
  }

  /** Probabilities of the token after each prompt. [prompts][V] */
  nextTokenProbabilities(weights: Weights, prompts: Sequences): Float32Array[] {
    return this.logits(weights, prompts).map((logits) => softmax(logits.subarray(-this.#shape.V)));
  }

  /** Continues every prompt; results in the order of the prompts. */
  generate(weights: Weights, request: GenerationRequest): Generation[] {
    const { prompts, newTokens } = request;
    const results = prompts.map(() => ({
      tokens: new Int32Array(newTokens),
      nats: new Float32Array(newTokens),
      entropyNats: new Float32Array(newTokens),
    }));
    const order = byLength(prompts.map(({ length }) => length));
    for (let first = 0; newTokens > 0 && first < order.length; first += PROMPTS_AT_ONCE) {
      this.#continue(weights, request, order.slice(first, first + PROMPTS_AT_ONCE), results);
    }
    return results;
  }

  /** Prompts side by side: all are fed as many tokens as the shortest has, then one token at a time. */
  #continue(weights: Weights, request: GenerationRequest, members: number[], results: Generation[]): void {
    const lengths = members.map((i) => (request.prompts[i] as ArrayLike<number>).length);
    const shortest = Math.min(...lengths);
    const last = Math.max(...lengths) + request.newTokens - 1;
    let fed = shortest;
    let tokens: Int32Array = fill(request.prompts, members, { first: 0, T: shortest });
    let past: KeyValues[] | undefined;
    while (true) {
      const step = this.#advance(weights, { B: members.length, tokens, offset: past ? fed - 1 : 0, past });
      this.#tf.dispose(past);
      past = step.past;
      this.#draw(request, { members, fed, logits: step.logits, results });
      if (fed === last) break;
      tokens = this.#nextTokens(request, { members, fed, results });
      fed += 1;
    }
    this.#tf.dispose(past);
  }

  /** Feeds tokens [B][T]; returns the logits after the last of each row [B][V]. */
  #advance(
    weights: Weights,
    input: { B: number; tokens: Int32Array; offset: number; past: KeyValues[] | undefined },
  ): { logits: Float32Array; past: KeyValues[] } {
    const tf = this.#tf;
    const { C } = this.#shape;
    const { B, tokens, offset, past } = input;
    const T = tokens.length / B;
    const step = tf.tidy(() => {
      const result = this.#forward.hidden(weights, { B, T, tokens, offset, ...(past && { past }) });
      const lastRows = tf.slice(tf.reshape(result.hidden, [B, T, C]), [0, T - 1, 0], [B, 1, C]);
      const logits = this.#forward.logits(weights, tf.reshape(lastRows, [B, C]));
      return { logits, past: result.keyValues };
    });
    const logits = step.logits.dataSync() as Float32Array;
    step.logits.dispose();
    if (logits.every(Number.isFinite)) return { logits, past: step.past };
    tf.dispose([step.past, past]);
    throw this.#notFinite();
  }

  /** Draws a token for each row whose prompt has been fed. */
  #draw(
    request: GenerationRequest,
    at: { members: readonly number[]; fed: number; logits: Float32Array; results: Generation[] },
  ): void {
    const { V } = this.#shape;
    const { newTokens, temperature, topK = 0, uniform, steer } = request;
    for (const [row, i] of at.members.entries()) {
      const n = at.fed - (request.prompts[i] as ArrayLike<number>).length;
      if (n < 0 || n >= newTokens) continue;
      const logits = at.logits.subarray(row * V, (row + 1) * V);
      steer?.({ prompt: i, n, logits });
      const u = temperature > 0 ? uniform(i, n) : 0;
      const drawn = sampleToken(logits, { temperature, topK, u });
      const result = at.results[i] as Generation;
      result.tokens[n] = drawn.token;
      result.nats[n] = drawn.nats;
      result.entropyNats[n] = drawn.entropyNats;
    }
  }

  /** The token at position `fed` of each row: of its prompt, or drawn; 0 where it is done. */
  #nextTokens(
    { prompts }: GenerationRequest,
    { members, fed, results }: { members: readonly number[]; fed: number; results: Generation[] },
  ): Int32Array {
    return Int32Array.from(members, (i) => {
      const prompt = prompts[i] as ArrayLike<number>;
      const drawn = (results[i] as Generation).tokens;
      return (fed < prompt.length ? prompt[fed] : drawn[fed - prompt.length]) ?? 0;
    });
  }
}
