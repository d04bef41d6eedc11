// Rows that the page's and the paper's tables share: half success, and the comparison of laws (α or what else was fitted,
// QAIC, distance from the data, seeds left out).
import type { GroupAnalysis } from '../../analyse/analyse-experiment.ts';
import { intervalInWords } from '../../analyse/claims/law-sentences.ts';
import type { LawComparison } from '../../analyse/fits/compare-laws.ts';
import type { LawName } from '../../analyse/fits/law-models.ts';
import type { LawFit } from '../../analyse/fits/rank-laws.ts';
import { decimals, halfSuccessIntervalInWords, halfSuccessInWords, thousands } from '../numbers.ts';

const LAW_NAMES: Readonly<Record<LawName, string>> = {
  count: 'count law (P50 constant)',
  share: 'share law (P50 ~ D)',
  power: 'power law (P50 ~ D^α)',
  knee: 'knee in the data (P50 ~ 1 + D / D0)',
  'knee-ratio': 'knee in tokens per parameter (P50 ~ 1 + (D / N) / r0)',
  competition: 'competition (times P / (P + innocent uses))',
  'competition-power': 'competition, and P50 ~ D^α to learn',
  'competition-weight': 'competition (times P / (P + w × innocent uses)), and P50 ~ D^α to learn',
  sizes: 'no law: a curve for each',
};

/** `α = 0.34`, `D0 = 5,642,000 tokens`: what was fitted beside a place and a steepness. */
function fitted({ law, constants }: LawFit): string {
  const { dilution = null, knee = null } = constants;
  if (law === 'power') return `α = ${decimals(dilution, 2)}`;
  if (knee === null) return 'n/a';
  const rounded = Number(knee.toPrecision(3));
  return law === 'knee' ? `D0 = ${thousands(rounded)} tokens` : `r0 = ${rounded}`;
}

/** Half success of each size: model, parameters, tokens, P50, its interval. */
export function halfSuccessRows(group: GroupAnalysis): string[][] {
  return group.halfSuccess.map((half) => [
    half.series,
    thousands(half.parameters),
    thousands(half.tokens),
    halfSuccessInWords(half),
    halfSuccessIntervalInWords(half),
  ]);
}

/** Header and rows of the laws of one group. */
export function lawRows({ laws }: LawComparison): { header: string[]; rows: string[][] } {
  return {
    header: [
      'law',
      'parameters',
      'fitted',
      'QAIC above best',
      'RMSE of cell means',
      'cross-entropy of seeds left out',
      'seeds predicted best',
    ],
    rows: laws.map((fit) => [
      LAW_NAMES[fit.law],
      String(fit.parameters),
      fitted(fit),
      decimals(fit.qaicAboveBest, 1),
      decimals(fit.rmse, 3),
      decimals(fit.leftOutNats, 3),
      fit.law === 'sizes' ? 'n/a' : String(fit.seedsBest),
    ]),
  };
}

/** Where the two halves of α's interval for these sizes come from. */
export function slopeIntervalInWords({
  dilution,
  dilutionBootstrap,
  dilutionProfile,
}: LawComparison): string {
  if (dilution === null) return 'No α: half success lies within the counts tried at fewer than two sizes.';
  if (dilutionBootstrap === null || dilutionProfile === null) {
    return 'No interval for α from fewer than 5 seeds.';
  }
  return (
    `90 % interval of α by the noise of the runs: ${intervalInWords(dilutionBootstrap)} by the bootstrap over seeds, ` +
    `${intervalInWords(dilutionProfile)} by the profile likelihood; the wider is taken at each end.`
  );
}
