// Rules between the defences of a phase, and between them and its corpus.
import { PARTITION } from './budget.ts';
import type { Breach } from './evaluation-rules.ts';
import type {
  CorpusConfig,
  DefenceConfig,
  DefenceSchemas,
  ModelConfig,
  PhaseSettings,
} from './schema/schema.ts';
import type { FieldPath } from './yaml/located.ts';

/** The data are divided once, before all else, so that no other defence sees another part; and into parts that there are. */
function* partitionRules(defend: readonly DefenceConfig[], path: FieldPath): Generator<Breach> {
  for (const [place, { kind, parts, part }] of defend.entries()) {
    if (kind !== PARTITION) continue;
    if (place > 0)
      yield {
        path: [...path, 'defend', place],
        message: 'partition divides the data before any other defence sees them: give it once, and first',
      };
    if (typeof parts === 'number' && typeof part === 'number' && part > parts)
      yield {
        path: [...path, 'defend', place, 'part'],
        message: `is ${part} of ${parts} parts: give 1 to ${parts}, or more parts`,
      };
  }
}

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
  yield* partitionRules(defend, path);
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
    const { layer: read = 0, trainedShares = [] } = defences[settings.kind]?.judgesBy(settings) ?? {};
    const layer = read ?? 0;
    if (layer > layers)
      yield {
        path: [...path, 'defend', place, 'layer'],
        message: `is ${layer}, and the model has ${layers} layers: give 0 to ${layers}, or null for the last states, normalised`,
      };
    const [first = 0, last = 2] = trainedShares;
    if (first >= last)
      yield {
        path: [...path, 'defend', place, 'fromShare'],
        message: `is ${first}, and untilShare is ${last}: a fall of loss is read from an earlier point to a later one`,
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
