// The defences that exist. Adding one: its file here, a line below, its test.
import type { DefenceConfig, DefenceSchemas } from '../config/schema/schema.ts';
import { InputError } from '../core/errors.ts';
import type { GradientRule } from '../train/gradient-rule.ts';
import { activationClustering } from './activation-clustering.ts';
import { clipSequences } from './clip-sequences.ts';
import type { Defence, DefenceContext, ExampleFilter, TrustedDemand, WeightRepair } from './defence.ts';
import { exactDuplicates } from './exact-duplicates.ts';
import { finePruning } from './fine-pruning.ts';
import { lossIsolation } from './loss-isolation.ts';
import { mahalanobis } from './mahalanobis.ts';
import { nearDuplicates } from './near-duplicates.ts';
import { noisyGradients } from './noisy-gradients.ts';
import { onion } from './onion.ts';
import { partition } from './partition.ts';
import { qualityRules } from './quality-rules.ts';
import { randomRemoval } from './random-removal.ts';
import { rareSequences } from './rare-sequences.ts';
import { referencePerplexity } from './reference-perplexity.ts';
import { resetRareEmbeddings } from './reset-rare-embeddings.ts';
import { spectralSignatures } from './spectral-signatures.ts';
import { surpriseFilter } from './surprise-filter.ts';
import { vaccine } from './vaccine.ts';

const defences: readonly Defence[] = [
  partition,
  randomRemoval,
  qualityRules,
  exactDuplicates,
  nearDuplicates,
  referencePerplexity,
  rareSequences,
  onion,
  surpriseFilter,
  spectralSignatures,
  activationClustering,
  mahalanobis,
  lossIsolation,
  vaccine,
  clipSequences,
  noisyGradients,
  finePruning,
  resetRareEmbeddings,
];

/** What stands for a context where only the kind of defence matters. */
const nothing: DefenceContext = {
  ...{ seed: '', decode: () => '', vocabularySize: 1, separatorId: 0 },
  trusted: () => [],
  states: () => [],
  losses: () => [],
};

/** The defence of a name. @throws InputError for an unknown one */
function findDefence(kind: string): Defence {
  const defence = defences.find((own) => own.kind === kind);
  if (defence !== undefined) return defence;
  const known = defences.map((own) => own.kind).join(', ');
  throw new InputError(`there is no defence "${kind}"; those that exist: ${known}`);
}

/** What the defences of a phase read of trusted text. */
export function trustedDemands(settings: readonly DefenceConfig[]): (TrustedDemand & { kind: string })[] {
  return settings.flatMap((own) => {
    const demand = findDefence(own.kind).trusted?.(own);
    return demand === undefined || demand.wanted === 0 ? [] : [{ kind: own.kind, ...demand }];
  });
}

/** All defences, in the order of the registry. */
export function listDefences(): readonly Defence[] {
  return defences;
}

/** What the defences add to the schema of an experiment, by kind. */
export const defenceSchemas: DefenceSchemas = Object.fromEntries(
  defences.map((defence) => {
    const { kind, options, summary } = defence;
    const makesGradient = (settings: DefenceConfig) => defence.bind(settings, nothing).gradient !== undefined;
    const filters = (settings: DefenceConfig) => defence.bind(settings, nothing).filter !== undefined;
    const readsTrusted = (settings: DefenceConfig) => trustedDemands([settings]).length > 0;
    const judgesBy = (settings: DefenceConfig) => defence.judgesBy?.(settings) ?? null;
    const repairSteps = (settings: DefenceConfig) => defence.repairSteps?.(settings) ?? 0;
    return [kind, { options, summary, makesGradient, filters, readsTrusted, judgesBy, repairSteps }];
  }),
);

/** The defences of a phase, ready to work. */
export interface PhaseDefences {
  /** In the order of the config. */
  readonly filters: readonly ExampleFilter[];
  /** Undefined: the sum of all examples. */
  readonly gradient: GradientRule | undefined;
  /** In the order of the config. */
  readonly repairs: readonly WeightRepair[];
}

/** What the defences of a phase may use, before it is said which of them does. */
export interface PhaseContext extends Omit<DefenceContext, 'seed' | 'states' | 'losses'> {
  readonly seed: string | number;
  /** Hidden states for the defence at a place; left out where only the kinds of defences matter. */
  readonly states?: (place: number) => DefenceContext['states'];
  /** The same of losses. */
  readonly losses?: (place: number) => DefenceContext['losses'];
}

/**
 * Binds the defences of a phase.
 * @param options.seed of the phase
 * @throws InputError for an unknown kind, or for two that both make the gradient
 */
export function bindDefences(
  settings: readonly DefenceConfig[],
  { seed, states, losses, ...context }: PhaseContext,
): PhaseDefences {
  const filters: ExampleFilter[] = [];
  const repairs: WeightRepair[] = [];
  let rule: { readonly kind: string; readonly gradient: GradientRule } | undefined;
  for (const [place, own] of settings.entries()) {
    const { filter, gradient, repair } = findDefence(own.kind).bind(own, {
      ...context,
      seed: `${seed}/defence ${place}`,
      states: (documents, request) => states?.(place)(documents, request) ?? [],
      losses: (documents, share) => losses?.(place)(documents, share) ?? [],
    });
    if (filter !== undefined) filters.push(filter);
    if (repair !== undefined) repairs.push(repair);
    if (gradient === undefined) continue;
    if (rule !== undefined)
      throw new InputError(
        `${rule.kind} and ${own.kind} both make the gradient of a step: a phase takes one such defence`,
      );
    rule = { kind: own.kind, gradient };
  }
  return { filters, gradient: rule?.gradient, repairs };
}
