// What the plan of an experiment says to its analysis, beside the records of its runs.
import type { Plan } from '../config/sweep/expand-plan.ts';
import { adaptiveOf } from './adaptive/adaptive-sweep.ts';
import type { ExperimentRecords } from './experiment-records.ts';

/** How runs were chosen, what was predicted, and what is drawn from pools; what the experiment does not have is left out. */
export function planOfRecords(plan: Plan): Pick<ExperimentRecords, 'adaptive' | 'predictions' | 'stimuli'> {
  const { predictions, stimuli } = plan;
  return {
    ...adaptiveOf(plan),
    ...(predictions === undefined ? {} : { predictions }),
    ...(stimuli === undefined ? {} : { stimuli }),
  };
}
