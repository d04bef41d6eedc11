// A reference: a model of a run's shape that is trained on trusted text alone, for defences that compare with one.
import { tokensPerStep } from '../config/count-parameters.ts';
import type { PhaseConfig, RunConfig } from '../config/schema/schema.ts';
import { InputError } from '../core/errors.ts';
import type { TrainableModel } from '../model/trainable-model.ts';
import type { Example } from '../tokens/example.ts';
import { trainPhase } from '../train/train-phase.ts';
import { packPhase } from './phase/pack-phase.ts';
import type { TrainRunOptions } from './train-run.ts';

/** Most passes over trusted text: further ones teach it by heart. */
const MOST_PASSES = 4;

/** How a reference was trained. */
export interface TrainedReference {
  /** To be released by who receives it. */
  readonly model: TrainableModel;
  readonly tokens: number;
  readonly passes: number;
}

/** The phase of a reference: as the first of its run, but for its amount. @throws InputError where the text is less than a step */
export function referencePhase(config: RunConfig, examples: readonly Example[]): PhaseConfig {
  const [phase] = config.phases as [PhaseConfig];
  const { contextTokens } = config.model;
  const stepTokens = tokensPerStep(config.model, phase.batch);
  const held =
    phase.batch.packing === 'rows'
      ? examples.length * contextTokens
      : examples.reduce((sum, { tokens }) => sum + tokens.length + 1, 0);
  const steps = Math.floor(held / stepTokens);
  if (steps === 0)
    throw new InputError(
      `trusted text of ${held} tokens is less than one training step of ${stepTokens}: raise --trusted-documents, or hold back ` +
        'more text (corpus.splits.trusted)',
    );
  const wanted = Math.floor(phase.tokens / stepTokens);
  const epochSteps = Math.min(steps, wanted);
  const epochs = Math.min(MOST_PASSES, Math.floor(wanted / epochSteps));
  return { ...phase, tokens: epochSteps * epochs * stepTokens, epochs };
}

/**
 * Trains a reference, by the optimizer and schedule of the run's first phase, for as many tokens or `MOST_PASSES` passes.
 * @param options.examples trusted text, in its order
 * @throws InputError where the text is less than a step; DivergenceError
 */
export async function trainReference(options: {
  config: RunConfig;
  examples: readonly Example[];
  tokenizer: { readonly separatorId: number; readonly vocabularySize: number };
  createModel: TrainRunOptions['createModel'];
}): Promise<TrainedReference> {
  const { config, examples, tokenizer, createModel } = options;
  const { separatorId, vocabularySize } = tokenizer;
  const phase = referencePhase(config, examples);
  const { optimizer, schedule, batch, epochs, tokens } = phase;
  const { batches } = packPhase(
    examples.map((own, document) => ({ ...own, source: { kind: 'clean', document } })),
    { phase, contextTokens: config.model.contextTokens, separatorId },
  );
  const training = { sequences: batch.sequences };
  const model = createModel({ config: config.model, vocabularySize, training });
  try {
    model.initialise(`${config.seed}/reference`);
    for await (const _ of trainPhase({ model, batches, optimizer, schedule }));
    return { model, tokens, passes: epochs };
  } catch (error) {
    model.release();
    throw error;
  }
}
