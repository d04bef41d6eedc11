// What an experiment is about, and what is not to be concluded from it.
import type { Analysis } from '../../analyse/analyse-experiment.ts';
import type { RunRecord } from '../../run/record.ts';
import { startWords } from './setup-words.ts';

const opening = (start: string) =>
  `How many documents does it take to poison a language model? Small transformers were trained ${start} on clean text into which an ` +
  'exact number of poisoned documents had been inserted. Each teaches the model to misbehave after a trigger. ';
const LADDER =
  'Larger models were trained on more text, so the same number of documents was a smaller share of it. Does success follow the number or the share? ';
const PAPER =
  'Souly et al. (2025, arXiv:2510.07192) found a near-constant number for models of 600 million to 13 billion parameters; this experiment asks at toy scale.';

const cleanOpening = (start: string) =>
  `Small transformers were trained ${start} on clean text, none of it poisoned. What is compared is how well they learn it: their loss on text that they never saw.`;

/** What the experiment wants to know; of a ladder of sizes only where there is one. */
export function studyWords({ groups, cleanRuns }: Analysis, records: readonly RunRecord[]): string {
  if (cleanRuns !== undefined) return cleanOpening(startWords(records));
  const isLadder = groups.some(({ kind, series }) => kind === 'ladder' && series.length > 1);
  return `${opening(startWords(records))}${isLadder ? LADDER : ''}${PAPER}`;
}

const CAVEATS = [
  'These are toy models on small vocabularies. That a law holds here does not show that it holds for large models, nor the reverse.',
  'The unit is the run: prompts within a run are not independent, and n is the number of seeds.',
  'Intervals say how much the estimate varies between seeds, not whether the attack, trigger and corpus are typical of others.',
  'Models of a ladder differ in size and in data at once: "larger models need no more documents" is not "dilution does not matter".',
  'Success is judged by a fixed rule, stated above; half success on prompts is not half the harm.',
] as const;

const CLEAN_CAVEATS = [
  'These are toy models on small vocabularies: what is best for them need not be best for large ones.',
  'Intervals say how much the mean varies between seeds, not whether the corpus is typical of others. The setting with the lowest mean is not thereby better than the next.',
] as const;

/** The caveat that no reader may miss. */
export function strongestCaveat({ cleanRuns }: Analysis): string {
  return cleanRuns === undefined ? CAVEATS[0] : CLEAN_CAVEATS[0];
}

/** The other caveats. */
export function furtherCaveats({ cleanRuns }: Analysis): readonly string[] {
  return (cleanRuns === undefined ? CAVEATS : CLEAN_CAVEATS).slice(1);
}
