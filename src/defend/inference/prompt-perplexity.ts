// Perplexity of the prompt under a model of trusted text (Alon and Kamfonas 2023, arXiv:2308.14132; ONION, Qi et al. 2021).
// Deviation: by the worst window instead of the whole prompt, since a trigger is a small part of it.
import type { LanguageModel } from '../../model/language-model.ts';
import { worstWindow } from '../reference-perplexity.ts';
import type { PromptDetector } from './prompt-detector.ts';

/** Tokens of a window: about those of a trigger of some words. */
export const PROMPT_WINDOW = 4;

/** Scores a prompt by its most surprising window under the reference, nats a token. */
export function promptPerplexity(reference: LanguageModel, windowTokens = PROMPT_WINDOW): PromptDetector {
  return {
    name: 'prompt-perplexity',
    score(prompts) {
      // A prompt of one token has none that others precede.
      const longer = prompts.filter(({ length }) => length > 1);
      const losses = reference.tokenLossesNats(longer);
      const scores = new Map(longer.map((prompt, place) => [prompt, losses[place] as Float32Array]));
      return Float64Array.from(prompts, (prompt) => worstWindow(scores.get(prompt) ?? [], windowTokens));
    },
  };
}
