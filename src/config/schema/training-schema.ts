// Batches, optimizer and learning rate of a phase.
import { z } from 'zod';
import { share } from './number-schemas.ts';

export const batchSchema = z
  .strictObject({
    sequences: z
      .number()
      .int()
      .min(1)
      .max(4096)
      .default(8)
      .describe(
        'Sequences of contextTokens tokens a micro-batch, 1 to 4096. Hold it fixed across sizes: it shifts the count.',
      ),
    accumulation: z
      .number()
      .int()
      .min(1)
      .max(1024)
      .default(1)
      .describe('Micro-batches an optimizer step, 1 to 1024.'),
    packing: z
      .enum(['stream', 'rows'])
      .default('stream')
      .describe('stream: documents joined end to end; rows: one document a row, cut at the context.'),
  })
  .describe('Tokens of one optimizer step: contextTokens x sequences x accumulation.');

export const optimizerSchema = z
  .strictObject({
    kind: z
      .enum(['adamw', 'sgd'])
      .default('adamw')
      .describe('AdamW (Loshchilov and Hutter 2019), or plain gradient descent.'),
    learningRate: z
      .number()
      .positive()
      .max(10)
      .default(0.01)
      .describe('Peak learning rate, above 0, up to 10.'),
    beta1: z.number().min(0).max(0.9999).default(0.9).describe('Decay of the first moment, 0 to 0.9999.'),
    beta2: z
      .number()
      .min(0)
      .max(0.999999)
      .default(0.99)
      .describe('Decay of the second moment, 0 to 0.999999.'),
    epsilon: z
      .number()
      .positive()
      .max(1)
      .default(1e-8)
      .describe('Added to the root of the second moment; above 0, up to 1.'),
    weightDecay: z
      .number()
      .min(0)
      .max(1)
      .default(0.01)
      .describe('Decoupled weight decay, 0 to 1; matrices only.'),
    clipNorm: z
      .number()
      .positive()
      .max(1e6)
      .nullable()
      .default(1)
      .describe('Limit of the global gradient norm (Pascanu et al. 2013), above 0, up to 1e6; null: none.'),
  })
  .describe('How gradients become updates.');

export const scheduleSchema = z
  .strictObject({
    kind: z
      .enum(['cosine', 'linear', 'constant'])
      .default('cosine')
      .describe('Shape of the decay after the warm-up.'),
    warmupShare: share
      .default(0.05)
      .describe('Share of the steps of the phase that warm up linearly, 0 to 1.'),
    finalShare: share.default(0.1).describe('Final learning rate as a share of the peak, 0 to 1.'),
  })
  .describe('Learning rate over the steps of the phase.');
