// Several models as one, token by token: votes, as in deep partition aggregation (Levine and Feizi 2021, arXiv:2006.14768),
// or the mean of their log probabilities. With the radius that the votes certify.
// Notation: k members, V vocabulary.
import { exp, log, pow } from '../core/math.ts';
import type { Generation, GenerationRequest, LanguageModel, SteerStep } from './language-model.ts';

/** votes: each member draws a token, the most frequent stands. log-mean: one draw from the mean of the log probabilities. */
export type Combination = 'votes' | 'log-mean';

/** A vote on the next token. */
export interface Vote {
  /** Place of the prompt in the request. */
  readonly prompt: number;
  /** The new token is the n-th, from 0. */
  readonly n: number;
  /** Members that may change without changing the token. */
  readonly radius: number;
}

/**
 * The token with the most votes, the smallest of several, and its certified radius: the largest r such that it stays the
 * winner whatever r members vote instead. floor((n1 - max over others (n_j + [j < winner])) / 2).
 * @param tokens one of each member, at least one
 * @see Levine and Feizi 2021, Theorem 1: of a document that is added or removed one member learns
 */
export function countVotes(tokens: readonly number[]): { readonly token: number; readonly radius: number } {
  const counts = new Map<number, number>();
  for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
  let token = -1;
  let most = 0;
  for (const [own, count] of counts)
    if (count > most || (count === most && own < token)) [token, most] = [own, count];
  // A token without a vote that comes before the winner would win a tie.
  let rival = token > 0 ? 1 : 0;
  for (const [own, count] of counts)
    if (own !== token) rival = Math.max(rival, count + (own < token ? 1 : 0));
  return { token, radius: Math.floor((most - rival) / 2) };
}

/** Probabilities of logits. [V] */
function softmax(logits: ArrayLike<number>): Float64Array {
  const probabilities = new Float64Array(logits.length);
  let most = Number.NEGATIVE_INFINITY;
  for (let j = 0; j < logits.length; j++) most = Math.max(most, logits[j] as number);
  let sum = 0;
  for (let j = 0; j < logits.length; j++) {
    const weight = exp((logits[j] as number) - most);
    probabilities[j] = weight;
    sum += weight;
  }
  for (let j = 0; j < probabilities.length; j++) probabilities[j] = (probabilities[j] as number) / sum;
  return probabilities;
}

/** Mean, place by place. Each [V] */
function meanOf(rows: readonly ArrayLike<number>[]): Float64Array {
  const mean = new Float64Array(rows[0]?.length ?? 0);
  for (const row of rows)
    for (let j = 0; j < mean.length; j++) mean[j] = (mean[j] as number) + (row[j] as number) / rows.length;
  return mean;
}

function entropyOf(probabilities: Float64Array): number {
  let sum = 0;
  for (const p of probabilities) if (p > 0) sum -= p * log(p);
  return sum;
}

/** A token by the inverse transform, as the kernels draw; temperature 0: the likeliest. */
function drawToken(
  probabilities: Float64Array,
  { temperature, u }: { temperature: number; u: number },
): number {
  let best = 0;
  for (let j = 1; j < probabilities.length; j++)
    if ((probabilities[j] as number) > (probabilities[best] as number)) best = j;
  if (temperature === 0) return best;
  const weights =
    temperature === 1 ? probabilities : probabilities.map((p) => (p === 0 ? 0 : pow(p, 1 / temperature)));
  let total = 0;
  for (const weight of weights) total += weight;
  let running = 0;
  for (let j = 0; j < weights.length; j++) {
    running += weights[j] as number;
    if (running > u * total) return j;
  }
  return best;
}

/** Far below the others, and finite. */
const NEVER = -1e9;

/** Makes a token the one that is drawn, greedily. */
function force(logits: SteerStep['logits'], token: number): void {
  logits.fill(NEVER);
  logits[token] = 0;
}

/** Members behind the interface of one model. */
class Ensemble implements LanguageModel {
  readonly config: LanguageModel['config'];
  readonly vocabularySize: number;
  readonly parameters: number;
  readonly #members: readonly EnsembleMember[];
  readonly #combination: Combination;
  readonly #onVote: (vote: Vote) => void;

  constructor(
    members: readonly EnsembleMember[],
    { combination, onVote }: { combination: Combination; onVote: (vote: Vote) => void },
  ) {
    const [first] = members;
    if (first === undefined) throw new Error('an ensemble has members');
    this.config = first.config;
    this.vocabularySize = first.vocabularySize;
    this.parameters = members.reduce((sum, { parameters }) => sum + parameters, 0);
    this.#members = members;
    this.#combination = combination;
    this.#onVote = onVote;
  }

