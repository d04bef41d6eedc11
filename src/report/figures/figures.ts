// All figures of an experiment, in the order of the page.
import type { Analysis, GroupAnalysis } from '../../analyse/analyse-experiment.ts';
import type { PredictionOutcome } from '../../analyse/predictions.ts';
import type { RunRecord } from '../../run/record.ts';
import type { ReferenceBand } from '../reference.ts';
import { cleanLossFigure } from './figure-clean-loss.ts';
import { halfSuccessForest, successForest } from './figure-contrasts.ts';
import { progressFigure, seenFigure } from './figure-exposure.ts';
import { laterLossFigure, laterSuccessFigure } from './figure-later-phases.ts';
import { nearTriggerFigure } from './figure-near-triggers.ts';
import { panelsFigure } from './figure-panels.ts';
import { replacedFigure } from './figure-replaced.ts';
import { rocFigure } from './figure-roc.ts';
import { successFigure } from './figure-success.ts';
import { type FigureLayout, PAGE_LAYOUT } from './plot-svg.ts';

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
    'Each ring is one trained model, each filled mark the mean over seeds, each bar the 90 % interval about that mean (drawn from 5 ' +
    'seeds on), each curve the dose-response curve of that size alone with its 90 % band, whose half success is the P50 of the tables. All stand at their true dose. The dashed line marks half success.',
  sizes:
    'Read across: if the curves of small and large models lie on top of each other, then the number of poisoned documents decides, although for ' +
    'the larger models they are a smaller share of the data.',
  amounts:
    'Read across: if the curves of little and much data lie on top of each other, then the number of poisoned documents decides, although in ' +
    'more data they are a smaller share.',
  predicted:
    'A dashed box says where half success was predicted to lie: the curves are to cross the dashed line inside it.',
  share:
    'The same models, drawn against the share of poisoned tokens. If share decided, these curves would lie on top of each other; ' +
    'if count decides, larger models reach half success at ever smaller shares, and the curves stand apart.',
  shareOfData:
    'The same models, drawn against the share of poisoned tokens. If share decided, these curves would lie on top of each other; ' +
    'if count decides, models with more data reach half success at ever smaller shares, and the curves stand apart.',
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
    'further down are less like the trigger. Bars are 90 % intervals about the mean, or the range where there are fewer than 5 seeds.',
  halfSuccess:
    'One line a setting: dot and 90 % interval of its documents for half success, as a multiple of the baseline. A line that runs to the edge ' +
    'has no limit on that side, because half success lies, or may lie, outside the counts tried; then there may be no dot.',
  change:
    'The same settings by success at equal counts, averaged over the counts at which success is neither absent nor complete in both; paired by ' +
    'seed, with 90 % intervals from 5 seeds on.',
  roc:
    'A panel for each attack and filter that scores documents, a line for each count. Each point is a threshold: how much of the poison it catches, and ' +
    'what share of the clean documents it costs. Later filters of a phase see what earlier ones kept.',
  later:
    'One panel a group of runs and count, or a group at its largest count where there are many. Points before the end of a phase use fewer prompts, and near ' +
    'triggers are tried where an evaluation is full. What a later phase is, clean text or more poison, the config says.',
  laterLoss:
    'The same panels; a lower line is better. Where both lines run together the poison does not show in the loss; panels without a second line have no runs without poison.',
  replaced:
    'One panel a set of runs. Documents are counted from 0 in the order in which they are read, where placement is even. A part that stands at 0 could be clean text without the attack ' +
    'noticing. Bars are 90 % intervals over seeds, or the range where there are fewer than 5.',
  panels:
    'One panel a group; dots are measured, lines only join them. Where the coloured line lies right of the grey one, the change makes the backdoor harder to plant, left of it easier.',
} as const;

/** An experiment of more groups than this shows them side by side, not one after another. */
const MOST_GROUPS_IN_FULL = 4;

