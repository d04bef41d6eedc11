// The size of a model and what it costs, from its shape alone: a plan needs no data.
import type { ModelConfig } from './schema/schema.ts';

/**
 * Trained scalars N of a model, tied ones once: embeddings V C (+ V C for an untied head), learned positions
 * T C, per layer two norms, qkv 3 C^2, out C^2 and an MLP of 8 C^2 (with biases 9 C more), and a final norm.
 * @param vocabularySize V
 */
export function countParameters(model: ModelConfig, vocabularySize: number): number {
  const { width: C, layers: L, contextTokens: T } = model;
  const norm = model.norm === 'layernorm' ? 2 * C : C;
  const embeddings = (model.tied ? 1 : 2) * vocabularySize * C + (model.positions === 'learned' ? T * C : 0);
  const layer = 12 * C * C + 2 * norm + (model.biases ? 9 * C : 0);
  return embeddings + L * layer + norm;
}

/**
 * Floating-point operations a trained token, forward and backward: 6 (12 L C^2 + V C) for the matrices and
 * 6 T C L for attention, which is causal (half of each row on average).
 * @param vocabularySize V
 */
export function flopsPerToken(model: ModelConfig, vocabularySize: number): number {
  const { width: C, layers: L, contextTokens: T } = model;
  return 6 * (12 * L * C * C + vocabularySize * C) + 6 * T * C * L;
}

/** Tokens of one optimizer step: sequences x contextTokens x accumulation. */
export function tokensPerStep(
  model: Pick<ModelConfig, 'contextTokens'>,
  batch: { readonly sequences: number; readonly accumulation: number },
): number {
  return batch.sequences * batch.accumulation * model.contextTokens;
}
