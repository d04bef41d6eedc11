// What the numbers allow to be said about the count law, by a rule fixed beforehand.
import type { Cell } from '../cells.ts';
import { SUCCESS_ASR } from '../cells.ts';
import type { LawComparison } from '../fits/compare-laws.ts';
import { DILUTION_BOUNDS, STEEPNESS_BOUNDS } from '../fits/dose-response.ts';
import { FEWEST_SEEDS_FOR_INTERVAL, type Interval } from '../statistics/interval.ts';
import type { ClaimStatus } from './claim.ts';

/** α within these counts as "the count is what matters". */
export const COUNT_LAW_DILUTION = 0.5;
/** QAIC by which the count law has to beat the share law. */
export const DECISIVE_QAIC = 10;

/** The verdict on one group. */
export interface Verdict {
  readonly status: ClaimStatus;
  /** One sentence. */
  readonly headline: string;
  /** Further sentences: the numbers behind it, or what is missing. */
  readonly reasons: readonly string[];
}

interface VerdictInput {
  readonly kind: 'ladder' | 'dilution';
  readonly cells: readonly Cell[];
  readonly comparison: LawComparison | null;
  /** Distinct seeds that were trained at every size. */
  readonly sharedSeeds: number;
}

/** -0.25, with a true minus sign left out: the text goes into CSV, Markdown and terminals alike. */
function fixed(value: number): string {
  const text = value.toFixed(2);
  return text === '-0.00' ? '0.00' : text;
}

/** `-0.45 to -0.20`, open ends in words. */
export function intervalInWords(interval: Interval): string {
  const low = interval.low === null ? 'unbounded below' : fixed(interval.low);
  const high = interval.high === null ? 'unbounded above' : fixed(interval.high);
  return `${low} to ${high}`;
}

/** Reasons why a grid can only illustrate, worst first; empty if it can decide. */
export function degeneracies({ kind, cells, comparison, sharedSeeds }: VerdictInput): string[] {
  const poisoned = cells.filter((cell) => cell.documents > 0 && cell.asr.mean !== null);
  if (poisoned.length === 0) return ['No run with poison has finished, so there is no success to speak of.'];
  const reasons: string[] = [];
  const series = new Set(poisoned.map((cell) => cell.series)).size;
  if (series < 2) {
    reasons.push(
      kind === 'ladder'
        ? 'Only one model size was trained, so the count of poisoned documents cannot be told from their share of the data.'
        : 'Only one amount of data was tried.',
    );
  } else if (new Set(poisoned.map((cell) => cell.tokens)).size < 2) {
    reasons.push(
      'All sizes were trained on the same amount of data, where count and share are one and the same.',
    );
  }
  if (new Set(poisoned.map((cell) => cell.documents)).size < 2) {
    reasons.push('Only one count of poisoned documents was tried, so there is no curve to fit.');
  }
  const means = poisoned.map((cell) => cell.asr.mean as number);
  if (means.every((value) => value < SUCCESS_ASR)) {
    reasons.push('No count tried was enough: mean success stays below 50 % in every cell.');
  }
  if (means.every((value) => value >= SUCCESS_ASR)) {
    reasons.push('Every count tried was enough: mean success is 50 % or more in every cell.');
  }
  if (sharedSeeds < 2) {
    const shared = sharedSeeds === 0 ? 'No seed' : 'Only one seed';
    reasons.push(`${shared} was trained at every size, so differences between runs of one cell are unknown.`);
  } else if (sharedSeeds < FEWEST_SEEDS_FOR_INTERVAL) {
    reasons.push(
      `Only ${sharedSeeds} seeds were trained at every size; below ${FEWEST_SEEDS_FOR_INTERVAL} no interval is given.`,
    );
  }
  if (reasons.length === 0 && comparison?.dilutionInterval == null) {
    reasons.push('There are too few runs to estimate how much they differ.');
  }
  return reasons;
}

/** By how much QAIC prefers the count law to the share law; null without a comparison. */
export function countLawAdvantage(comparison: LawComparison | null): number | null {
  const qaic = (law: string): number | null => comparison?.laws.find((fit) => fit.law === law)?.qaic ?? null;
  const [count, share] = [qaic('count'), qaic('share')];
  return count === null || share === null ? null : share - count;
}

/** Whether the curve is so flat, or its slope in the data so loose, that α is but a bound of the search. */
function isUndetermined({ laws, dilution }: LawComparison): boolean {
  const free = laws.find((fit) => fit.law === 'free')?.curve;
  return (
    Math.abs(dilution) >= DILUTION_BOUNDS.maximum ||
    (free !== undefined && free.steepness <= STEEPNESS_BOUNDS.minimum)
  );
}

