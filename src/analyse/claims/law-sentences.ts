// The numbers behind a verdict as sentences: α twice, P50 from the least data to the most, and which law fits.
import type { LawComparison } from '../fits/compare-laws.ts';
import type { LawName } from '../fits/law-models.ts';
import type { Interval } from '../statistics/interval.ts';

/** -0.25, two decimals, never -0.00. The text goes into CSV, Markdown and terminals alike. */
export function fixed(value: number): string {
  const text = value.toFixed(2);
  return text === '-0.00' ? '0.00' : text;
}

/** Two digits that count: 24, 5.6. */
function digits(value: number): string {
  return String(Number(value.toPrecision(2)));
}

/** `-0.45 to -0.20`, open ends as words. */
export function intervalInWords(interval: Interval): string {
  const low = interval.low === null ? 'unbounded below' : fixed(interval.low);
  const high = interval.high === null ? 'unbounded above' : fixed(interval.high);
  return `${low} to ${high}`;
}

const LAWS: Readonly<Record<Exclude<LawName, 'sizes'>, string>> = {
  count: 'count law',
  share: 'share law',
  power: 'power law',
  knee: 'knee in the data',
  'knee-ratio': 'knee in tokens per parameter',
  competition: 'competition with innocent uses',
  'competition-power': 'competition and a power law',
  'competition-weight': 'competition with a weight of its own and a power law',
};

/** A slope whose interval leaves 0 out is told as such, whatever the verdict. */
function slopeSentence({ dilution, dilutionInterval }: LawComparison): string {
  const sentence = `The documents needed change as (training tokens)^α with α = ${fixed(dilution ?? 0)}`;
  const meaning = ': α = 0 means that only their count matters, α = 1 that only their share does.';
  if (dilutionInterval === null) return sentence + meaning;
  const { low, high } = dilutionInterval;
  const isClear = (low !== null && low > 0) || (high !== null && high < 0);
  const clear = isClear ? ' For these runs the slope is clearly not zero.' : '';
  return `${sentence} (90 % interval ${intervalInWords(dilutionInterval)}, noise of the runs only)${meaning}${clear}`;
}

function newSizesSentence({ dilutionForNewSizes: found }: LawComparison, things: string): string[] {
  if (found === null) return [];
  return [
    `For new ${things} α = ${fixed(found.estimate)} (90 % interval ${intervalInWords(found.interval)}): ` +
      `the ${found.sizes} tried scatter about the line by ${found.scatter.toFixed(3)} decades beyond the noise of their runs.`,
  ];
}

function endRatioSentence({ endRatio }: LawComparison): string[] {
  if (endRatio === null) return [];
  const { estimate, interval, dataRatio } = endRatio;
  const range = interval === null ? '' : ` (90 % interval ${intervalInWords(interval)})`;
  return [`With ${digits(dataRatio)} times the data P50 is ${fixed(estimate)} times as high${range}.`];
}

/** Laws by QAIC, best first. */
export function rankingSentence({ laws }: Pick<LawComparison, 'laws'>): string[] {
  const ranked = laws
    .flatMap(({ law, qaic }) => (law === 'sizes' || qaic === null ? [] : [{ name: LAWS[law], qaic }]))
    .sort((a, b) => a.qaic - b.qaic);
  const [best, ...others] = ranked;
  if (best === undefined || others.length === 0) return [];
  const behind = others.map(({ name, qaic }) => `${name} ${(qaic - best.qaic).toFixed(1)} behind`);
  return [`Laws by QAIC: ${best.name} best, ${behind.join(', ')}.`];
}

/** @param things `sizes` or `amounts of data` */
export function lawSentences(comparison: LawComparison, things: string): string[] {
  const { dilution, sizes, sizesWithHalfSuccess, runs, controls, dataRatio, seeds } = comparison;
  const basis =
    `Based on ${runs} poisoned and ${controls} control runs: ${sizes} ${things}, ` +
    `the most data ${digits(dataRatio)} times the least, ${seeds} ${seeds === 1 ? 'seed' : 'seeds'}.`;
  if (dilution === null) {
    const where = sizesWithHalfSuccess === 0 ? 'none' : 'one';
    return [
      `No α: half success lies within the counts tried at ${where} of ${sizes} ${things}, and a slope needs two.`,
      basis,
    ];
  }
  return [
    slopeSentence(comparison),
    ...newSizesSentence(comparison, things),
    ...endRatioSentence(comparison),
    ...rankingSentence(comparison),
    basis,
  ];
}
