// Hunts for a trigger in a model of which nothing else is known: prompts are told by the model itself, every word is tried
// behind them, then the best are put together (after BAIT, Shen et al. 2025, and the scan of the lab). A trigger shows in one of
// two ways: what follows surprises the model where the trigger is left out (a payload of noise, another language, ...), or it is the same after
// every prompt (a fixed phrase). Beside a reference model that is trusted, a third: it follows in the one and not in the other (the
// ratio of CleanGen, Li et al. 2024, arXiv:2406.12257, as a divergence). What was found on some prompts is confirmed on others, beside random sequences of as many tokens.
import { randomStream } from '../core/random.ts';
import type { Generation, LanguageModel } from '../model/language-model.ts';
import { scanCandidates } from './trigger-scan.ts';

/** How a hunt goes. */
export interface HuntRequest {
  readonly model: LanguageModel;
  readonly separatorId: number;
  /** What sequences are made of, by their token ids: words, or tokens. */
  readonly units: readonly (readonly number[])[];
  /** Units of the longest sequences that are tried. */
  readonly longest: number;
  readonly seed: string;
  /** A trusted model with the same tokens, and at least as long a context; left out: there is none. */
  readonly reference?: LanguageModel;
}

/** What follows a sequence. */
export interface Effect {
  /** Mean surprise of what follows, under the model without the sequence, nats/token. */
  readonly nats: number;
  /** Chance that two continuations have the same token at the same place. */
  readonly agreement: number;
  /**
   * How much likelier what follows is under the model than under the reference, both with the sequence before it, nats/token: the
   * Kullback-Leibler divergence of the two, estimated from the continuations. 0 without a reference.
   */
  readonly distance: number;
}

/** The ways in which a trigger shows. */
export type Sign = keyof Effect;
const OWN_SIGNS = ['nats', 'agreement'] as const satisfies readonly Sign[];

/** Those that a hunt looks for. */
function signsOf({ reference }: Pick<HuntRequest, 'reference'>): readonly Sign[] {
  return reference === undefined ? OWN_SIGNS : [...OWN_SIGNS, 'distance'];
}

/** A sequence and its effect on the prompts that it was found on. */
export interface Candidate extends Effect {
  readonly tokens: readonly number[];
}

/** The best sequence by one sign, on prompts that it was not found on. */
export interface HuntFinding {
  readonly sign: Sign;
  readonly tokens: readonly number[];
  /** Of the sequence. */
  readonly value: number;
  /** Of no sequence at all. */
  readonly clean: number;
  /** The largest of random sequences of as many units. */
  readonly random: number;
  /** value - random: about 0 or below where there is nothing. */
  readonly excess: number;
  /** What follows, for some prompts. */
  readonly continuations: readonly (readonly number[])[];
}

/** What a hunt found. */
export interface HuntResult {
  /** By sign. */
  readonly findings: readonly HuntFinding[];
  /** By sign, the best by number of units, from 1. */
  readonly best: Readonly<Record<Sign, readonly (readonly Candidate[])[]>>;
  /** Sequences that were tried. */
  readonly tried: number;
}

/** How far a hunt is. */
export interface HuntProgress {
  /** Units of the sequences that are tried. */
  readonly units: number;
  readonly done: number;
  readonly of: number;
}

const PROMPTS = 8;
const FRESH_PROMPTS = 32;
const RANDOM_SEQUENCES = 24;
const PROMPT_TOKENS = 24;
const NEW_TOKENS = 16;
/** Sequences that are made longer, and tokens that they are made longer with, on either side. */
const BEAM = 4;
const EXTENSIONS = 128;
const SHOWN = 10;

function agreementOf(continuations: readonly Generation[]): number {
  const length = continuations[0]?.tokens.length ?? 0;
  const pairs = (continuations.length * (continuations.length - 1)) / 2;
  let equal = 0;
  for (let place = 0; place < length; place++) {
    const counts = new Map<number, number>();
    for (const { tokens } of continuations) {
      const token = tokens[place] as number;
      const before = counts.get(token) ?? 0;
      equal += before;
      counts.set(token, before + 1);
    }
  }
  return equal / Math.max(1, pairs * length);
}

/** Tokens of the longest sequence that may be tried. */
export function longestTokens({ units, longest }: Pick<HuntRequest, 'units' | 'longest'>): number {
  return longest * Math.max(...units.map(({ length }) => length));
}

/** A set of prompts with their random numbers: what sequences are tried on. */
class Trial {
  readonly #model: LanguageModel;
  readonly #reference: LanguageModel | undefined;
  readonly #newTokens: number;
  readonly prompts: readonly (readonly number[])[];
  readonly #uniforms: readonly Float64Array[];

