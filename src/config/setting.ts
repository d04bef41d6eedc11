// A setting of a sweep.
import type { Labels } from './labels.ts';
import type { ExperimentConfig } from './schema/schema.ts';

/** One setting of a sweep: a whole config, and what tells it from the others. */
export interface Setting {
  readonly config: ExperimentConfig;
  /** Value of each swept field, by its path in full; fields of variants only where the variant sets them. */
  readonly labels: Labels;
  /** Seeds that run it; left out: all. */
  readonly seeds?: readonly number[];
}
