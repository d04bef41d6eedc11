// The seeds of a phase and of its poisons.
import type { RunConfig } from '../../config/schema/schema.ts';

/** Seed of what a phase plants and how it orders documents: its own for each phase of a run. */
export function phaseSeed(config: Pick<RunConfig, 'seed' | 'phases'>, phase: number): number | string {
  return phase === 0 ? config.seed : `${config.seed}/${config.phases[phase]?.name}`;
}

/**
 * Seed of the documents and places of one of a phase's poisons: the phase's for the first, so that this is the same with
 * others behind it and without; of each other one its own.
 * @param place of the poison in the phase, from 0
 */
export function poisonSeed(
  config: Pick<RunConfig, 'seed' | 'phases'>,
  phase: number,
  place: number,
): number | string {
  const seed = phaseSeed(config, phase);
  return place === 0 ? seed : `${seed}/poison ${place}`;
}
