// How much memory a planned run will take: exactly what its model needs from the system while it trains.
import type { RunConfig } from '../config/schema/schema.ts';
import { createReferenceEngine } from '../kernels/reference/reference-engine.ts';
import { gptMemoryBytes } from '../model/gpt-plan.ts';
import { phaseDefences, phaseTraining } from '../recipe/phase/phase-defences.ts';

/** All engines lay out their memory alike. */
const engine = createReferenceEngine({ precision: 'f32' });

/**
 * Memory of a run's model, its gradients, moments and activations in bytes, on one thread, in the phase that needs
 * most. A model of the same shape is planned once.
 */
export function plannedMemory(): (config: RunConfig) => number {
  const known = new Map<string, number>();
  return (config) => {
    const { model, tokenizer, phases } = config;
    const trainings = phases.map((phase, index) => phaseTraining(phase, phaseDefences(config, index)));
    const { vocabularySize } = tokenizer;
    const bytes = trainings.map((training) => {
      const key = JSON.stringify([model, vocabularySize, training]);
      const found = known.get(key);
      if (found !== undefined) return found;
      const planned = gptMemoryBytes({
        config: model,
        vocabularySize,
        engine,
        training,
      });
      known.set(key, planned);
      return planned;
    });
    return Math.max(...bytes);
  };
}
