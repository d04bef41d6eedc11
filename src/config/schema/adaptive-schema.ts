// `sweep.adaptive`: what is to be known, and what may be spent on it. The grid then says which runs may be used.
import { z } from 'zod';

const factor = z.number().gt(1).max(10);

const goalSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('alpha').describe('The slope α of log P50 in log D, of every group of settings.'),
      within: z.number().gt(0).max(2).describe('Half-width of the 90 % interval, above 0, up to 2: 0.1.'),
      sizes: z
        .enum(['these', 'new'])
        .default('these')
        .describe(
          'these: the interval for the sizes of this grid (noise of runs). new: for other sizes, which scatter, too.',
        ),
    }),
    z.strictObject({
      kind: z.literal('half-success').describe('P50 of every size.'),
      factor: factor.describe(
        'How near P50 is to be known: the ends of its 90 % interval are at most this factor squared apart. Above 1, up to 10.',
      ),
    }),
    z.strictObject({
      kind: z
        .literal('ratio')
        .describe('P50 of every setting against the first one, at each size, paired by seed.'),
      factor: factor.describe(
        'How near the ratio is to be known: the ends of its 90 % interval are at most this factor squared apart. Above 1, up to 10.',
      ),
    }),
  ])
  .describe('What is to be known, and how exactly.');

export const adaptiveSchema = z
  .strictObject({
    goal: goalSchema,
    budgetFlops: z
      .number()
      .positive()
      .max(1e21)
      .describe('Floating-point operations of training that may be planned, above 0; `plan` shows them.'),
    controls: z
      .number()
      .int()
      .min(0)
      .max(1000)
      .default(2)
      .describe('Seeds of every size that also run without poison, where the grid has that count.'),
  })
  .describe(
    'The grid and the seeds say which runs may be used; a small grid runs first, then each batch goes where it tells most ' +
      'about the goal for its cost, until the goal is reached or the budget is spent.',
  );

export type AdaptiveSettings = z.infer<typeof adaptiveSchema>;
