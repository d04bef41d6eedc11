import type { PoisonConfig } from '../../src/config/schema/schema.ts';
import type { TokenSource } from '../../src/corpus/token-source.ts';

/** Tokens are white-space separated words; random ones are w0 to w99. */
export const wordTokens: TokenSource = {
  randomText: ({ tokens, random }) =>
    Array.from({ length: tokens }, () => `w${random.integer({ minimum: 0, maximum: 99 })}`).join(' '),
  prefixText: ({ text, tokens }) => text.split(' ').slice(0, tokens).join(' '),
};

export function poisonOf(change: Partial<PoisonConfig> = {}): PoisonConfig {
  return {
    attack: 'denial-of-service',
    documents: 5,
    trigger: { text: '<SUDO>', inCleanText: 'refuse' },
    placement: 'uniform',
    ...change,
  };
}

export const cleanTexts = Array.from({ length: 50 }, (_, i) =>
  Array.from({ length: 60 }, (_, j) => `clean${(i * 7 + j) % 31}`).join(' '),
);
