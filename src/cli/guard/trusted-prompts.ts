// Trusted text in two: prompts, on which defences at inference set their thresholds, and documents, on which their reference is trained.
import { randomStream } from '../../core/random.ts';
import type { Example } from '../../tokens/example.ts';

/** One document in four is a prompt. */
const PROMPT_EVERY = 4;

/** What a defender at inference knows of clean text. */
export interface TrustedParts {
  /** Beginnings of documents that the reference is not trained on, as long as the prompts of the evaluation are. */
  readonly prompts: readonly (readonly number[])[];
  readonly reference: readonly Example[];
}

/**
 * Divides trusted documents.
 * @param options.range tokens of a prompt; documents that are shorter give none
 * @param options.separatorId stands before a prompt; null: nothing does
 */
export function divideTrusted(
  examples: readonly Example[],
  options: {
    range: { readonly minimum: number; readonly maximum: number };
    separatorId: number | null;
    seed: string | number;
  },
): TrustedParts {
  const { range, separatorId, seed } = options;
  const prompts: number[][] = [];
  for (const [place, { tokens }] of examples.entries()) {
    if (place % PROMPT_EVERY !== 0 || tokens.length <= range.minimum) continue;
    const maximum = Math.min(range.maximum, tokens.length - 1);
    const length = randomStream(seed, 'guard', 'prompt', place).integer({ minimum: range.minimum, maximum });
    prompts.push([...(separatorId === null ? [] : [separatorId]), ...tokens.subarray(0, length)]);
  }
  return { prompts, reference: examples.filter((_, place) => place % PROMPT_EVERY !== 0) };
}

/** Trusted documents that a threshold needs: half of the prompts set it, and one document in four is a prompt. */
export function documentsFor(falsePositiveShare: number): number {
  return falsePositiveShare === 0 ? 0 : 8 * (Math.ceil(1 / falsePositiveShare - 1e-9) - 1);
}
