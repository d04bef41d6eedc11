// A trained model behind each defence at inference: what is detected, what still succeeds, and at what price.
import { type FilterRoc, filterRoc } from '../../analyse/filter-outcomes.ts';
import type { mainMeasure } from '../../analyse/success-measures.ts';
import { type CleanGenOptions, cleanGen, writtenSuspicion } from '../../defend/inference/clean-gen.ts';
import {
  guardedModel,
  type PromptDetector,
  refusalThreshold,
  remembered,
} from '../../defend/inference/prompt-detector.ts';
import { promptPerplexity } from '../../defend/inference/prompt-perplexity.ts';
import { strip } from '../../defend/inference/strip.ts';
import { conditionInfo } from '../../evaluate/conditions.ts';
import { drawUniforms, evaluateCheckpoint } from '../../evaluate/evaluate-checkpoint.ts';
import type { EvaluationSet } from '../../evaluate/evaluation-set.ts';
import type { LanguageModel } from '../../model/language-model.ts';
import { type MeasuredUse, promptsAlone, useOf } from '../measured-use.ts';

/** How well prompts with the trigger are told from those without. */
export interface Detection extends Omit<FilterRoc, 'auprc' | 'caughtAtOneInThousand'> {
  /** Scores above it are suspicious: set on trusted prompts. Null: none are. */
  readonly threshold: number | null;
  /** Share of the prompts with the trigger above it, 0-1. */
  readonly caught: number;
  /** Share of the prompts without. */
  readonly falseAlarms: number;
}

/** A defence and what came of it. */
export interface GuardedUse extends MeasuredUse {
  readonly defence: string;
  /** Share of what is written without the trigger that is not the model's: of prompts, or (clean-gen) of tokens. */
  readonly changedClean: number;
  /** The same with the trigger; null without an attack. */
  readonly changedTriggered: number | null;
  /** Null without an attack, and where there is nothing to detect by. */
  readonly detection: Detection | null;
}

/** What models are measured with. */
export interface GuardContext extends Pick<CleanGenOptions, 'model' | 'reference'> {
  /** Of one poison, or of none. */
  readonly set: EvaluationSet;
  /** What success is. */
  readonly measure: ReturnType<typeof mainMeasure>;
  /** Of the run. */
  readonly seed: number;
  readonly decode: (ids: ArrayLike<number>) => string;
  readonly separatorId: number;
  /** Clean prompts on which thresholds are set. */
  readonly trusted: readonly (readonly number[])[];
  /** Share of clean prompts that a threshold may cost; 0: nothing is refused. */
  readonly falsePositiveShare: number;
  /** Ratio from which on CleanGen replaces a token; Infinity: none is. */
  readonly suspicion: number;
}

/** Tokens after a prompt whose entropy STRIP looks at, or all that are generated. */
export const STRIP_TOKENS = 8;

/** The prompts of a set: without the trigger and with it. */
export function promptsOf({ conditions }: EvaluationSet) {
  const of = (wanted: 'none' | 'trigger') =>
    conditions.find((own) => conditionInfo(own).kind === wanted)?.prompts;
  return { clean: of('none') ?? [], triggered: of('trigger') ?? null };
}

const shareOf = (scores: Float64Array, threshold: number) =>
  scores.filter((score) => score > threshold).length / scores.length;

function detect(detector: PromptDetector, threshold: number, set: EvaluationSet): Detection | null {
  const { clean, triggered } = promptsOf(set);
  if (triggered === null) return null;
  const [without, with_] = [detector.score(clean), detector.score(triggered)];
  const caughtAt = Array.from(with_, (own) => without.filter((other) => other >= own).length);
  const roc = filterRoc(
    caughtAt.sort((a, b) => a - b),
    without.length,
  );
  if (roc === null) return null;
  return {
    auroc: roc.auroc,
    caughtAtOneInHundred: roc.caughtAtOneInHundred,
    threshold: Number.isFinite(threshold) ? threshold : null,
    caught: shareOf(with_, threshold),
    falseAlarms: shareOf(without, threshold),
  };
}

/** Share of tokens that CleanGen replaces after prompts, 0-1. */
function replacedShare(
  prompts: readonly (readonly number[])[],
  { model, reference, suspicion, set, seed }: GuardContext,
): number {
  let replaced = 0;
  const { generatedTokens: newTokens, temperature } = set.config;
  const uniforms = drawUniforms(seed, 'prompts', prompts.length, newTokens);
  cleanGen({ ...{ model, reference, suspicion }, onReplace: () => replaced++ }).generate({
    ...{ prompts, newTokens, temperature },
    uniform: (prompt, n) => uniforms[prompt]?.[n] as number,
  });
  return replaced / (prompts.length * newTokens);
}

/** Measures a model as it is, its reference by itself, and the model behind each defence. */
export function measureGuards(context: GuardContext): GuardedUse[] {
  const { model, reference, seed, decode, trusted, falsePositiveShare, separatorId } = context;
  const set = promptsAlone(context.set);
  const measure = (own: LanguageModel) =>
    useOf(evaluateCheckpoint(own, set, { full: true, seed, decode }), context.measure);
  const { clean, triggered } = promptsOf(set);
  const use = (defence: string, own: LanguageModel, changed: number): GuardedUse => ({
    ...{ defence, ...measure(own) },
    changedClean: changed,
    changedTriggered: triggered === null ? null : changed,
    detection: null,
  });

  const guarded = (found: PromptDetector): GuardedUse => {
    const detector = remembered(found);
    const threshold = refusalThreshold(detector, { trusted: judged, share: falsePositiveShare });
    const detection = detect(detector, threshold, set);
    return {
      ...{ defence: detector.name, ...measure(guardedModel(model, { reference, detector, threshold })) },
      changedClean: detection?.falseAlarms ?? shareOf(detector.score(clean), threshold),
      changedTriggered: detection?.caught ?? null,
      detection,
    };
  };
  // What a detector learns from, and what its threshold is set on, are not the same prompts.
  const learnt = trusted.filter((_, place) => place % 2 === 0);
  const judged = trusted.filter((_, place) => place % 2 === 1);
  const purpose = String(seed);
  const stripTokens = Math.min(STRIP_TOKENS, set.config.generatedTokens);
  const cleanGenUse = (): GuardedUse => {
    const { suspicion } = context;
    const { generatedTokens: newTokens } = set.config;
    const detector = remembered(writtenSuspicion({ model, reference }, { newTokens, seed: purpose }));
    const threshold = refusalThreshold(detector, { trusted: judged, share: falsePositiveShare });
    return {
      ...{ defence: 'clean-gen', ...measure(cleanGen({ model, reference, suspicion })) },
      changedClean: replacedShare(clean, context),
      changedTriggered: triggered === null ? null : replacedShare(triggered, context),
      detection: detect(detector, threshold, set),
    };
  };
  return [
    use('none', model, 0),
    use('reference alone', reference, 1),
    guarded(promptPerplexity(reference)),
    guarded(strip({ model, trusted: learnt, separatorId, newTokens: stripTokens, seed: purpose })),
    cleanGenUse(),
  ];
}
