// What analysis and report are given: the finished records of one experiment, and where they were made.

import type { Prediction } from '../config/schema/predictions-schema.ts';
import type { RunRecord } from '../run/record.ts';
import type { AdaptivePlan } from './adaptive/adaptive-sweep.ts';

/** The records of one experiment, in plan order. */
export interface ExperimentRecords {
  readonly name: string;
  readonly description?: string;
  /** The experiment's YAML as its author wrote it. */
  readonly configText: string;
  readonly records: readonly RunRecord[];
  /** File with the analysis of the experiment to be drawn behind the figure of success by count. */
  readonly reference?: string;
  /** Fields that runs of other seeds take other values of, by their paths in full. */
  readonly stimuli?: readonly string[];
  /** What was predicted before there were results. */
  readonly predictions?: readonly Prediction[];
  /** Of an adaptive sweep: the runs that it chose from. */
  readonly adaptive?: AdaptivePlan;
}

/** What made the numbers. Shown at the foot of the page, never part of a data file. */
export interface Environment {
  /** Version of tinypoison. */
  readonly version: string;
  /** Version of Node. */
  readonly node: string;
  /** The engine as text, e.g. `native (avx512)`. */
  readonly engine: string;
  /** Git revision, where known. */
  readonly revision: string | null;
  /** Operating system and processor, as text. */
  readonly platform?: string;
}
