// What models cost that defences judge documents with, from the config alone.
import { InputError } from '../core/errors.ts';
import { epochTokens } from './budget.ts';
import { tokensPerStep } from './count-parameters.ts';
import type { DefenceSchemas, RunConfig } from './schema/schema.ts';

/** A defence that judges documents by a model, which is trained first. */
export interface ScoringPlace {
  /** Index of its phase, and its place in the phase's defences, from 0. */
  readonly phase: number;
  readonly place: number;
  /** Steps of that phase after which the model is read, rising: one or more. */
  readonly optimizerSteps: readonly number[];
}

/** Steps of a phase after which a share of them is done; at least one. */
export function stepsAt(
  { model, phases }: Pick<RunConfig, 'model' | 'phases'>,
  { phase, share }: { phase: number; share: number },
): number {
  const own = phases[phase];
  if (own === undefined) throw new Error(`there is no phase ${phase}`);
  return Math.max(1, Math.round((share * own.tokens) / tokensPerStep(model, own.batch)));
}

/**
 * The defences of a run that need such a model, in the order in which the models are trained.
 * @throws InputError for one that reads its model at two shares of so few steps that they are the same
 */
export function scoringPlaces(
  config: Pick<RunConfig, 'model' | 'phases'>,
  defences: DefenceSchemas,
): ScoringPlace[] {
  return config.phases.flatMap(({ defend = [] }, phase) =>
    defend.flatMap((settings, place) => {
      const demand = defences[settings.kind]?.judgesBy(settings) ?? null;
      if (demand === null) return [];
      const steps = new Set(demand.trainedShares.map((share) => stepsAt(config, { phase, share })));
      if (steps.size < demand.trainedShares.length)
        throw new InputError(
          `${settings.kind} reads its model after ${demand.trainedShares.join(' and ')} of the steps of its phase, which are ` +
            'the same step: give shares that lie further apart, or more tokens',
        );
      return [{ phase, place, optimizerSteps: [...steps].sort((a, b) => a - b) }];
    }),
  );
}

/** Tokens that each of these models is trained on: those of the phases before its own, and of its own until it is read last. */
export function scoringTokens(
  { model, phases }: Pick<RunConfig, 'model' | 'phases'>,
  places: readonly ScoringPlace[],
): number[] {
  return places.map(({ phase, optimizerSteps }) => {
    const own = phases[phase];
    const before = phases.slice(0, phase).reduce((sum, { tokens }) => sum + tokens, 0);
    return before + (own === undefined ? 0 : (optimizerSteps.at(-1) ?? 0) * tokensPerStep(model, own.batch));
  });
}

/** Tokens that these models read to judge them, those of one epoch each time. */
export function scoredTokens({ phases }: Pick<RunConfig, 'phases'>, places: readonly ScoringPlace[]): number {
  return places.reduce((sum, { phase, optimizerSteps }) => {
    const own = phases[phase];
    return sum + (own === undefined ? 0 : optimizerSteps.length * epochTokens(own));
  }, 0);
}

/** Tokens of the steps that repairs of weights take after their phases. */
export function repairTokens(
  { model, phases }: Pick<RunConfig, 'model' | 'phases'>,
  defences: DefenceSchemas,
): number {
  return phases.reduce((sum, { batch, defend = [] }) => {
    const steps = defend.reduce((all, own) => all + (defences[own.kind]?.repairSteps(own) ?? 0), 0);
    return sum + steps * batch.sequences * model.contextTokens;
  }, 0);
}
