// Rules between the defences of a phase, and between them and its corpus.
import type { Breach } from './evaluation-rules.ts';
import type { CorpusConfig, DefenceSchemas, ModelConfig, PhaseSettings } from './schema/schema.ts';
import type { FieldPath } from './yaml/located.ts';

/** The gradient of a step is made by one rule, what reads trusted text has some, and what reads a layer finds it. */
export function* defenceRules(
  { defend = [], corpus: own }: PhaseSettings,
  path: FieldPath,
  parts: {
    readonly defences: DefenceSchemas;
    readonly corpus?: CorpusConfig | undefined;
    readonly model?: ModelConfig | undefined;
  },
): Generator<Breach> {
  const { defences } = parts;
  const corpus = own ?? parts.corpus;
  const holdsNone = corpus !== undefined && corpus.splits.trusted === undefined;
  for (const [place, settings] of defend.entries())
    if (holdsNone && defences[settings.kind]?.readsTrusted(settings) === true)
      yield {
        path: [...path, 'defend', place],
        message:
          `${settings.kind} reads trusted text, and the corpus of the phase holds none back; set splits.trusted of it, ` +
          'e.g. to 0.05, and the same in the undefended runs that these are compared with',
      };
  const layers = parts.model?.layers ?? Number.POSITIVE_INFINITY;
  for (const [place, settings] of defend.entries()) {
    const layer = defences[settings.kind]?.readsStates(settings)?.layer ?? 0;
    if (layer > layers)
      yield {
        path: [...path, 'defend', place, 'layer'],
        message: `is ${layer}, and the model has ${layers} layers: give 0 to ${layers}, or null for the last states, normalised`,
      };
  }
  const [first, ...others] = [...defend.entries()].filter(([, own]) =>
    defences[own.kind]?.makesGradient(own),
  );
  for (const [place, { kind }] of others)
    yield {
      path: [...path, 'defend', place],
      message: `${first?.[1].kind} and ${kind} both make the gradient of a step: a phase takes one such defence`,
    };
}
