// What is measured at a checkpoint.
import { z } from 'zod';
import { EVALUATION_CONTRACTS } from '../../core/contracts.ts';
import { positiveInteger } from './number-schemas.ts';

export const evaluationSchema = z
  .strictObject({
    checkpoints: z
      .number()
      .int()
      .min(1)
      .max(200)
      .default(8)
      .describe(
        'Evaluations during each phase, 1 to 200, evenly spaced (but see points); the last is the full one at its end.',
      ),
    points: z
      .record(z.string(), z.array(z.number().positive().max(1)).min(1).max(200))
      .optional()
      .describe(
        'By name of a phase: shares of its steps, above 0, up to 1, rising, after which it is evaluated, in place of ' +
          'evenly spaced ones. The end of a phase always is, in full.',
      ),
    prompts: z
      .number()
      .int()
      .min(10)
      .max(10000)
      .default(200)
      .describe('Prompts of the full evaluation, 10 to 10000.'),
    lightPrompts: z
      .number()
      .int()
      .min(10)
      .max(10000)
      .default(50)
      .describe(
        'Prompts at the other checkpoints: the first of the full set, 10 up to prompts (default: 50, or all of fewer).',
      ),
    calibrationPrompts: z
      .number()
      .int()
      .min(10)
      .max(10000)
      .default(200)
      .describe('Untriggered prompts, 10 to 10000, from which the success threshold is taken.'),
    promptTokens: z
      .strictObject({
        minimum: positiveInteger.max(2048).default(8).describe('Shortest prompt in tokens, 1 to 2048.'),
        maximum: positiveInteger.max(2048).default(40).describe('Longest prompt in tokens, 1 to 2048.'),
      })
      .prefault({})
      .describe('Length of a prompt in tokens, drawn uniformly.'),
    generatedTokens: z
      .number()
      .int()
      .min(1)
      .max(1024)
      .default(32)
      .describe(
        'Tokens generated after each prompt, 1 to 1024. Prompt, trigger and these fit in the context.',
      ),
    temperature: z.number().min(0).max(10).default(1).describe('Sampling temperature, 0 (greedy) to 10.'),
    heldOutDocuments: positiveInteger
      .max(100000)
      .default(100)
      .describe('Documents on which the clean loss is measured, 1 to 100000.'),
    judge: z
      .strictObject({
        order: z.number().int().min(1).max(5).default(3).describe('Order n of the n-gram judge, 1 to 5.'),
        documents: positiveInteger
          .max(1_000_000)
          .default(500)
          .describe('Documents that it is trained on, 1 to 1e6.'),
      })
      .prefault({})
      .describe('The fixed n-gram model, trained on other clean text, under which generations are scored.'),
    nearTriggers: z.boolean().default(true).describe('Also measure graded near triggers (full evaluations).'),
    contract: z
      .literal(EVALUATION_CONTRACTS)
      .optional()
      .describe(
        'What records hold: 1 (default) judges each generation by one threshold; 2 also keeps scores of every prompt ' +
          '(noise tokens, surprise in 1/1000 nat), to which the analysis applies thresholds.',
      ),
    samples: z
      .number()
      .int()
      .min(0)
      .max(100)
      .default(4)
      .describe('Generations kept per condition, 0 to 100.'),
  })
  .describe('What is measured, and how often.');
