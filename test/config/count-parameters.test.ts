import { describe, expect, it } from 'vitest';
import { countParameters, flopsPerToken } from '../../src/config/count-parameters.ts';
import { modelSchema } from '../../src/config/schema/schema.ts';

const model = (fields: object) => modelSchema.parse({ width: 32, layers: 2, heads: 2, ...fields });

describe('countParameters', () => {
  it('counts a tied rotary model by hand', () => {
    // 512*32 + 2 * (32*96 + 32*32 + 32*128 + 128*32 + 2*64) + 64
    expect(countParameters(model({}), 512)).toBe(16384 + 2 * (3072 + 1024 + 4096 + 4096 + 128) + 64);
  });

  it.each([
    ['an untied head', { tied: false }, 512 * 32],
    ['learned positions', { positions: 'learned' }, 128 * 32],
    ['biases', { biases: true }, 2 * (96 + 32 + 128 + 32)],
    ['RMSNorm', { norm: 'rmsnorm' }, -(2 * 2 * 32 + 32)],
    ['other heads', { heads: 4 }, 0],
  ])('adds what %s adds', (_, fields, difference) => {
    expect(countParameters(model(fields), 512) - countParameters(model({}), 512)).toBe(difference);
  });

  // GPT-2 small as published: 124,439,808 (transformers 4.x, GPT2LMHeadModel, tied), with T = 1024 and V = 50257.
  it('gives the published size of GPT-2 small', () => {
    const gpt2 = model({
      width: 768,
      layers: 12,
      heads: 12,
      contextTokens: 1024,
      positions: 'learned',
      biases: true,
    });
    expect(countParameters(gpt2, 50257)).toBe(124_439_808);
  });
});

describe('the cost of a model', () => {
  it('is 6 (12 L C^2 + V C) + 6 T C L operations a token', () => {
    expect(flopsPerToken(model({}), 512)).toBe(6 * (12 * 2 * 1024 + 16384) + 6 * 128 * 32 * 2);
  });
});
