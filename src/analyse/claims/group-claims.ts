// All claims about one group of runs, in the order in which a report tells them.
import type { RandomStream } from '../../core/random.ts';
import { analyseDose, type DoseAnalysis } from '../fits/dose-analysis.ts';
import type { Series } from '../series.ts';
import type { Claim } from './claim.ts';
import { collapseClaims } from './claim-collapses.ts';
import { byPaperMeasure, lawClaim } from './claim-laws.ts';
import { cleanLossClaim, falseAlarmsClaim } from './claim-side-effects.ts';
import { specificityClaim } from './claim-specificity.ts';

/**
 * The claims that the runs of a group bear on; what was not measured, or cannot be compared, has no claim.
 * @param options.dose analysis of the same series
 */
export function groupClaims(
  series: readonly Series[],
  options: {
    group: string;
    kind: 'ladder' | 'dilution';
    dose: DoseAnalysis;
    /** True where there is no other group: the verdict is a claim even where no curve could be fitted. */
    isOnly: boolean;
    draws: number;
    streamOf: (...purpose: (string | number)[]) => RandomStream;
  },
): Claim[] {
  const { group, kind, dose, isOnly, draws, streamOf } = options;
  const isFitted = dose.comparison !== null;
  const paper = isFitted ? byPaperMeasure(series) : null;
  const byPaper = paper && {
    series: paper,
    dose: analyseDose(paper, { kind, draws, streamOf: (...of) => streamOf('paper', ...of) }),
  };
  return [
    isFitted || isOnly
      ? lawClaim(kind === 'ladder' ? 'count-law' : 'dilution', dose, { group, series })
      : null,
    ...collapseClaims(group, series),
    cleanLossClaim(group, series),
    falseAlarmsClaim(group, series),
    specificityClaim(group, series),
    byPaper ? lawClaim('paper-measure', byPaper.dose, { group, series: byPaper.series }) : null,
  ].filter((claim) => claim !== null);
}
