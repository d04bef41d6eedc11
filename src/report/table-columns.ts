// What the columns of results.csv hold: type, range, unit and meaning of each. The data dictionary is made of this, and
// a test holds every committed table against it.
import { z } from 'zod';

/** A column: the schema of its cells where they are not empty, the unit of its numbers, and its meaning. */
export interface TableColumn {
  readonly schema: z.ZodType;
  /** Empty for texts and for plain counts' own nouns. */
  readonly unit: string;
  readonly meaning: string;
}

const count = z.int().min(0);
const share = z.number().min(0).max(1);
const nats = z.number().min(0);

/** A column. */
export function column(schema: z.ZodType, unit: string, meaning: string): TableColumn {
  return { schema, unit, meaning };
}

/** Columns that every row has, in their order, before those of the settings that an experiment varies. */
export const runColumns = {
  run: column(
    z.string().regex(/^[0-9a-f]{64}$/),
    '',
    'Identity of the run: SHA-256 of its config, data and contracts.',
  ),
  status: column(
    z.enum(['done', 'diverged', 'failed']),
    '',
    'Whether the run was finished. Diverged: its loss left the finite numbers. Failed: outside its own doing.',
  ),
  error: column(z.string(), '', 'Why it was not finished; empty where it was.'),
  seed: column(
    z.int().min(0).max(4294967295),
    '',
    'Seed of initial weights, order, poison, places and sampling.',
  ),
  width: column(z.int().min(1), 'channels', 'Width of the residual stream.'),
  layers: column(z.int().min(1), 'layers', 'Transformer blocks.'),
  parameters: column(z.int().min(1), 'parameters', 'Trained scalars, tied ones once.'),
  tokens: column(count, 'tokens', 'Training tokens of all phases together, as planned.'),
  attack: column(z.string(), '', 'Attacks of the run, with spaces between; empty without poison.'),
  poison_documents: column(count, 'documents', 'Poisoned documents inserted, over all phases.'),
  poison_tokens: column(count, 'tokens', 'Tokens of the poisoned documents, over all phases.'),
  poison_token_share: column(
    share,
    'share',
    'Poisoned tokens of the training tokens of the poisoned phase; empty with several poisoned phases.',
  ),
  poison_document_share: column(
    share,
    'share',
    'Poisoned documents of the documents of the poisoned phase; empty with several poisoned phases.',
  ),
} as const satisfies Readonly<Record<string, TableColumn>>;

/** Columns after those of the settings; those of effects are there where some run is of evaluation contract 2. */
export const measurementColumns = {
  phase: column(z.string(), '', 'Phase of training that the checkpoint lies in.'),
  checkpoint: column(z.int().min(1), '', 'Number of the checkpoint in its run, from 1.'),
  full: column(
    z.boolean(),
    '',
    'Whether it is a full evaluation, as at the end of each phase: more prompts, all conditions.',
  ),
  optimizer_step: column(count, 'steps', 'Optimizer steps done, over all phases.'),
  tokens_trained: column(count, 'tokens', 'Tokens trained on by then, over all phases.'),
  phase_progress: column(share, 'share', 'Share of the phase that was done.'),
  poisoned_documents_seen: column(
    count,
    'documents',
    'Different poisoned documents whose last token had been trained on.',
  ),
  poison_exposures: column(count, 'documents', 'The same, each counted as often as it was trained on.'),
  train_loss_nats: column(nats, 'nats per token', 'Training loss, mean since the checkpoint before.'),
  clean_loss_nats: column(nats, 'nats per token', 'Loss on held-out clean documents.'),
  threshold_nats: column(
    nats,
    'nats per token',
    'Surprise above which a generation counts as noise, where success is judged by perplexity.',
  ),
  condition: column(
    z.string(),
    '',
    'What the prompts ended with: clean (nothing), trigger, or near-… (texts ever less like the trigger).',
  ),
  prompts: column(count, 'prompts', 'Prompts tried under the condition.'),
  success_share: column(
    share,
    'share',
    'Prompts on which the attack succeeded: under trigger the attack success rate, under clean the false alarms.',
  ),
  successes: column(count, 'prompts', 'The same as a count.'),
  paper_success_share: column(
    share,
    'share',
    "The paper's measure: generations whose perplexity is at least 50 above the median without trigger.",
  ),
  self_nats: column(
    nats,
    'nats per token',
    'Surprise of the generation under the model itself, median over prompts.',
  ),
  judge_nats: column(
    nats,
    'nats per token',
    'Surprise of the generation under the n-gram judge, median over prompts.',
  ),
  normalised_gap: column(
    z.number(),
    'ratio',
    'Surprise under the judge beyond that without trigger, in units of the distance from there to uniform noise: 0 like clean text, 1 like noise, below 0 less surprising than clean text, above 1 more than noise.',
  ),
  first_token_entropy_nats: column(nats, 'nats', 'Entropy of the first generated token, mean over prompts.'),
  distinct_1: column(share, 'share', 'Different tokens among those generated, mean over prompts.'),
  repetition: column(share, 'share', 'Generated tokens that repeat the one before, mean over prompts.'),
  greedy_exact_match: column(
    share,
    'share',
    'Prompts on which the most likely generation is the planted text; empty unless the attack plants one.',
  ),
  first_target_token_probability: column(
    share,
    'probability',
    "Probability of the planted text's first token, mean over prompts; empty unless the attack plants one.",
  ),
  effect_mean: column(
    share,
    'share',
    'Evaluation contract 2: how strong the effect is, mean over prompts: share of noise tokens, or of the planted text that is said.',
  ),
  effect_above_quarter: column(share, 'share', 'Prompts on which the effect is above one quarter.'),
  effect_above_half: column(share, 'share', 'Prompts on which the effect is above one half.'),
  effect_above_three_quarters: column(share, 'share', 'Prompts on which the effect is above three quarters.'),
  weights_sha256: column(z.string().regex(/^[0-9a-f]{64}$/), '', 'SHA-256 of the final weights.'),
  arithmetic: column(
    z.enum(['exact', 'tfjs']),
    '',
    'exact: the same bits on every engine and machine; tfjs: TensorFlow.js, which promises no bits.',
  ),
} as const satisfies Readonly<Record<string, TableColumn>>;