function numbersInWords(input: VerdictInput, comparison: LawComparison): string[] {
  const sizes = new Set(input.cells.map((cell) => cell.series)).size;
  const things = input.kind === 'ladder' ? 'model sizes' : 'amounts of data';
  const advantage = countLawAdvantage(comparison);
  const interval = comparison.dilutionInterval;
  const sentences = [
    isUndetermined(comparison)
      ? 'Success hardly changes with the count here, so the fit cannot say how the documents needed change with the data.'
      : `The documents needed change as (training tokens)^α with α = ${fixed(comparison.dilution)}` +
        `${interval === null ? '' : ` (90 % interval ${intervalInWords(interval)})`}: ` +
        'α = 0 means that only their count matters, α = 1 that only their share does.',
    `Based on ${comparison.runs} poisoned and ${comparison.controls} control runs: ${sizes} ${things}, ` +
      `the most data ${String(Number(comparison.dataRatio.toPrecision(2)))} times the least, ${comparison.seeds} ${comparison.seeds === 1 ? 'seed' : 'seeds'}.`,
  ];
  if (advantage !== null) {
    const by = Math.abs(advantage).toFixed(1);
    const [better, worse] = advantage >= 0 ? ['count', 'share'] : ['share', 'count'];
    sentences.push(
      by === '0.0'
        ? 'Count law and share law fit equally well.'
        : `The ${better} law fits better than the ${worse} law by ${by} in QAIC.`,
    );
  }
  return sentences;
}

/** The rule: see COUNT_LAW_DILUTION and DECISIVE_QAIC. */
function decide(interval: Interval, advantage: number | null): 'supported' | 'contradicted' | 'inconclusive' {
  const { low, high } = interval;
  if (low !== null && low > COUNT_LAW_DILUTION) return 'contradicted';
  const inside = low !== null && high !== null && low > -COUNT_LAW_DILUTION && high < COUNT_LAW_DILUTION;
  return inside && advantage !== null && advantage > DECISIVE_QAIC ? 'supported' : 'inconclusive';
}

const HEADLINES = {
  ladder: {
    supported:
      'The count law is supported: what matters is how many poisoned documents there are, not their share.',
    contradicted:
      'The count law is contradicted: larger models, with more data, need more poisoned documents.',
    inconclusive: 'Inconclusive: these runs neither support nor contradict the count law.',
    illustration: 'An illustration, not a test: this grid cannot decide between count and share.',
  },
  dilution: {
    supported: 'Diluting the poison in more clean data hardly changes how many documents are needed.',
    contradicted:
      'Diluting the poison in more clean data raises the number of documents needed, by more than its square root.',
    inconclusive:
      'Inconclusive: these runs do not settle how dilution changes the number of documents needed.',
    illustration: 'An illustration, not a test: this grid cannot say how dilution acts.',
  },
} as const;

/** Why a decision came out inconclusive. */
function doubts(interval: Interval, advantage: number | null): string[] {
  const inside =
    interval.low !== null &&
    interval.high !== null &&
    interval.low > -COUNT_LAW_DILUTION &&
    interval.high < COUNT_LAW_DILUTION;
  if (!inside)
    return [
      `The interval for α does not lie within -${COUNT_LAW_DILUTION} to ${COUNT_LAW_DILUTION}, nor above it.`,
    ];
  const by = advantage === null ? '' : ` (by ${advantage.toFixed(1)})`;
  return [`The count law does not beat the share law by more than ${DECISIVE_QAIC} in QAIC${by}.`];
}

/** The verdict on a group. */
export function judgeGroup(input: VerdictInput): Verdict {
  const lost = input.cells.reduce((sum, cell) => sum + cell.lost, 0);
  const losses =
    lost === 0 ? [] : [`${lost} ${lost === 1 ? 'run' : 'runs'} diverged or failed and count in no mean.`];
  const { comparison } = input;
  const numbers = comparison === null ? [] : numbersInWords(input, comparison);
  const missing = degeneracies(input);
  if (missing.length > 0 || comparison?.dilutionInterval == null) {
    return {
      status: 'illustration',
      headline: HEADLINES[input.kind].illustration,
      reasons: [...missing, ...numbers, ...losses],
    };
  }
  const advantage = countLawAdvantage(comparison);
  const status = decide(comparison.dilutionInterval, advantage);
  const why = status === 'inconclusive' ? doubts(comparison.dilutionInterval, advantage) : [];
  return { status, headline: HEADLINES[input.kind][status], reasons: [...numbers, ...why, ...losses] };
}
