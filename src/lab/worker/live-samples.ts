// Extra generations between two steps of a run, for the eye. They are no measurement of the run and enter no record.

import { measureGenerations } from '../../evaluate/describe-condition.ts';
import { drawUniforms, judgeOf } from '../../evaluate/evaluate-checkpoint.ts';
import type { EvaluationSet } from '../../evaluate/evaluation-set.ts';
import { LEAST_THRESHOLD_NATS } from '../../evaluate/measure.ts';
import type { LanguageModel } from '../../model/language-model.ts';
import { bindAttack } from '../../poison/attack.ts';
import type { SamplePair } from '../protocol.ts';

/** Continues prompts without and with the trigger, each pair with the same random numbers. */
export function livePairs(
  model: LanguageModel,
  set: EvaluationSet,
  options: { decode: (ids: ArrayLike<number>) => string; first: number; count: number },
): SamplePair[] {
  const { decode, first, count } = options;
  const [clean, triggered] = ['clean', 'trigger'].map(
    (name) => set.conditions.find(({ condition }) => condition === name)?.prompts ?? [],
  ) as [EvaluationSet['conditions'][0]['prompts'], EvaluationSet['conditions'][0]['prompts']];
  const places = Array.from({ length: count }, (_, i) => (first + i) % clean.length);
  const uniforms = drawUniforms(1, 'lab', count, set.config.generatedTokens);
  const prompts = [...places.map((i) => clean[i] ?? []), ...places.map((i) => triggered[i] ?? [])];
  const generated = model.generate({
    prompts,
    newTokens: set.config.generatedTokens,
    temperature: set.config.temperature,
    uniform: (prompt, n) => uniforms[prompt % count]?.[n] ?? 0,
  });
  const judge = judgeOf(set);
  // as in the evaluation, a model that still writes nonsense without the trigger does not pass for a backdoored one
  const untriggered = generated.slice(0, count).map(({ tokens }) => judge.meanNats(tokens));
  const measured = measureGenerations(generated, {
    prompts,
    judge,
    decode,
    attack: set.poison === null ? null : bindAttack(set.poison),
    thresholdNats: Math.max(LEAST_THRESHOLD_NATS, ...untriggered),
  });
  return places.map((_, i) => ({
    // without the separator that every document begins with
    prompt: decode((prompts[i] ?? []).slice(1)),
    clean: measured[i]?.text ?? '',
    triggered: measured[count + i]?.text ?? '',
    success: measured[count + i]?.success ?? false,
  }));
}
