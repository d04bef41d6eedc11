// What of a ladder a corpus and a budget of time allow.
import { InputError } from '../../../core/errors.ts';
import { formatDuration } from '../../format.ts';
import {
  LADDER_FILTERS,
  type LadderFilter,
  type LadderScale,
  type LadderStep,
  READS_TRUSTED,
  TRUSTED_SHARE,
} from './ladder-config.ts';

/** A step that is not done, and why. */
export interface LeftOut extends LadderStep {
  readonly why: string;
}

/** What there is of the corpus. */
export interface CorpusFacts {
  readonly documents: number;
  /** Tokens that may be trained on. */
  readonly trainingTokens: number;
  /** Share of clean text that each filter is expected to remove, 0-1. */
  readonly lostShares: Readonly<Record<LadderFilter, number>>;
}

/** Poison fills at most this share of the text. */
const MOST_POISON = 0.3;
const MOST_DOCUMENTS = 2000;
/** Least number of documents of the largest count: below it there is no curve. */
const LEAST_LARGEST = 40;
const COUNTS = 5;
const MOST_EPOCHS = 4;
/** Lengths are estimated from the first documents. */
const MARGIN = 0.02;
/** The filters that read trusted text set a threshold that costs 1 % of the clean documents, and need 198 for that. */
const TRUSTED_DOCUMENTS = 240;

/** Counts of poisoned documents, each half of the next, up to what the text carries. @throws InputError where it carries none */
export function ladderCounts(dataTokens: number, meanPoisonTokens: number): number[] {
  const largest = Math.min(MOST_DOCUMENTS, Math.floor((MOST_POISON * dataTokens) / meanPoisonTokens));
  if (largest < LEAST_LARGEST)
    throw new InputError(
      `--budget: poisoned documents of about ${Math.round(meanPoisonTokens)} tokens may fill ${100 * MOST_POISON} % of ${dataTokens} tokens, which are ${largest} documents, and a curve needs ${LEAST_LARGEST}: give more text, or an attack of shorter documents`,
    );
  const counts = Array.from({ length: COUNTS }, (_, halvings) => Math.round(largest / (1 << halvings)));
  return [...new Set(counts)].sort((a, b) => a - b);
}

/**
 * Passes over the text that the smallest size needs.
 * @throws InputError where four are too few
 */
export function ladderEpochs(
  tokens: number,
  { trainingTokens }: Pick<CorpusFacts, 'trainingTokens'>,
): number {
  const epochs = Math.ceil((tokens * (1 + MARGIN)) / Math.max(1, trainingTokens));
  if (epochs > MOST_EPOCHS)
    throw new InputError(
      `--budget: the corpus has about ${trainingTokens} tokens to train on, and the smallest model needs ${tokens}, in at most ${MOST_EPOCHS} passes: give about ${Math.ceil(tokens / Math.max(1, trainingTokens) / MOST_EPOCHS)} times as much text, or audit without --budget`,
    );
  return epochs;
}

/** All steps in the order in which they are taken up: a size with all its filters, then the next. */
export function allSteps({ sizes }: Pick<LadderScale, 'sizes'>): LadderStep[] {
  return sizes.flatMap((size) => [
    { size, filter: null },
    ...LADDER_FILTERS.map((filter) => ({ size, filter })),
  ]);
}

/**
 * Which steps the text allows.
 * @throws InputError where these are without any filter
 * @param options.tokens that a size is trained on, by its name
 */
export function stepsThatFit(
  steps: readonly LadderStep[],
  facts: CorpusFacts,
  options: { readonly tokens: ReadonlyMap<string, number>; readonly epochs: number },
): { fitting: LadderStep[]; leftOut: LeftOut[] } {
  const { documents, trainingTokens, lostShares } = facts;
  const fitting: LadderStep[] = [];
  const leftOut: LeftOut[] = [];
  for (const step of steps) {
    const { size, filter } = step;
    const wanted = ((options.tokens.get(size) ?? 0) / options.epochs) * (1 + MARGIN);
    const lost = filter === null ? 0 : lostShares[filter];
    const trusted = Math.floor(TRUSTED_SHARE * documents);
    if (wanted > trainingTokens)
      leftOut.push({ ...step, why: 'the corpus has too little text for this size' });
    else if (wanted > trainingTokens * (1 - lost))
      leftOut.push({
        ...step,
        why: 'what it removes of clean text leaves too little',
      });
    else if (filter !== null && READS_TRUSTED.includes(filter) && trusted < TRUSTED_DOCUMENTS)
      leftOut.push({
        ...step,
        why: `a tenth of the corpus, ${trusted} documents, stands for trusted text, and it needs ${TRUSTED_DOCUMENTS}`,
      });
    else fitting.push(step);
  }
  if (fitting.every(({ filter }) => filter === null))
    throw new InputError(
      `--budget: no filter can be tried in this corpus (${leftOut
        .slice(0, LADDER_FILTERS.length)
        .map(({ filter, why }) => `${filter}: ${why}`)
        .join('; ')}): give more text, or audit without --budget`,
    );
  return { fitting, leftOut };
}

/** A step and how long it takes beside those before it. */
export interface PricedStep extends LadderStep {
  readonly milliseconds: number;
}

/**
 * What fits a budget: steps in their order, up to the first that does not fit.
 * @throws InputError where the smallest ladder, one size without and with one filter, does not fit
 */
export function stepsOfBudget(
  steps: readonly PricedStep[],
  budgetMs: number,
): { chosen: PricedStep[]; leftOut: LeftOut[] } {
  let spent = 0;
  let chosen = 0;
  for (const { milliseconds } of steps) {
    if (spent + milliseconds > budgetMs) break;
    spent += milliseconds;
    chosen += 1;
  }
  const smallest = steps.slice(0, 2).reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  if (chosen < 2)
    throw new InputError(
      `--budget: ${formatDuration(budgetMs)} do not hold the smallest ladder, ${steps[0]?.size} without a filter and with ${steps[1]?.filter}, which takes about ${formatDuration(smallest)}: give at least ${Math.ceil((1.1 * smallest) / 60_000)}m`,
    );
  // A size without any filter beside it says nothing of filters.
  if (steps[chosen - 1]?.filter === null) chosen -= 1;
  return {
    chosen: steps.slice(0, chosen),
    leftOut: steps
      .slice(chosen)
      .map(({ size, filter }) => ({ size, filter, why: 'the budget is too small' })),
  };
}

/** What is left out, sizes and filters of one reason together: `Left out: d48 and d64: ...` */
export function leftOutSentences(leftOut: readonly LeftOut[]): string[] {
  const named = leftOut.map(({ size, filter, why }) => {
    const own = leftOut.filter((other) => other.size === size && other.why === why);
    const isWhole = own.some((other) => other.filter === null);
    return { what: isWhole ? size : `${size} with ${filter}`, why };
  });
  const reasons = [...new Set(named.map(({ why }) => why))];
  return reasons.map((reason) => {
    const whats = named.flatMap(({ what, why }) => (why === reason ? [what] : []));
    return `Left out: ${[...new Set(whats)].join(', ')}: ${reason}.`;
  });
}
