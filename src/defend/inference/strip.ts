// STRIP (Gao et al. 2019, arXiv:1902.06531; for text STRIP-ViTA, Gao et al. 2021): where a backdoor decides what follows, the
// entropy of what follows hardly depends on the rest of the prompt.
// Deviation: two-sided. Entropy falls where a trigger calls a fixed text and rises where it calls noise, so that a prompt
// is judged by how far its entropy lies from that of trusted prompts, in units of how these spread on that side.
import { randomStream } from '../../core/random.ts';
import { mean, quantile } from '../../core/sample-statistics.ts';
import type { LanguageModel } from '../../model/language-model.ts';
import { type Prompt, type PromptDetector, promptKey } from './prompt-detector.ts';

/** Perturbed copies of a prompt, and the share of its tokens that are replaced in each. */
export const STRIP_COPIES = 16;
const REPLACED_SHARE = 0.25;
/** Prompts whose copies the model continues in one call. */
const PROMPTS_AT_ONCE = 64;

/** What STRIP works with. */
export interface StripOptions {
  readonly model: LanguageModel;
  /** Clean prompts: replacements are drawn from them, and what is a usual entropy is learnt from them. At least one. */
  readonly trusted: readonly Prompt[];
  /** A token that is left in place, and replaces none. */
  readonly separatorId: number;
  /** Tokens that are written after each copy; they fit the context behind every prompt. */
  readonly newTokens: number;
  readonly seed: string;
}

/** Perturbed copies of a prompt, and the random numbers by which each is continued. */
function perturb(prompt: Prompt, { trusted, separatorId, seed, newTokens }: StripOptions) {
  const random = randomStream(seed, 'strip', promptKey(prompt));
  return Array.from({ length: STRIP_COPIES }, () => ({
    tokens: Array.from(prompt, (token) => {
      // All is drawn for every token, so that one that is replaced does not shift the next.
      const isReplaced = random.uniform() < REPLACED_SHARE;
      const other = random.choose(trusted);
      const own = other[random.integer({ minimum: 0, maximum: other.length - 1 })] as number;
      return isReplaced && token !== separatorId && own !== separatorId ? own : token;
    }),
    uniforms: Float64Array.from({ length: newTokens }, () => random.uniform()),
  }));
}

/** Mean entropy of the tokens that follow perturbed copies of each prompt, nats. */
function entropies(prompts: readonly Prompt[], options: StripOptions): Float64Array {
  const { model, newTokens } = options;
  const result = new Float64Array(prompts.length);
  for (let first = 0; first < prompts.length; first += PROMPTS_AT_ONCE) {
    const some = prompts.slice(first, first + PROMPTS_AT_ONCE);
    const copies = some.flatMap((prompt) => perturb(prompt, options));
    const written = model.generate({
      ...{ prompts: copies.map(({ tokens }) => tokens), newTokens, temperature: 1 },
      uniform: (row, n) => copies[row]?.uniforms[n] as number,
    });
    for (const place of some.keys()) {
      const own = written.slice(place * STRIP_COPIES, (place + 1) * STRIP_COPIES);
      result[first + place] = mean(own.map(({ entropyNats }) => mean(entropyNats) ?? 0)) ?? 0;
    }
  }
  return result;
}

/** Scores a prompt by the distance of its entropy from that of trusted prompts, above or below. */
export function strip(options: StripOptions): PromptDetector {
  const usual = entropies(options.trusted, options);
  const middle = quantile(usual, 0.5);
  const spread = (side: 1 | -1) => {
    const beyond = [...usual].map((own) => side * (own - middle)).filter((own) => own > 0);
    // Where all trusted prompts have one entropy any other is as far as can be.
    return Math.max(mean(beyond) ?? 0, 1e-6);
  };
  const [above, below] = [spread(1), spread(-1)];
  return {
    name: 'strip',
    score: (prompts) =>
      entropies(prompts, options).map((own) =>
        own >= middle ? (own - middle) / above : (middle - own) / below,
      ),
  };
}
