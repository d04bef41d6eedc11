// The defences of a phase, bound to its seed, and what a model must be made for because of them.
import type { RunConfig } from '../../config/schema/schema.ts';
import { bindDefences, type PhaseDefences } from '../../defend/registry.ts';
import { phaseSeed } from './phase-seed.ts';

/** @throws InputError for defences that do not go together */
export function phaseDefences(
  config: Pick<RunConfig, 'seed' | 'phases'>,
  index: number,
  decode: (tokens: ArrayLike<number>) => string,
): PhaseDefences {
  return bindDefences(config.phases[index]?.defend ?? [], { seed: phaseSeed(config, index), decode });
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
