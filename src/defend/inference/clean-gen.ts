// CleanGen (Li et al. 2024, arXiv:2406.12257): a token that the model finds much likelier than a reference does is replaced
// by a token of the reference, and the text goes on from there.
// Deviation: the reference looks at all that is left of a text at once, not at four tokens; whether a token is replaced
// depends on those before it alone, so that the text is the same.
import { exp, log } from '../../core/math.ts';
import { randomStream } from '../../core/random.ts';
import type { Generation, GenerationRequest, LanguageModel } from '../../model/language-model.ts';
import { type Prompt, type PromptDetector, promptKey } from './prompt-detector.ts';

/** The published ratio of probabilities from which on a token is suspicious. */
export const PUBLISHED_SUSPICION = 20;

/** A model of which logits can be read. */
export interface ReadableModel extends LanguageModel {
  /** Logits after each token. Per sequence [tokens][V] */
  logits(sequences: readonly ArrayLike<number>[]): (Float32Array | Float64Array)[];
}

/** A token was replaced. */
export interface Replacement {
  /** Place of the prompt in the request. */
  readonly prompt: number;
  /** The new token is the n-th, from 0. */
  readonly n: number;
}

/** How much likelier each token of a continuation is under the model than under the reference, nats. */
function suspicions(
  reference: LanguageModel,
  texts: readonly { readonly before: Prompt; readonly written: Generation }[],
): Float64Array[] {
  const losses = reference.tokenLossesNats(
    texts.map(({ before, written }) => [...Array.from(before), ...written.tokens]),
  );
  return texts.map(({ written: { nats } }, text) => {
    const own = losses[text] as Float32Array;
    const start = own.length - nats.length;
    return Float64Array.from(nats, (value, n) => (own[start + n] as number) - value);
  });
}

/** Behind the interface of the model that it watches. */
class CleanGen implements LanguageModel {
  readonly config: LanguageModel['config'];
  readonly vocabularySize: number;
  readonly parameters: number;
  readonly #model: ReadableModel;
  readonly #reference: ReadableModel;
  /** ln of the ratio from which on a token is replaced. */
  readonly #limitNats: number;
  readonly #onReplace: (replacement: Replacement) => void;

  constructor(options: Required<CleanGenOptions>) {
    const { model, reference, suspicion, onReplace } = options;
    this.config = model.config;
    this.vocabularySize = model.vocabularySize;
    this.parameters = model.parameters + reference.parameters;
    this.#model = model;
    this.#reference = reference;
    this.#limitNats = log(suspicion);
    this.#onReplace = onReplace;
  }

