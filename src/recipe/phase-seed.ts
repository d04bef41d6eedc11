// The seed of a phase.
import type { RunConfig } from '../config/schema/schema.ts';

/** Seed of what a phase plants and how it orders documents: its own for each phase of a run. */
export function phaseSeed(config: Pick<RunConfig, 'seed' | 'phases'>, phase: number): number | string {
  return phase === 0 ? config.seed : `${config.seed}/${config.phases[phase]?.name}`;
}
