// A run whose weights are there already, since another of the same training was evaluated otherwise: its phases are
// laid out again and the stored weights measured. The events, and what they find, are those of the run when trained.
import { tokensPerStep } from '../config/count-parameters.ts';
import type { RunConfig } from '../config/schema/schema.ts';
import { sha256Hex } from '../core/hash.ts';
import { encodeModel } from '../model/stored-model.ts';
import { evaluationSteps } from './evaluation-steps.ts';
import { measureModel, type TakenStep } from './measure-run.ts';
import { buildPhaseData } from './phase/phase-data.ts';
import { phaseDefences } from './phase/phase-defences.ts';
import type { RunProgress } from './run-progress.ts';
import { memoryScoring } from './scoring/scoring-models.ts';
import { type TrainRunEvent, type TrainRunOptions, trainScoring } from './train-run.ts';

/** What was kept of a training. Steps count from 1 over the whole run. */
export interface KeptTraining {
  /** Training loss of each step, nats/token. */
  readonly lossesNats: readonly number[];
  /** Weights after an evaluated step, by name. */
  weightsAfter(optimizerStep: number): ReadonlyMap<string, Float32Array>;
}

/** Steps of the whole run after which it is evaluated, rising. */
export function evaluatedSteps({ model, phases, evaluation }: Omit<RunConfig, 'corpus'>): number[] {
  let before = 0;
  return phases.flatMap((phase) => {
    const optimizerSteps = phase.tokens / tokensPerStep(model, phase.batch);
    const first = before;
    before += optimizerSteps;
    return evaluationSteps(evaluation, { phase: phase.name, optimizerSteps }).map((step) => first + step);
  });
}

/** Evaluates a run from kept weights. Its model is released when the generator ends, however it ends. */
export async function* evaluateRun(
  options: Omit<TrainRunOptions, 'resume' | 'progress'> & { progress: RunProgress; training: KeptTraining },
): AsyncGenerator<TrainRunEvent, void, void> {
  const { config, inputs, progress, training, createModel, scoring = memoryScoring() } = options;
  yield* trainScoring({ config, inputs, createModel, scoring });
  const { separatorId, vocabularySize } = inputs.tokenizer;
  const model = createModel({ config: config.model, vocabularySize });
  let stepsBefore = 0;
  let tokensBefore = 0;
  let lossesBefore = 0;
  try {
    for (const [index, phase] of config.phases.entries()) {
      const phaseInputs = inputs.phase(index);
      const { filters } = phaseDefences(config, index, {
        tokenizer: inputs.tokenizer,
        phase: () => phaseInputs,
        scoring: { models: scoring, createModel },
      });
      const data = buildPhaseData({
        config,
        phase: index,
        inputs: phaseInputs,
        separatorId,
        filters,
      });
      progress.poison[index] = data.poisons;
      progress.mixes[index] = data.mix;
      const running = { phase, index, data, stepsBefore, tokensBefore };
      const { optimizerSteps, tokensPerStep: stepTokens } = data.batches;
      yield { kind: 'phase', ...running, model: null, startStep: optimizerSteps };
      for (const optimizerStep of evaluationSteps(config.evaluation, { phase: phase.name, optimizerSteps })) {
        const ofRun = stepsBefore + optimizerStep;
        for (const lossNats of training.lossesNats.slice(lossesBefore, ofRun)) {
          progress.lossSum += lossNats;
          progress.lossSteps += 1;
        }
        lossesBefore = ofRun;
        model.setWeights(training.weightsAfter(ofRun));
        const lossNats = training.lossesNats[ofRun - 1] as number;
        const step: TakenStep = { optimizerStep, tokensTrained: optimizerStep * stepTokens, lossNats };
        const record = measureModel({ config, inputs, progress }, running, { model, step });
        yield { kind: 'checkpoint', ...running, model, step, record };
      }
      stepsBefore += optimizerSteps;
      tokensBefore += phase.tokens;
    }
    const bytes = encodeModel({ config: model.config, vocabularySize, weights: model.getWeights() });
    yield { kind: 'trained', model, weightsHash: sha256Hex(bytes) };
  } finally {
    model.release();
  }
}