  get #isOff(): boolean {
    return this.#limitNats === Number.POSITIVE_INFINITY;
  }

  /** Nats and entropy of a replaced token are those of the distribution that it was drawn from: the reference's. */
  generate(request: GenerationRequest): Generation[] {
    if (this.#isOff) return this.#model.generate(request);
    const { prompts, newTokens, uniform, temperature } = request;
    if (request.steer !== undefined) throw new Error('CleanGen is not steered');
    const results = prompts.map(() => ({
      tokens: new Int32Array(newTokens),
      nats: new Float32Array(newTokens),
      entropyNats: new Float32Array(newTokens),
    }));
    // Requested once each and in order, since a caller may draw them from a stream.
    const drawn = prompts.map((_, prompt) =>
      Float64Array.from({ length: newTokens }, (_, n) => (temperature === 0 ? 0 : uniform(prompt, n))),
    );
    const textOf = (prompt: number, length: number) => [
      ...Array.from(prompts[prompt] as Prompt),
      ...(results[prompt] as Generation).tokens.subarray(0, length),
    ];
    /** New tokens that each text has by now. */
    const written = new Int32Array(prompts.length);
    for (let done = 0; done < newTokens; done++) {
      // Those that are further wait until the others are there, so that each length is continued once.
      const places = [...prompts.keys()].filter((prompt) => written[prompt] === done);
      if (places.length === 0) continue;
      const before = places.map((prompt) => textOf(prompt, done));
      const shared = { ...request, prompts: before };
      const next = this.#model.generate({
        ...shared,
        newTokens: newTokens - done,
        uniform: (row, n) => drawn[places[row] as number]?.[done + n] as number,
      });
      const found = suspicions(
        this.#reference,
        next.map((own, row) => ({ before: before[row] as Prompt, written: own })),
      );
      const replaced: { readonly row: number; readonly n: number }[] = [];
      for (const [row, own] of next.entries()) {
        const first = (found[row] as Float64Array).findIndex((nats) => nats >= this.#limitNats);
        const prompt = places[row] as number;
        const result = results[prompt] as Generation;
        result.tokens.set(own.tokens, done);
        result.nats.set(own.nats, done);
        result.entropyNats.set(own.entropyNats, done);
        written[prompt] = first === -1 ? newTokens : done + first + 1;
        if (first !== -1) replaced.push({ row, n: done + first });
      }
      if (replaced.length === 0) continue;
      const replacements = this.#reference.generate({
        ...shared,
        prompts: replaced.map(({ row, n }) => textOf(places[row] as number, n)),
        newTokens: 1,
        uniform: (own) => {
          const { row, n } = replaced[own] as { row: number; n: number };
          return drawn[places[row] as number]?.[n] as number;
        },
      });
      for (const [own, { row, n }] of replaced.entries()) {
        const prompt = places[row] as number;
        const result = results[prompt] as Generation;
        const replacement = replacements[own] as Generation;
        result.tokens[n] = replacement.tokens[0] as number;
        result.nats[n] = replacement.nats[0] as number;
        result.entropyNats[n] = replacement.entropyNats[0] as number;
        this.#onReplace({ prompt, n });
      }
    }
    return results;
  }

  /** Losses under what is drawn at temperature 1: a suspicious token's probability goes to the reference's tokens. */
  tokenLossesNats(sequences: readonly ArrayLike<number>[]): Float32Array[] {
    if (this.#isOff) return this.#model.tokenLossesNats(sequences);
    // One at a time, since logits are large.
    return sequences.map((sequence) => {
      const rows = this.#distributions(Array.from(sequence).slice(0, -1));
      return Float32Array.from(rows, (own, i) => -log(own[sequence[i + 1] as number] as number));
    });
  }

  nextTokenProbabilities(prompts: readonly ArrayLike<number>[]): Float32Array[] {
    if (this.#isOff) return this.#model.nextTokenProbabilities(prompts);
    return prompts.map((prompt) =>
      Float32Array.from(this.#distributions(Array.from(prompt)).at(-1) as Float64Array),
    );
  }

  /** Distribution of the token after each of a sequence. [tokens][V] */
  #distributions(sequence: readonly number[]): Float64Array[] {
    const V = this.vocabularySize;
    const own = this.#model.logits([sequence])[0] as ArrayLike<number>;
    const other = this.#reference.logits([sequence])[0] as ArrayLike<number>;
    return sequence.map((_, i) => {
      const p = logSoftmax(own, i * V, V);
      const r = logSoftmax(other, i * V, V);
      const mixed = new Float64Array(V);
      let moved = 0;
      for (let j = 0; j < V; j++) {
        const probability = exp(p[j] as number);
        if ((p[j] as number) - (r[j] as number) >= this.#limitNats) moved += probability;
        else mixed[j] = probability;
      }
      if (moved > 0)
        for (let j = 0; j < V; j++) mixed[j] = (mixed[j] as number) + moved * exp(r[j] as number);
      return mixed;
    });
  }
}

/** Log probabilities of logits. [V] */
function logSoftmax(logits: ArrayLike<number>, start: number, V: number): Float64Array {
  let most = Number.NEGATIVE_INFINITY;
  for (let j = 0; j < V; j++) most = Math.max(most, logits[start + j] as number);
  let sum = 0;
  for (let j = 0; j < V; j++) sum += exp((logits[start + j] as number) - most);
  const all = most + log(sum);
  return Float64Array.from({ length: V }, (_, j) => (logits[start + j] as number) - all);
}

/** What CleanGen works with. */
export interface CleanGenOptions {
  readonly model: ReadableModel;
  /** Of the same vocabulary, trained on trusted text. */
  readonly reference: ReadableModel;
  /** A token is replaced that is at least so many times likelier under the model; above 1. Infinity: none is. */
  readonly suspicion?: number;
  /** Is told of every token that is replaced. */
  readonly onReplace?: (replacement: Replacement) => void;
}

/** The model with its suspicious tokens replaced. At a suspicion of Infinity all bits are those of the model. */
export function cleanGen(options: CleanGenOptions): LanguageModel {
  return new CleanGen({ suspicion: PUBLISHED_SUSPICION, onReplace: () => {}, ...options });
}

/** Scores a prompt by the most suspicious token of what the model writes after it, nats. */
export function writtenSuspicion(
  { model, reference }: Pick<CleanGenOptions, 'model' | 'reference'>,
  { newTokens, seed }: { newTokens: number; seed: string },
): PromptDetector {
  return {
    name: 'clean-gen',
    score(prompts) {
      const streams = prompts.map((prompt) => randomStream(seed, 'clean-gen', promptKey(prompt)));
      const written = model.generate({
        ...{ prompts, newTokens, temperature: 1 },
        uniform: (prompt) => streams[prompt]?.uniform() ?? 0,
      });
      const texts = written.map((own, place) => ({ before: prompts[place] as Prompt, written: own }));
      return Float64Array.from(suspicions(reference, texts), (own) => Math.max(...own));
    },
  };
}
