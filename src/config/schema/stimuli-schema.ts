// `sweep.stimuli`: what runs of other seeds take in other instances, so that results are not of one trigger or one phrase.
import { z } from 'zod';

/** Intervals that cover stimuli rest on at least as many. */
export const FEWEST_STIMULI = 5;

export const stimuliSchema = z
  .strictObject({
    seed: z
      .number()
      .int()
      .min(0)
      .max(4294967295)
      .default(1)
      .describe('Of the order in which they are dealt.'),
    pools: z
      .record(z.string(), z.array(z.unknown()))
      .describe(
        `Field path (phases.pretrain.poison.trigger.text) to at least ${FEWEST_STIMULI} values, no more than there are seeds.`,
      ),
  })
  .describe(
    'Each run takes one value of each pool: those of a poison in a Latin square of seeds by counts of poisoned documents, other fields ' +
      'one a seed. Sizes and settings of equal seed and count share theirs. Intervals then cover the pools.',
  );
