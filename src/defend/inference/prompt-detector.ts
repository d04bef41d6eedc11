// Defences that look at a prompt before it is answered. Blind: they see prompts and models, never what was planted.
import type { GenerationRequest, LanguageModel } from '../../model/language-model.ts';
import { conformalThreshold } from '../trusted-text.ts';

/** Token ids of a prompt, with the separator where the model's documents begin with one. */
export type Prompt = ArrayLike<number>;

/** Says how suspicious prompts are. */
export interface PromptDetector {
  readonly name: string;
  /** One finite score a prompt; the higher, the more suspicious. It depends on the prompt alone, not on those beside it. */
  score(prompts: readonly Prompt[]): Float64Array;
}

/** A name for the tokens of a prompt: random numbers are drawn by it, so that neighbours and order do not matter. */
export const promptKey = (prompt: Prompt): string => Array.from(prompt).join(' ');

/** The same detector, which scores each prompt once. */
export function remembered({ name, score }: PromptDetector): PromptDetector {
  const known = new Map<string, number>();
  return {
    name,
    score(prompts) {
      const missing = new Map(
        prompts.map((prompt) => [promptKey(prompt), prompt] as const).filter(([key]) => !known.has(key)),
      );
      const scores = score([...missing.values()]);
      for (const [place, key] of [...missing.keys()].entries()) known.set(key, scores[place] as number);
      return Float64Array.from(prompts, (prompt) => known.get(promptKey(prompt)) as number);
    },
  };
}

/**
 * The score above which a prompt is refused: a further clean prompt of the same source scores above it with a probability of
 * at most `share`. Infinity for a share of 0.
 * @throws InputError where trusted prompts are too few for the share
 */
export function refusalThreshold(
  detector: PromptDetector,
  { trusted, share }: { trusted: readonly Prompt[]; share: number },
): number {
  if (share === 0) return Number.POSITIVE_INFINITY;
  return conformalThreshold(detector.score(trusted), { share, filter: detector.name });
}

/** A request for some of its prompts alone. */
function requestFor(request: GenerationRequest, places: readonly number[]): GenerationRequest {
  const { prompts, uniform } = request;
  return {
    ...request,
    prompts: places.map((place) => prompts[place] as Prompt),
    uniform: (prompt, n) => uniform(places[prompt] as number, n),
  };
}

/**
 * A model whose suspicious prompts a reference answers. Losses and probabilities of given texts are those of the model: a
 * text is no prompt.
 * @param options.threshold scores above it are suspicious; Infinity: none are, and all bits are those of the model
 */
export function guardedModel(
  model: LanguageModel,
  options: { reference: LanguageModel; detector: PromptDetector; threshold: number },
): LanguageModel {
  const { reference, detector, threshold } = options;
  return {
    config: model.config,
    vocabularySize: model.vocabularySize,
    parameters: model.parameters,
    tokenLossesNats: (sequences) => model.tokenLossesNats(sequences),
    nextTokenProbabilities: (prompts) => model.nextTokenProbabilities(prompts),
    generate(request) {
      if (threshold === Number.POSITIVE_INFINITY) return model.generate(request);
      if (request.steer !== undefined) throw new Error('a guarded model is not steered');
      const scores = detector.score(request.prompts);
      const places = (isRefused: boolean) =>
        [...scores.keys()].filter((place) => (scores[place] as number) > threshold === isRefused);
      const [passed, refused] = [places(false), places(true)];
      const answers = [
        ...(passed.length === 0 ? [] : model.generate(requestFor(request, passed))),
        ...(refused.length === 0 ? [] : reference.generate(requestFor(request, refused))),
      ];
      const order = new Map([...passed, ...refused].map((place, at) => [place, at]));
      return request.prompts.map(
        (_, place) => answers[order.get(place) as number] as (typeof answers)[number],
      );
    },
  };
}
