// The shape of the GPT.
import { z } from 'zod';

export const modelSchema = z
  .strictObject({
    width: z
      .number()
      .int()
      .min(16)
      .max(2048)
      .multipleOf(8)
      .describe('Channels C of the residual stream: a multiple of 8 (fastest: of 16), 16 to 2048.'),
    layers: z.number().int().min(1).max(48).describe('Transformer blocks L, 1 to 48.'),
    heads: z
      .number()
      .int()
      .min(1)
      .max(64)
      .describe(
        'Attention heads H, 1 to 64; divides the width, and width / heads is even for rotary positions.',
      ),
    contextTokens: z
      .number()
      .int()
      .min(16)
      .max(2048)
      .multipleOf(16)
      .default(128)
      .describe('Context length T in tokens: a multiple of 16, 16 to 2048.'),
    positions: z
      .enum(['rope', 'learned'])
      .default('rope')
      .describe('Rotary positions (Su et al. 2021, halves paired) or a learned vector a position (GPT-2).'),
    ropeBase: z
      .number()
      .min(10)
      .max(1e6)
      .default(1000)
      .describe('Base of the rotary frequencies, 10 to 1e6. The usual 10000 is for longer contexts.'),
    tied: z
      .boolean()
      .default(true)
      .describe('The output head shares the token embedding (Press and Wolf 2017).'),
    biases: z.boolean().default(false).describe('Bias vectors in the linear layers.'),
    norm: z
      .enum(['layernorm', 'rmsnorm'])
      .default('layernorm')
      .describe(
        'Pre-normalisation, eps 1e-5: LayerNorm (Ba et al. 2016) or RMSNorm (Zhang and Sennrich 2019).',
      ),
    initStandardDeviation: z
      .number()
      .min(1e-4)
      .max(1)
      .default(0.1)
      .describe(
        'Standard deviation of initial weights, 1e-4 to 1; residual projections are divided by sqrt(2 L) (GPT-2, ' +
          'whose 0.02 suits larger widths: at widths of 32 to 96, 0.1 learns faster).',
      ),
  })
  .describe('Shape of the GPT.');
