// The control of all filters: removes documents at random, so that what a filter does can be told from what fewer and
// other documents do.
import { z } from 'zod';
import { randomStream } from '../core/random.ts';
import type { Defence } from './defence.ts';

const options = {
  share: z
    .number()
    .min(0)
    .max(0.9)
    .default(0.1)
    .describe('Share of the documents that is removed, 0 to 0.9; 0 removes none.'),
};
const settingsSchema = z.object(options);

/** Each document is removed with the same probability, drawn from the seed. */
export const randomRemoval: Defence = {
  kind: 'random-removal',
  summary: 'Removes documents at random: the control of filters.',
  options,
  bind(settings, { seed }) {
    const { share } = settingsSchema.parse(settings);
    if (share === 0) return {};
    return {
      filter: {
        name: 'random-removal',
        judge: (examples) => {
          const random = randomStream(seed, 'random-removal');
          return { kept: examples.map(() => random.uniform() >= share) };
        },
      },
    };
  },
};