function countCaption(
  { kind, series }: GroupAnalysis,
  reference: ReferenceBand | null,
  predicted: readonly PredictionOutcome[],
): string {
  const compared = kind === 'ladder' ? CAPTIONS.sizes : CAPTIONS.amounts;
  const measured = series.length < 2 ? CAPTIONS.count : `${CAPTIONS.count} ${compared}`;
  const caption = predicted.length === 0 ? measured : `${measured} ${CAPTIONS.predicted}`;
  if (reference === null) return caption;
  const { experiment, basis } = reference;
  return `${caption} The grey band is not of these models: it is the interval of the curve fitted to the experiment ${experiment} (${basis}).`;
}

type Drawn = readonly (readonly [name: string, svg: string | null, caption: string])[];

function present(drawn: Drawn, suffix = ''): Figure[] {
  return drawn.flatMap(([name, svg, caption]) =>
    svg === null ? [] : [{ name: `${name}${suffix}`, svg, caption }],
  );
}

/** Whether each group has figures of its own. */
export function hasGroupFigures({ groups }: Analysis): boolean {
  return groups.length <= MOST_GROUPS_IN_FULL;
}

/** Whether success was measured in any run. */
function hasSuccess({ groups }: Analysis): boolean {
  return groups.some(({ cells }) => cells.some(({ asr }) => asr.mean !== null));
}

/** Figures that set the groups of an experiment side by side; none for an experiment of one group. */
export function contrastFigures(analysis: Analysis, layout: FigureLayout = PAGE_LAYOUT): Figure[] {
  return present([
    ['contrasts-half-success', halfSuccessForest(analysis, layout), CAPTIONS.halfSuccess],
    ['contrasts-success', successForest(analysis, layout), CAPTIONS.change],
    [
      'success-by-group',
      hasGroupFigures(analysis) || !hasSuccess(analysis) ? null : panelsFigure(analysis, layout),
      CAPTIONS.panels,
    ],
  ]);
}

/** What becomes of models after their first phase; none for runs of one phase. */
export function laterFigures(
  analysis: Analysis,
  records: readonly RunRecord[],
  layout: FigureLayout = PAGE_LAYOUT,
): Figure[] {
  return present([
    ['later-success', laterSuccessFigure(analysis, records, layout), CAPTIONS.later],
    ['later-clean-loss', laterLossFigure(analysis, records, layout), CAPTIONS.laterLoss],
  ]);
}

/** What parts of the poisoned documents do; none without runs that replace some. */
export function replacedFigures(analysis: Analysis, layout: FigureLayout = PAGE_LAYOUT): Figure[] {
  return present([['replaced-documents', replacedFigure(analysis, layout), CAPTIONS.replaced]]);
}

/** Figures of the matrix of defences; none without one. */
export function defenceFigures({ defences }: Analysis, layout: FigureLayout = PAGE_LAYOUT): Figure[] {
  return defences === undefined ? [] : present([['defences-roc', rocFigure(defences, layout), CAPTIONS.roc]]);
}

/**
 * The figures of a group; those without data are left out.
 * @param records all records of the experiment
 * @param reference band of another experiment for the first figure
 * @param predictions of the experiment; those of P50 are marked in the first figure
 */
export function groupFigures(
  group: GroupAnalysis,
  records: readonly RunRecord[],
  reference: ReferenceBand | null = null,
  layout: FigureLayout = PAGE_LAYOUT,
  predictions: readonly PredictionOutcome[] = [],
): Figure[] {
  const predicted = predictions.filter((own) => own.quantity === 'half-success' && own.group === group.id);
  const suffix = group.id === 'all' ? '' : `-${group.id}`;
  const drawn: Drawn = [
    [
      'success-by-count',
      successFigure(group, 'count', reference, layout, predicted),
      countCaption(group, reference, predicted),
    ],
    [
      'success-by-share',
      group.series.length < 2 ? null : successFigure(group, 'share', null, layout),
      group.kind === 'ladder' ? CAPTIONS.share : CAPTIONS.shareOfData,
    ],
    ['success-by-documents-seen', seenFigure(group, records, layout), CAPTIONS.seen],
    ['success-by-progress', progressFigure(group, records, layout), CAPTIONS.progress],
    ['clean-loss', cleanLossFigure(group, layout), CAPTIONS.loss],
    ['near-triggers', nearTriggerFigure(group, layout), CAPTIONS.near],
  ];
  return present(drawn, suffix);
}
