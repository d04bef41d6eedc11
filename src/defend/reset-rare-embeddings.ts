// Gives tokens that trusted text hardly has the embedding of no token in particular: their own mean says nothing of a trigger.
import { z } from 'zod';
import type { Defence } from './defence.ts';

const options = {
  fewerThan: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(5)
    .describe('Tokens that trusted text has fewer times than this are reset, 0 to 1e6. 0 resets none.'),
  trustedDocuments: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(2000)
    .describe('Documents of trusted text whose tokens are counted, 1 to 1e6, or all there are.'),
};
const settingsSchema = z.object(options);

/** How often each token id occurs. */
function countTokens(
  documents: readonly { readonly tokens: ArrayLike<number> }[],
  size: number,
): Float64Array {
  const counts = new Float64Array(size);
  for (const { tokens } of documents)
    for (let i = 0; i < tokens.length; i++) {
      const id = tokens[i] as number;
      counts[id] = (counts[id] as number) + 1;
    }
  return counts;
}

/** The mean of the rows of some tokens, summed in their order in double precision. [width] */
function meanRow(matrix: Float32Array, tokens: readonly number[], width: number): Float32Array {
  const sums = new Float64Array(width);
  for (const token of tokens)
    for (let i = 0; i < width; i++) sums[i] = (sums[i] as number) + (matrix[token * width + i] as number);
  return Float32Array.from(sums, (sum) => sum / tokens.length);
}

/**
 * Sets the embeddings of rare tokens to the mean embedding of all others, after the last step of its phase. Where the head is
 * tied to the embeddings, these tokens are also written less well; an untied head stays. The separator is never reset.
 */
export const resetRareEmbeddings: Defence = {
  kind: 'reset-rare-embeddings',
  summary:
    'Sets the embeddings of tokens that trusted text hardly has to the mean of the others, after the phase.',
  options,
  trusted(settings) {
    const { fewerThan, trustedDocuments } = settingsSchema.parse(settings);
    return fewerThan === 0 ? { wanted: 0, least: 0 } : { wanted: trustedDocuments, least: 1 };
  },
  bind(settings, { trusted, separatorId }) {
    const { fewerThan, trustedDocuments } = settingsSchema.parse(settings);
    if (fewerThan === 0) return {};
    return {
      repair: {
        name: 'reset-rare-embeddings',
        needs: [],
        apply(model) {
          const counts = countTokens(trusted(trustedDocuments), model.vocabularySize);
          const isRare = (token: number) => token !== separatorId && (counts[token] ?? 0) < fewerThan;
          const tokens = Array.from(counts, (_, token) => token);
          const common = tokens.filter((token) => !isRare(token));
          const weights = model.getWeights();
          const matrix = weights.get('wte.weight');
          if (matrix === undefined) throw new Error('the model has no embeddings');
          const { C } = model.shape;
          const mean = meanRow(matrix, common, C);
          for (const token of tokens.filter(isRare)) matrix.set(mean, token * C);
          model.setWeights(weights);
        },
      },
    };
  },
};
