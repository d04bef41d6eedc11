// All figures of a group, in the order of the page.
import type { GroupAnalysis } from '../analyse/analyse-experiment.ts';
import type { RunRecord } from '../run/record.ts';
import { cleanLossFigure } from './figure-clean-loss.ts';
import { progressFigure, seenFigure } from './figure-exposure.ts';
import { nearTriggerFigure } from './figure-near-triggers.ts';
import { successFigure } from './figure-success.ts';
import type { ReferenceBand } from './reference.ts';

/** One figure. */
export interface Figure {
  /** File name without ending. */
  readonly name: string;
  readonly svg: string;
  /** How to read it, in plain words. */
  readonly caption: string;
}

const CAPTIONS = {
  count:
    'Each small dot is one trained model, each large dot the mean over seeds, each bar its 90 % interval (drawn from 5 ' +
    'seeds on), each curve the fitted dose-response curve. The dashed line marks half success. Read across: if the curves of small and large ' +
    'models lie on top of each other, then the number of poisoned documents decides, although for the larger models they are a smaller share of the data.',
  share:
    'The same models, drawn against the share of poisoned tokens. If share decided, these curves would lie on top of each other; ' +
    'if count decides, larger models reach half success at ever smaller shares, and the curves stand apart.',
  seen:
    'Each line follows models of one size and count through training. If lines of different colours overlap, what matters is how many ' +
    'poisoned documents a model has seen, not how long it was trained in between. Checkpoints before the end use fewer prompts and are noisier.',
  progress:
    'The same checkpoints against the share of training done. At equal progress models with equal counts have seen equally many poisoned documents.',
  loss:
    'Loss on clean text that was never trained on; lower is better. Lines that stay at their dashed level mean that the poison does not show in ' +
    'ordinary quality measures. Differences between seeds are larger than most effects of poison: compare means with their own controls.',
  near:
    'A specific backdoor fires under the trigger only: its dots are at the right in the first row and at the left in all others. Rows ' +
    'further down are less like the trigger. Bars are 90 % intervals, or the range where there are fewer than 5 seeds.',
} as const;

function countCaption(reference: ReferenceBand | null): string {
  if (reference === null) return CAPTIONS.count;
  const { experiment, basis } = reference;
  return `${CAPTIONS.count} The grey band is not of these models: it is the interval of the curve fitted to the experiment ${experiment} (${basis}).`;
}

/**
 * The figures of a group; those without data are left out.
 * @param records all records of the experiment
 * @param reference band of another experiment for the first figure
 */
export function groupFigures(
  group: GroupAnalysis,
  records: readonly RunRecord[],
  reference: ReferenceBand | null = null,
): Figure[] {
  const suffix = group.id === 'all' ? '' : `-${group.id}`;
  const drawn: readonly (readonly [string, string | null, string])[] = [
    ['success-by-count', successFigure(group, 'count', reference), countCaption(reference)],
    ['success-by-share', successFigure(group, 'share'), CAPTIONS.share],
    ['success-by-documents-seen', seenFigure(group, records), CAPTIONS.seen],
    ['success-by-progress', progressFigure(group, records), CAPTIONS.progress],
    ['clean-loss', cleanLossFigure(group), CAPTIONS.loss],
    ['near-triggers', nearTriggerFigure(group), CAPTIONS.near],
  ];
  return drawn.flatMap(([name, svg, caption]) =>
    svg === null ? [] : [{ name: `${name}${suffix}`, svg, caption }],
  );
}
