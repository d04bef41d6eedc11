// `predictions`: what was said of the results before there were any, so that the report can hold them against it.
import { z } from 'zod';

/** What can be predicted, and in which unit. */
export const PREDICTED = {
  'half-success': 'P50 of each size, in documents',
  alpha: 'the slope α for these sizes',
  'alpha-new-sizes': 'the slope α for new sizes',
  scatter: 'the scatter τ of the sizes about the line, in decades',
  'end-ratio': 'P50 at the most data over P50 at the least',
  'clean-loss': 'clean loss minus that of the control, nats/token',
  'false-alarms': 'the share of untriggered prompts judged a success, 0-1',
  'twin-correlation': 'the correlation of clean loss with the twin, -1 to 1',
} as const;

export type PredictedQuantity = keyof typeof PREDICTED;

const quantities = Object.keys(PREDICTED) as [PredictedQuantity, ...PredictedQuantity[]];

const predictionSchema = z
  .strictObject({
    quantity: z.enum(quantities).describe(
      Object.entries(PREDICTED)
        .map(([name, text]) => `${name}: ${text}.`)
        .join(' '),
    ),
    low: z.number().optional().describe('The least that is predicted; left out: no bound on that side.'),
    high: z.number().optional().describe('The most that is predicted; left out: no bound on that side.'),
    sizes: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe(
        'Sizes (or amounts of data) as the tables of the report call them, e.g. [d32]; default: each. Of half-success alone.',
      ),
    where: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .optional()
      .describe(
        'Field paths in full to values, which the runs of a group have: of which groups it is said; default: each.',
      ),
  })
  .refine(({ low, high }) => low !== undefined || high !== undefined, {
    message: 'predicts nothing: give low, high, or both',
  })
  .refine(({ low = -Infinity, high = Infinity }) => low <= high, { message: 'low must not be above high' })
  .refine(({ quantity, sizes }) => sizes === undefined || quantity === 'half-success', {
    message: 'sizes are told apart in half-success alone; leave them out',
    path: ['sizes'],
  })
  .refine(({ quantity, where }) => where === undefined || quantity !== 'twin-correlation', {
    message: 'twin-correlation is of all runs together; leave it out',
    path: ['where'],
  });

export const predictionsSchema = z
  .array(predictionSchema)
  .min(1)
  .max(100)
  .describe(
    'Ranges that were predicted before the runs: the report says of each whether the result lies inside, and marks that of P50 in the ' +
      'figure. No part of a run, so that it may be added to an experiment that has run: commit it before the results.',
  );

export type Prediction = z.infer<typeof predictionSchema>;
