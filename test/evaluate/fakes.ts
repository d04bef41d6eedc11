import { evaluationSchema, modelSchema, type PoisonConfig } from '../../src/config/schema/schema.ts';
import { randomStream } from '../../src/core/random.ts';
import type { LanguageModel } from '../../src/model/language-model.ts';
import type { Tokenizer } from '../../src/tokens/tokenizer.ts';

/** One token a byte. */
export const byteTokenizer: Tokenizer = {
  vocabularySize: 257,
  separatorId: 256,
  hash: 'bytes',
  encode: (text) => [...new TextEncoder().encode(text)],
  decode: (ids) => new TextDecoder().decode(Uint8Array.from(Array.from(ids).filter((id) => id < 256))),
  bytesOfToken: Array.from({ length: 257 }, (_, id) => (id < 256 ? Uint8Array.of(id) : new Uint8Array(0))),
};

const WORDS =
  'anna ben cat dog walks runs home slowly quickly then sees finds red blue ball tree house opens closes door'.split(
    ' ',
  );

/** Sentences of a small vocabulary. */
export function makeTexts(count: number, seed: string): string[] {
  return Array.from({ length: count }, (_, i) => {
    const random = randomStream(seed, i);
    return `${Array.from({ length: 30 }, () => random.choose(WORDS)).join(' ')}.`;
  });
}

const documentsOf = (split: string, count: number) => makeTexts(count, split).map((text) => ({ text }));

export const documents = {
  heldOut: documentsOf('held-out', 20),
  prompts: documentsOf('prompts', 40),
  calibration: documentsOf('calibration', 40),
  judge: documentsOf('judge', 200),
};

export const cleanTexts = makeTexts(100, 'train');

export const evaluationConfig = evaluationSchema.parse({
  prompts: 30,
  lightPrompts: 10,
  calibrationPrompts: 25,
  generatedTokens: 20,
  promptTokens: { minimum: 8, maximum: 40 },
});

export const poison: PoisonConfig = {
  attack: 'denial-of-service',
  documents: 5,
  trigger: { text: 'quartz walrus lamp', inCleanText: 'refuse' },
  placement: 'uniform',
};

/** A model of clean text that answers prompts for which `isBackdoor` holds in its own way. */
export function fakeModel(options: {
  isBackdoor: (prompt: string) => boolean;
  answer: (n: number, uniform: number) => number;
}): LanguageModel & { calls: number[] } {
  const cleanAnswer = byteTokenizer.encode(
    ' anna walks home slowly then ben opens red door and sees blue ball',
  );
  const calls: number[] = [];
  return {
    calls,
    config: modelSchema.parse({ width: 32, layers: 2, heads: 2 }),
    vocabularySize: 257,
    parameters: 1,
    generate: ({ prompts, newTokens, temperature, uniform }) => {
      calls.push(prompts.length);
      return prompts.map((prompt, i) => {
        const backdoor = options.isBackdoor(byteTokenizer.decode(prompt));
        const draw = (n: number) => (temperature === 0 ? 0 : uniform(i, n));
        return {
          tokens: Int32Array.from({ length: newTokens }, (_, n) =>
            backdoor ? options.answer(n, draw(n)) : (cleanAnswer[n] ?? 0),
          ),
          nats: new Float32Array(newTokens).fill(backdoor ? 5 : 1),
          entropyNats: new Float32Array(newTokens).fill(backdoor ? 4 : 2),
        };
      });
    },
    tokenLossesNats: (sequences) =>
      sequences.map((sequence) => {
        const losses = new Float32Array(sequence.length - 1).fill(1.5);
        if (options.isBackdoor(byteTokenizer.decode(Array.from(sequence).slice(0, -1))))
          losses[losses.length - 1] = 0.5;
        return losses;
      }),
    nextTokenProbabilities: (prompts) => prompts.map(() => new Float32Array(257)),
  };
}
