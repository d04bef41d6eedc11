// What a guard costs, before it starts: operations of reading and writing tokens, from the sizes of its prompts.
import { flopsPerToken } from '../../config/count-parameters.ts';
import type { RunConfig } from '../../config/schema/schema.ts';
import { STRIP_COPIES } from '../../defend/inference/strip.ts';
import type { EvaluationSet } from '../../evaluate/evaluation-set.ts';
import { promptsOf, STRIP_TOKENS } from './measure-guard.ts';

type Prompts = readonly (readonly number[])[];

/** Tokens of prompts, with what is written after each. */
function tokensOf(prompts: Prompts, written: number): number {
  return prompts.reduce((sum, { length }) => sum + length + written, 0);
}

/** Tokens that pass through the model and its reference when all defences are measured with one set. */
export function guardTokens(set: EvaluationSet, trusted: Prompts): number {
  const { clean, triggered } = promptsOf(set);
  const written = set.config.generatedTokens;
  const asked: Prompts = [...clean, ...(triggered ?? [])];
  const judged = trusted.filter((_, place) => place % 2 === 1);
  const heldOut = tokensOf(set.heldOut, 0);
  const target = set.targetTokens === null ? 0 : 2 * tokensOf(triggered ?? [], set.targetTokens.length);
  const answers = tokensOf([...asked, ...set.calibration], written) + target;
  const answered = answers + heldOut;
  const stripTokens = Math.min(STRIP_TOKENS, written);
  return (
    // undefended, by the reference, and by the model behind each detector of prompts
    4 * answered +
    tokensOf([...judged, ...asked, ...set.calibration], 0) +
    STRIP_COPIES * tokensOf([...trusted, ...asked, ...set.calibration], stripTokens) +
    // clean-gen: what is written is read by the reference, and written on from each replaced token
    2 * tokensOf([...judged, ...asked], written) +
    3 * (answers + tokensOf(asked, written)) +
    2 * heldOut
  );
}

/** How much longer an operation takes where tokens are written one by one than in a run, as measured at d32. */
const SLOWNESS = 2;

/** Operations of a run that take as long as reading or writing so many tokens does, a third of those of training. */
export function readingFlops({ model }: RunConfig, vocabularySize: number, tokens: number): number {
  return SLOWNESS * (flopsPerToken(model, vocabularySize) / 3) * tokens;
}
