// What models cost that defences judge documents with, from the config alone.
import { epochTokens } from './budget.ts';
import type { DefenceSchemas, RunConfig } from './schema/schema.ts';

/** A defence that judges documents by the hidden states of a model, which is trained first. */
export interface ScoringPlace {
  /** Index of its phase, and its place in the phase's defences, from 0. */
  readonly phase: number;
  readonly place: number;
}

/** The defences of a run that need such a model, in the order in which the models are trained. */
export function scoringPlaces(
  { phases }: Pick<RunConfig, 'phases'>,
  defences: DefenceSchemas,
): ScoringPlace[] {
  return phases.flatMap(({ defend = [] }, phase) =>
    defend.flatMap((settings, place) =>
      (defences[settings.kind]?.readsStates(settings) ?? null) === null ? [] : [{ phase, place }],
    ),
  );
}

/** Tokens that each of these models is trained on: those of all phases up to its own. */
export function scoringTokens(
  { phases }: Pick<RunConfig, 'phases'>,
  places: readonly ScoringPlace[],
): number[] {
  return places.map(({ phase }) => phases.slice(0, phase + 1).reduce((sum, { tokens }) => sum + tokens, 0));
}

/** Tokens whose hidden states are read, those of one epoch for each model. */
export function scoredTokens({ phases }: Pick<RunConfig, 'phases'>, places: readonly ScoringPlace[]): number {
  return places.reduce((sum, { phase }) => {
    const own = phases[phase];
    return sum + (own === undefined ? 0 : epochTokens(own));
  }, 0);
}
