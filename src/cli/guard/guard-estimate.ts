// How long a guard takes: what is left to measure and to train, by the speed of the runs in the store.
import { flopsPerToken } from '../../config/count-parameters.ts';
import type { EngineOption } from '../../kernels/engine-names.ts';
import { referencePhase } from '../../recipe/train-reference.ts';
import type { ScannedModel } from '../scanned-model.ts';
import { estimateMs, fastestEngine, measuredSpeed } from '../speed.ts';
import { readingFlops } from './guard-cost.ts';
import { type GuardJob, isKept } from './guard-job.ts';
import type { KeptGuards } from './kept-guards.ts';
import { isTrainedReference, trainingKey } from './open-reference.ts';

/** What is left to do. */
export interface GuardEstimate {
  /** Runs, each with one of its poisons, that are to be measured. */
  readonly measurements: number;
  /** Those measured before. */
  readonly kept: number;
  /** References that are to be trained. */
  readonly references: number;
  /** Operations of runs that take as long. */
  readonly flops: number;
  /** One after the other, at the speed of the runs in the store. */
  readonly estimatedMs: number;
  /** Runs in the store that say how fast this machine is; 0: a guess. */
  readonly measuredOnRuns: number;
}

/** Prices jobs. */
export function estimateGuards(
  jobs: readonly GuardJob[],
  options: { kept: KeptGuards; store: string; engine: EngineOption; given: ScannedModel | null },
): GuardEstimate {
  const { kept, store, engine, given } = options;
  const left = jobs.filter((job) => !isKept(kept, job));
  const references = new Map<string, number>();
  let flops = 0;
  for (const { run, text: trusted, vocabularySize, tokens } of left) {
    flops += readingFlops(run.config, vocabularySize, tokens);
    const request = { run, trusted, vocabularySize };
    if (given !== null || isTrainedReference(kept, request)) continue;
    const { tokens: trained } = referencePhase(run.config, trusted);
    references.set(
      kept.pathOf(trainingKey(request)),
      trained * flopsPerToken(run.config.model, vocabularySize),
    );
  }
  for (const own of references.values()) flops += own;
  const speed = measuredSpeed(store, fastestEngine(engine));
  return {
    ...{ measurements: left.length, kept: jobs.length - left.length, references: references.size },
    ...{ flops: Math.round(flops), estimatedMs: Math.round(estimateMs([flops], 1, speed)) },
    measuredOnRuns: speed.runs,
  };
}
