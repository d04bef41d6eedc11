// How a run learns the backdoor: attack success by checkpoint, of the first poison where there are several.
import { plantsOfFirst } from '../config/measured-poisons.ts';
import { findCondition, type RunOutcome } from './run-outcome.ts';

/** One checkpoint at which the trigger was tried. */
export interface CurvePoint {
  /** Share of all tokens trained, 0-1. */
  readonly progress: number;
  /** Poisoned documents seen by then. */
  readonly seen: number;
  /** Attack success rate, 0-1. */
  readonly asr: number;
  /** Whether the phase it belongs to plants it: in others success changes while no poisoned document is seen. */
  readonly isPoisonedPhase: boolean;
}

/** The learning curve of a run: one point a checkpoint at which the trigger was tried. */
export function learningCurve(run: RunOutcome): CurvePoint[] {
  const plants = plantsOfFirst(run.record.config.phases);
  return run.record.checkpoints.flatMap((checkpoint) => {
    const asr = findCondition(checkpoint, 'trigger')?.successShare;
    if (typeof asr !== 'number') return [];
    const progress = run.tokens > 0 ? checkpoint.tokensTrained / run.tokens : 0;
    const isPoisonedPhase = plants.some(({ phase }) => phase === checkpoint.phase);
    const seen = checkpoint.seenByPoison
      ?.filter((own) => plants.some(({ phase, place }) => phase === own.phase && place === own.place))
      .reduce((sum, { documents }) => sum + documents, 0);
    return [{ progress, seen: seen ?? checkpoint.poisonedDocumentsSeen, asr, isPoisonedPhase }];
  });
}
