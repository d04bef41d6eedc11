// The defences of a phase, bound to its seed, and what a model must be made for because of them.
import type { RunConfig } from '../../config/schema/schema.ts';
import { bindDefences, type PhaseDefences } from '../../defend/registry.ts';
import type { Example } from '../../tokens/example.ts';
import type { Tokenizer } from '../../tokens/tokenizer.ts';
import { type StateSource, scoringConfig, scoringLosses, scoringStates } from '../scoring/scoring-models.ts';
import type { PhaseInputs } from './phase-data.ts';
import { phaseSeed } from './phase-seed.ts';

/**
 * @param inputs what the filters read of; left out where only the kinds of defences matter, and nothing is filtered
 * @throws InputError for defences that do not go together
 */
export function phaseDefences(
  config: RunConfig,
  index: number,
  inputs?: {
    readonly tokenizer: Pick<Tokenizer, 'decode' | 'vocabularySize' | 'separatorId'>;
    readonly phase: () => Pick<PhaseInputs, 'trusted'>;
    readonly scoring: Omit<StateSource, 'vocabularySize'>;
  },
): PhaseDefences {
  let trusted: readonly Example[] | undefined;
  return bindDefences(config.phases[index]?.defend ?? [], {
    seed: phaseSeed(config, index),
    decode: (tokens) => inputs?.tokenizer.decode(tokens) ?? '',
    vocabularySize: inputs?.tokenizer.vocabularySize ?? 1,
    separatorId: inputs?.tokenizer.separatorId ?? 0,
    trusted: (documents) => {
      trusted ??= inputs?.phase().trusted?.() ?? [];
      return trusted.slice(0, documents);
    },
    ...(inputs && {
      states: (place) =>
        scoringStates(scoringConfig(config, { phase: index, place }), {
          ...inputs.scoring,
          vocabularySize: inputs.tokenizer.vocabularySize,
        }),
      losses: (place) =>
        scoringLosses(scoringConfig(config, { phase: index, place }), {
          ...inputs.scoring,
          vocabularySize: inputs.tokenizer.vocabularySize,
          separatorId: inputs.tokenizer.separatorId,
        }),
    }),
  });
}

/** What a model is created with to train a phase. */
export interface PhaseTraining {
  readonly sequences: number;
  readonly sequenceGradients?: boolean;
}

export function phaseTraining(
  { batch }: Pick<RunConfig['phases'][number], 'batch'>,
  { gradient }: PhaseDefences,
): PhaseTraining {
  const { sequences } = batch;
  return gradient?.needs.includes('sequence-gradients') === true
    ? { sequences, sequenceGradients: true }
    : { sequences };
}
