// Which attacks were written to get past a defence: a defence that met none of them was only tried against naive ones.
import { plantsOfFirst } from '../../config/measured-poisons.ts';
import { poisonsOf } from '../../config/poisons.ts';
import { isBatchPlacement, windowOf } from '../../config/schema/placement-schema.ts';
import type { DefenceConfig, PoisonConfig, RunConfig } from '../../config/schema/schema.ts';

interface Attack {
  readonly poison: PoisonConfig;
  /** Poisons of the phase, this one among them. */
  readonly together: number;
}
type IsAdaptive = (attack: Attack, defence: DefenceConfig) => boolean;

/** Ordinary text instead of gibberish: nothing about its words is odd. */
const isNatural: IsAdaptive = ({ poison }) => poison.attack !== 'denial-of-service';
/** The trigger is known from clean text. */
const isCommon: IsAdaptive = ({ poison }) => (poison.trigger.cleanShare ?? 0) > 0;
/** Copies of few texts, each rewritten a little. */
const isRewritten: IsAdaptive = ({ poison }) => (poison.rewriteShare ?? 0) > 0;
/** Several triggers share the documents. */
const isRotated: IsAdaptive = ({ together }) => together > 1;

/** The window whose surprise `reference-perplexity` reads where its config does not say, in tokens. */
const WINDOW_TOKENS = 16;

/** Gibberish that does not fill a window of the defence. */
const isShort: IsAdaptive = ({ poison }, { windowTokens }) => {
  const range: unknown = poison.gibberishTokens;
  const window = typeof windowTokens === 'number' ? windowTokens : WINDOW_TOKENS;
  if (typeof range !== 'object' || range === null || !('maximum' in range)) return false;
  return typeof range.maximum === 'number' && range.maximum < window;
};

/** Share of the steps at which `loss-isolation` reads losses last where its config does not say. */
const UNTIL_SHARE = 0.2;

/** Documents that come after the defence has read what was learnt. */
const isLate: IsAdaptive = ({ poison: { placement } }, { untilShare }) => {
  if (placement === 'end') return true;
  if (typeof placement !== 'object' || isBatchPlacement(placement)) return false;
  return windowOf(placement).from >= (typeof untilShare === 'number' ? untilShare : UNTIL_SHARE);
};

/** By kind of defence: an attack is adaptive if one of these holds of it. What is not named has no adaptive attack yet. */
const ADAPTIVE: Readonly<Record<string, readonly IsAdaptive[]>> = {
  'quality-rules': [isNatural],
  'exact-duplicates': [isRewritten],
  'near-duplicates': [isRewritten],
  'reference-perplexity': [isNatural, isShort],
  'surprise-filter': [isNatural],
  'rare-sequences': [isCommon, isRotated],
  onion: [isNatural],
  'spectral-signatures': [isNatural],
  'activation-clustering': [isNatural],
  mahalanobis: [isNatural],
  'loss-isolation': [isLate],
  vaccine: [isCommon, isRotated],
  'reset-rare-embeddings': [isCommon],
};

/** Whether the first attack of a run was written to get past every one of these defences. */
export function isAdaptiveAttack(
  { phases }: Pick<RunConfig, 'phases'>,
  defences: readonly DefenceConfig[],
): boolean {
  const [first] = plantsOfFirst(phases);
  const phase = phases.find(({ name }) => name === first?.phase);
  if (first === undefined || phase === undefined || defences.length === 0) return false;
  const attack = { poison: first.poison, together: poisonsOf(phase).length };
  return defences.every((defence) => (ADAPTIVE[defence.kind] ?? []).some((is) => is(attack, defence)));
}
