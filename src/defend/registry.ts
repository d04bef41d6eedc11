// The defences that exist. Adding one: its file here, a line below, its test.
import type { DefenceConfig, DefenceSchemas } from '../config/schema/schema.ts';
import { InputError } from '../core/errors.ts';
import type { GradientRule } from '../train/gradient-rule.ts';
import { clipSequences } from './clip-sequences.ts';
import type { Defence, DefenceContext, ExampleFilter } from './defence.ts';
import { qualityRules } from './quality-rules.ts';
import { randomRemoval } from './random-removal.ts';
import { surpriseFilter } from './surprise-filter.ts';

const defences: readonly Defence[] = [randomRemoval, qualityRules, surpriseFilter, clipSequences];

/** All defences, in the order of the registry. */
export function listDefences(): readonly Defence[] {
  return defences;
}

/** What the defences add to the schema of an experiment, by kind. */
export const defenceSchemas: DefenceSchemas = Object.fromEntries(
  defences.map((defence) => {
    const { kind, options, summary } = defence;
    const nothing = { seed: '', decode: () => '' };
    const makesGradient = (settings: DefenceConfig) => defence.bind(settings, nothing).gradient !== undefined;
    return [kind, { options, summary, makesGradient }];
  }),
);

/** The defences of a phase, ready to work. */
export interface PhaseDefences {
  /** In the order of the config. */
  readonly filters: readonly ExampleFilter[];
  /** Undefined: the sum of all examples. */
  readonly gradient: GradientRule | undefined;
}

/**
 * Binds the defences of a phase.
 * @param options.seed of the phase
 * @throws InputError for an unknown kind, or for two that both make the gradient
 */
export function bindDefences(
  settings: readonly DefenceConfig[],
  { seed, decode }: Omit<DefenceContext, 'seed'> & { readonly seed: string | number },
): PhaseDefences {
  const filters: ExampleFilter[] = [];
  let rule: { readonly kind: string; readonly gradient: GradientRule } | undefined;
  for (const [place, own] of settings.entries()) {
    const defence = defences.find(({ kind }) => kind === own.kind);
    if (defence === undefined) {
      const known = defences.map(({ kind }) => kind).join(', ');
      throw new InputError(`there is no defence "${own.kind}"; those that exist: ${known}`);
    }
    const { filter, gradient } = defence.bind(own, { seed: `${seed}/defence ${place}`, decode });
    if (filter !== undefined) filters.push(filter);
    if (gradient === undefined) continue;
    if (rule !== undefined)
      throw new InputError(
        `${rule.kind} and ${own.kind} both make the gradient of a step: a phase takes one such defence`,
      );
    rule = { kind: own.kind, gradient };
  }
  return { filters, gradient: rule?.gradient };
}