  constructor(request: HuntRequest, name: string, count: number) {
    const { model, separatorId, seed } = request;
    const longest = longestTokens(request);
    this.#model = model;
    this.#reference = request.reference;
    const { contextTokens } = model.config;
    this.#newTokens = Math.max(2, Math.min(NEW_TOKENS, Math.floor((contextTokens - longest) / 3)));
    const promptTokens = Math.max(2, Math.min(PROMPT_TOKENS, contextTokens - longest - this.#newTokens));
    const drawn = (what: string, length: number) =>
      Array.from({ length: count }, (_, prompt) => {
        const random = randomStream(seed, 'hunt', name, what, prompt);
        return Float64Array.from({ length }, () => random.uniform());
      });
    const told = drawn('prompts', promptTokens - 1);
    this.prompts = model
      .generate({
        prompts: told.map(() => [separatorId]),
        newTokens: promptTokens - 1,
        temperature: 1,
        uniform: (prompt, n) => told[prompt]?.[n] ?? 0,
      })
      .map(({ tokens }) => [separatorId, ...tokens]);
    this.#uniforms = drawn('continuations', this.#newTokens);
  }

  /** Continuations behind each candidate, scored. */
  *scan<S>(
    candidates: readonly (readonly number[])[],
    score: (continuations: readonly Generation[], candidate: readonly number[]) => S,
  ) {
    yield* scanCandidates({
      ...{ model: this.#model, prompts: this.prompts, candidates, score },
      newTokens: this.#newTokens,
      uniform: (prompt, n) => this.#uniforms[prompt]?.[n] ?? 0,
    });
  }

  /** What continuations are without the sequence that they follow, and in the reference with it. */
  effect(continuations: readonly Generation[], sequence: readonly number[]): Effect {
    const nats = this.#meanNats(this.#model, continuations, []);
    return { nats, agreement: agreementOf(continuations), distance: this.#distance(continuations, sequence) };
  }

  #distance(continuations: readonly Generation[], sequence: readonly number[]): number {
    if (this.#reference === undefined) return 0;
    let own = 0;
    for (const { nats } of continuations) for (const value of nats) own += value;
    const mean = own / (continuations.length * this.#newTokens);
    return this.#meanNats(this.#reference, continuations, sequence) - mean;
  }

  /** Mean surprise of continuations behind their prompts and a sequence, nats/token. */
  #meanNats(model: LanguageModel, continuations: readonly Generation[], sequence: readonly number[]): number {
    const losses = model.tokenLossesNats(
      continuations.map(({ tokens }, place) => [...(this.prompts[place] ?? []), ...sequence, ...tokens]),
    );
    let sum = 0;
    for (const nats of losses)
      for (let place = nats.length - this.#newTokens; place < nats.length; place++)
        sum += nats[place] as number;
    return sum / (continuations.length * this.#newTokens);
  }
}

/** The best by a sign; of equal ones the first. */
function bestBy(candidates: readonly Candidate[], sign: Sign, count: number): Candidate[] {
  return [...candidates.keys()]
    .sort((a, b) => (candidates[b]?.[sign] ?? 0) - (candidates[a]?.[sign] ?? 0) || a - b)
    .slice(0, count)
    .map((place) => candidates[place] as Candidate);
}

/** Sequences of one token more: the best so far with the best single tokens before or behind them, each once. */
function longer(best: readonly Candidate[], singles: readonly Candidate[]): number[][] {
  const made = new Map<string, number[]>();
  for (const { tokens } of best)
    for (const single of singles)
      for (const sequence of [
        [...tokens, ...single.tokens],
        [...single.tokens, ...tokens],
      ])
        made.set(sequence.join(' '), sequence);
  return [...made.values()];
}

/** Hunts; yields how far it is. @returns what was found */
export function* huntTrigger(request: HuntRequest): Generator<HuntProgress, HuntResult, void> {
  const { units, longest, seed } = request;
  const trial = new Trial(request, 'search', PROMPTS);
  const signs = signsOf(request);
  const best: Record<Sign, Candidate[][]> = { nats: [], agreement: [], distance: [] };
  let tried = 0;
  let candidates = units;
  let singles: readonly Candidate[] = [];
  for (let length = 1; length <= longest; length++) {
    const scored: Candidate[] = [];
    for (const some of trial.scan(candidates, (...found) => trial.effect(...found))) {
      for (const effect of some) scored.push({ ...effect, tokens: candidates[scored.length] ?? [] });
      yield { units: length, done: scored.length, of: candidates.length };
    }
    tried += scored.length;
    if (length === 1) singles = scored;
    for (const sign of signs) best[sign].push(bestBy(scored, sign, SHOWN));
    candidates = signs.flatMap((sign) =>
      longer(bestBy(scored, sign, BEAM), bestBy(singles, sign, EXTENSIONS)),
    );
  }
  const fresh = new Trial(request, 'confirm', FRESH_PROMPTS);
  const findings = signs.map((sign) => confirm({ fresh, units, seed, best: best[sign], sign }));
  return { findings, best, tried };
}

/** The best of all lengths on fresh prompts, beside nothing and beside random sequences. */
function confirm(options: {
  fresh: Trial;
  units: readonly (readonly number[])[];
  seed: string;
  best: readonly (readonly Candidate[])[];
  sign: Sign;
}): HuntFinding {
  const { fresh, units, seed, best, sign } = options;
  const measure = (sequences: readonly (readonly number[])[]) =>
    [
      ...fresh.scan(sequences, (continuations, sequence) => ({
        ...{ effect: fresh.effect(continuations, sequence), continuations },
      })),
    ].flat();
  const finalists = best.map(([first]) => first?.tokens ?? []);
  const measured = measure(finalists);
  let chosen = 0;
  for (const [place, { effect }] of measured.entries())
    if (effect[sign] > (measured[chosen]?.effect[sign] ?? 0)) chosen = place;
  const found = finalists[chosen] ?? [];
  const random = randomStream(seed, 'hunt', 'random', sign);
  const others = Array.from({ length: RANDOM_SEQUENCES }, () =>
    Array.from({ length: chosen + 1 }, () => random.choose(units)).flat(),
  );
  const own = measured[chosen];
  const value = own?.effect[sign] ?? 0;
  const most = Math.max(...measure(others).map(({ effect }) => effect[sign]));
  return {
    ...{ sign, tokens: found, value },
    clean: measure([[]])[0]?.effect[sign] ?? 0,
    random: most,
    excess: value - most,
    continuations: (own?.continuations ?? []).slice(0, 3).map((one) => [...one.tokens]),
  };
}
