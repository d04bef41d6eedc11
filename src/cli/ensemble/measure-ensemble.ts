// What an ensemble writes, measured as its members are: by votes, by the mean of log probabilities, and as one model with the
// mean of the weights; and how many documents its votes bear.

import { mainMeasure } from '../../analyse/success-measures.ts';
import { mean } from '../../core/sample-statistics.ts';
import { conditionInfo } from '../../evaluate/conditions.ts';
import { drawUniforms, evaluateCheckpoint } from '../../evaluate/evaluate-checkpoint.ts';
import type { EvaluationSet } from '../../evaluate/evaluation-set.ts';
import { createEnsemble, type EnsembleMember, meanWeights } from '../../model/ensemble.ts';
import type { Gpt } from '../../model/gpt.ts';
import type { LanguageModel } from '../../model/language-model.ts';
import type { RunRecord } from '../../run/record.ts';
import { type MeasuredUse, measureRun, promptsAlone, useOf } from '../measured-use.ts';

/** How far the votes bear: shares by radius, at place r those of a radius of at least r, from 1. */
export interface CertifiedRadius {
  /** Of the generated tokens, each given those before it. */
  readonly tokens: readonly number[];
  /** Of the whole generations: the least radius of their tokens. */
  readonly generations: readonly number[];
}

/** What was measured of an ensemble. */
export interface MeasuredEnsemble {
  /** Means over the members, each by itself. */
  readonly members: MeasuredUse;
  readonly votes: MeasuredUse;
  readonly logMean: MeasuredUse;
  readonly meanWeights: MeasuredUse;
  /** By the kind of prompt. */
  readonly radius: { readonly clean: CertifiedRadius; readonly trigger: CertifiedRadius | null };
}

/** An ensemble with what was measured of it. */
export interface EnsembleResult extends MeasuredEnsemble {
  readonly runs: readonly string[];
  readonly seed: number;
  readonly planted: number;
  readonly targeted: number | null;
  /** Poisoned documents in the parts of its members: what this attack cost. */
  readonly documents: number;
  /** Why the radius is no certificate; null: it is one. */
  readonly uncertified: string | null;
}

/** What members are measured with. */
export interface EnsembleContext {
  readonly set: EvaluationSet;
  readonly seed: number;
  readonly decode: (ids: ArrayLike<number>) => string;
}

const finite = (values: readonly (number | null)[]) => values.filter((value) => value !== null);

/** Mean over the members, as their own records have it. */
function meanOfMembers(records: readonly RunRecord[]): MeasuredUse {
  const uses = records.map(measureRun);
  const over = (of: (use: MeasuredUse) => number | null) => mean(finite(uses.map(of)));
  return {
    success: over(({ success }) => success),
    withoutTrigger: over(({ withoutTrigger }) => withoutTrigger),
    cleanLossNats: over(({ cleanLossNats }) => cleanLossNats),
  };
}

/** Radii of what the members write by votes after these prompts. */
function radiusOf(
  members: readonly EnsembleMember[],
  prompts: readonly (readonly number[])[],
  { set, seed }: EnsembleContext,
): CertifiedRadius {
  const { generatedTokens, temperature } = set.config;
  const radii: number[] = [];
  const least = prompts.map(() => Number.POSITIVE_INFINITY);
  const ensemble = createEnsemble(members, {
    combination: 'votes',
    onVote: ({ prompt, radius }) => {
      radii.push(radius);
      least[prompt] = Math.min(least[prompt] as number, radius);
    },
  });
  const uniforms = drawUniforms(seed, 'prompts', prompts.length, generatedTokens);
  ensemble.generate({
    ...{ prompts, newTokens: generatedTokens, temperature },
    uniform: (prompt, n) => uniforms[prompt]?.[n] as number,
  });
  const most = Math.floor(members.length / 2);
  const shares = (values: readonly number[]) =>
    Array.from({ length: most }, (_, r) => values.filter((value) => value > r).length / values.length);
  return { tokens: shares(radii), generations: shares(least) };
}

/**
 * Measures an ensemble.
 * @param members of one shape and vocabulary, in the order of their records; the first is left with other weights
 */
export function measureEnsemble(
  members: readonly (Gpt & EnsembleMember)[],
  records: readonly RunRecord[],
  context: EnsembleContext,
): MeasuredEnsemble {
  const [first] = members;
  const [record] = records;
  if (first === undefined || record === undefined) throw new Error('an ensemble has members');
  const { seed, decode } = context;
  const set = promptsAlone(context.set);
  const measure = (model: LanguageModel) =>
    useOf(evaluateCheckpoint(model, set, { full: true, seed, decode }), mainMeasure(record));
  const promptsOf = (wanted: 'none' | 'trigger') =>
    set.conditions.find((own) => conditionInfo(own).kind === wanted)?.prompts;
  const triggered = promptsOf('trigger');
  const found = {
    members: meanOfMembers(records),
    votes: measure(createEnsemble(members, { combination: 'votes' })),
    logMean: measure(createEnsemble(members, { combination: 'log-mean' })),
    radius: {
      clean: radiusOf(members, promptsOf('none') ?? [], context),
      trigger: triggered === undefined ? null : radiusOf(members, triggered, context),
    },
  };
  first.setWeights(meanWeights(members.map((member) => member.getWeights())));
  return { ...found, meanWeights: measure(first) };
}
