// Rules about what is measured, and when.
import type { EvaluationConfig, ModelConfig } from './schema/schema.ts';
import type { FieldPath, Located } from './yaml/located.ts';
import { nodeAt, toPlain } from './yaml/located.ts';
import { suggestion } from './yaml/suggest.ts';

/** A rule between fields that does not hold, with the field to change. */
export interface Breach {
  readonly path: FieldPath;
  readonly message: string;
}

/** Points are given for phases that there are, each once, in order. */
export function* pointRules({ points = {} }: EvaluationConfig, root: Located): Generator<Breach> {
  const phases = nodeAt(root, ['phases']);
  if (phases?.kind !== 'list') return;
  const names = phases.items.map((phase) => nodeAt(phase, ['name'])).filter((name) => name !== undefined);
  const known = names.map((name) => String(toPlain(name)));
  for (const [name, shares] of Object.entries(points)) {
    const path = ['evaluation', 'points', name];
    if (!known.includes(name))
      yield { path, message: `no phase is called ${name}${suggestion(name, known)}` };
    const place = shares.findIndex((share, index) => share <= (shares[index - 1] ?? 0));
    if (place >= 0)
      yield {
        path: [...path, place],
        message: `${shares[place]} does not follow ${shares[place - 1]}; give the points in order, each once`,
      };
  }
}

/** Prompts, trigger and generation fit the context; light evaluations are a part of full ones. */
export function* evaluationRules(
  evaluation: EvaluationConfig,
  model: ModelConfig | undefined,
): Generator<Breach> {
  const { prompts, lightPrompts, promptTokens, generatedTokens } = evaluation;
  if (lightPrompts > prompts)
    yield {
      path: ['evaluation', 'lightPrompts'],
      message: `${lightPrompts} is more than the ${prompts} prompts of the full evaluation; give at most ${prompts}`,
    };
  if (promptTokens.minimum > promptTokens.maximum)
    yield {
      path: ['evaluation', 'promptTokens', 'minimum'],
      message: `${promptTokens.minimum} is above the maximum, ${promptTokens.maximum}`,
    };
  const needed = promptTokens.maximum + generatedTokens;
  if (model !== undefined && needed >= model.contextTokens)
    yield {
      path: ['evaluation', 'generatedTokens'],
      message:
        `prompts of up to ${promptTokens.maximum} tokens, the trigger and ${generatedTokens} generated tokens do not fit ` +
        `a context of ${model.contextTokens}; lower promptTokens.maximum or generatedTokens`,
    };
}
