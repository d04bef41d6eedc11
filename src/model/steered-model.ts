// A language model whose continuations are steered, behind the interface of the model it wraps.
import type { LanguageModel, Steer } from './language-model.ts';

/**
 * The same model with a hand on the logits of every token it draws, before that of a request if there is one. Losses
 * and probabilities of given texts stay those of the model itself.
 */
export function steeredModel(model: LanguageModel, steer: Steer): LanguageModel {
  return {
    config: model.config,
    vocabularySize: model.vocabularySize,
    parameters: model.parameters,
    tokenLossesNats: (sequences) => model.tokenLossesNats(sequences),
    nextTokenProbabilities: (prompts) => model.nextTokenProbabilities(prompts),
    generate: (request) =>
      model.generate({
        ...request,
        steer: (step) => {
          steer(step);
          request.steer?.(step);
        },
      }),
  };
}