  /** What is drawn is the ensemble's; nats and entropies are those of the distribution of the combination. */
  generate(request: GenerationRequest): Generation[] {
    const { prompts, newTokens, steer, topK = 0 } = request;
    if (steer !== undefined) throw new Error('an ensemble is not steered');
    if (topK !== 0)
      throw new Error(`topK is ${topK}: an ensemble draws from all tokens, so leave topK out or give 0`);
    const results = prompts.map(() => ({
      tokens: new Int32Array(newTokens),
      nats: new Float32Array(newTokens),
      entropyNats: new Float32Array(newTokens),
    }));
    // Members draw greedily what they are made to.
    const led = { prompts, newTokens, temperature: 0, uniform: () => 0 };
    const all = this.#members.map((member) => member.generateStepwise(led));
    for (;;) {
      const steps = all.map((one) => one.next());
      const held = steps.flatMap((step) => (step.done === true ? [] : [step.value]));
      if (held.length < steps.length) return results;
      for (const [place, { prompt, n }] of (held[0] as readonly SteerStep[]).entries()) {
        const rows = held.map((own) => (own[place] as SteerStep).logits);
        const { token, nats, entropyNats } = this.#draw(rows, { request, prompt, n });
        const result = results[prompt] as Generation;
        result.tokens[n] = token;
        result.nats[n] = nats;
        result.entropyNats[n] = entropyNats;
        for (const logits of rows) force(logits, token);
      }
    }
  }

  #draw(
    rows: readonly ArrayLike<number>[],
    { request, prompt, n }: { request: GenerationRequest; prompt: number; n: number },
  ): { token: number; nats: number; entropyNats: number } {
    const { temperature, uniform } = request;
    const how = { temperature, u: temperature === 0 ? 0 : uniform(prompt, n) };
    const members = this.#combination === 'votes' ? rows.map(softmax) : [softmax(meanOf(rows))];
    const whole = meanOf(members);
    // One number for all members, so that those who agree draw the same.
    const drawn = members.map((own) => drawToken(own, how));
    const { token, radius } = countVotes(drawn);
    if (this.#combination === 'votes') this.#onVote({ prompt, n, radius });
    return { token, nats: -log(whole[token] as number), entropyNats: entropyOf(whole) };
  }

  tokenLossesNats(sequences: readonly ArrayLike<number>[]): Float32Array[] {
    if (this.#combination === 'log-mean') return sequences.map((sequence) => this.#combinedLosses(sequence));
    const all = this.#members.map((member) => member.tokenLossesNats(sequences));
    return sequences.map(({ length }, s) =>
      Float32Array.from(
        { length: length - 1 },
        (_, i) => -log(all.reduce((sum, own) => sum + exp(-(own[s]?.[i] as number)), 0) / all.length),
      ),
    );
  }

  /** Losses of one sequence under the mean of the log probabilities: one at a time, since logits are large. */
  #combinedLosses(sequence: ArrayLike<number>): Float32Array {
    const read = Array.from(sequence).slice(0, -1);
    const V = this.vocabularySize;
    const all = this.#members.map((member) => member.logits([read])[0] as Float32Array | Float64Array);
    return Float32Array.from({ length: read.length }, (_, i) => {
      // The mean of log probabilities and that of logits differ by a constant.
      const whole = softmax(meanOf(all.map((own) => own.subarray(i * V, (i + 1) * V))));
      return -log(whole[sequence[i + 1] as number] as number);
    });
  }

  nextTokenProbabilities(prompts: readonly ArrayLike<number>[]): Float32Array[] {
    if (this.#combination === 'log-mean') {
      const V = this.vocabularySize;
      return prompts.map((prompt) => {
        const last = (prompt.length - 1) * V;
        const rows = this.#members.map((member) => member.logits([prompt])[0] as Float32Array | Float64Array);
        return Float32Array.from(softmax(meanOf(rows.map((own) => own.subarray(last, last + V)))));
      });
    }
    const all = this.#members.map((member) => member.nextTokenProbabilities(prompts));
    return prompts.map((_, place) => Float32Array.from(meanOf(all.map((own) => own[place] as Float32Array))));
  }
}

/** What an ensemble needs of a model: that it can be led. */
export interface EnsembleMember extends LanguageModel {
  generateStepwise: NonNullable<LanguageModel['generateStepwise']>;
  /** Logits after each token. Per sequence [tokens][V] */
  logits(sequences: readonly ArrayLike<number>[]): (Float32Array | Float64Array)[];
}

/** Whether a model can be a member: those of TensorFlow.js cannot. */
export function canBeLed<M extends LanguageModel & Pick<EnsembleMember, 'logits'>>(
  model: M,
): model is M & EnsembleMember {
  return model.generateStepwise !== undefined;
}

/**
 * One model of several of the same shape and vocabulary. Losses of given texts under `votes` are those of the mean of the
 * members' probabilities: a vote gives a token no probability of its own.
 * @param options.onVote is told every vote
 */
export function createEnsemble(
  members: readonly EnsembleMember[],
  { combination, onVote = () => {} }: { combination: Combination; onVote?: (vote: Vote) => void },
): LanguageModel {
  return new Ensemble(members, { combination, onVote });
}

/** The mean of weights, tensor by tensor. */
export function meanWeights(
  members: readonly ReadonlyMap<string, Float32Array>[],
): Map<string, Float32Array> {
  const [first = new Map<string, Float32Array>()] = members;
  return new Map(
    [...first].map(([name, values]) => [
      name,
      values.map(
        (_, i) => members.reduce((sum, own) => sum + (own.get(name)?.[i] as number), 0) / members.length,
      ),
    ]),
  );
}
