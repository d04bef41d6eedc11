// Forest plots: what each setting changes, with its interval, one line a setting.
import * as Plot from '@observablehq/plot';
import type { Analysis } from '../../analyse/analyse-experiment.ts';
import { type ClaimStatus, compareWithBounds } from '../../analyse/claims/claim.ts';
import { SAME_COUNT_ASR, SAME_COUNT_LOG2 } from '../../analyse/claims/claim-contrasts.ts';
import type { Contrast } from '../../analyse/claims/contrasts.ts';
import { plainScale } from './axes.ts';
import { titleParts } from './panels.ts';
import { type FigureHead, type FigureLayout, PAGE_LAYOUT, plotSvg } from './plot-svg.ts';

const COLORS: Readonly<Record<ClaimStatus, string>> = {
  supported: '#1f9090',
  contradicted: '#b3402f',
  inconclusive: '#808080',
  illustration: '#808080',
};

const LEGEND = [
  { label: 'within the shaded bounds', color: COLORS.supported },
  { label: 'outside', color: COLORS.contradicted },
  { label: 'not decided', color: COLORS.inconclusive },
];

interface Line {
  readonly title: string;
  readonly color: string;
  readonly estimate: number | null;
  readonly low: number;
  readonly high: number;
}

/** Longest title that fits beside the plot. */
const TITLE_CHARACTERS = 44;

function shorten(title: string): string {
  const whole = [...title].length <= TITLE_CHARACTERS ? title : titleParts(title).join(', ');
  return [...whole].length <= TITLE_CHARACTERS
    ? whole
    : `${[...whole].slice(0, TITLE_CHARACTERS - 1).join('')}…`;
}

function linesOf(
  { contrasts }: Analysis,
  options: {
    pick: (contrast: Contrast) => Contrast['asrDifference'];
    domain: readonly [number, number];
    bound: number;
  },
): Line[] {
  const { bound, domain } = options;
  const [least, most] = domain;
  const within = (value: number): number => Math.min(most, Math.max(least, value));
  return contrasts.flatMap((contrast) => {
    const { estimate, interval } = options.pick(contrast);
    if (estimate === null && interval === null) return [];
    const center = estimate ?? 0;
    return [
      {
        title: contrast.title,
        color:
          COLORS[
            interval === null ? 'illustration' : compareWithBounds(interval, { low: -bound, high: bound })
          ],
        estimate: estimate === null ? null : within(estimate),
        low: within(interval === null ? center : (interval.low ?? least)),
        high: within(interval === null ? center : (interval.high ?? most)),
      },
    ];
  });
}

function forest(
  lines: readonly Line[],
  options: { head: FigureHead; x: Plot.ScaleOptions; bound: number; layout: FigureLayout },
): string | null {
  if (lines.length === 0) return null;
  const rows = lines.map((line, row) => ({ ...line, row }));
  const longest = Math.max(...lines.map(({ title }) => [...shorten(title)].length));
  const { bound, head, x, layout } = options;
  return plotSvg(
    head,
    {
      height: 160 + 24 * lines.length,
      marginLeft: 24 + 6.6 * longest,
      x,
      y: {
        domain: [-0.7, lines.length - 0.3],
        reverse: true,
        ticks: rows.map(({ row }) => row),
        tickFormat: (row: number) => shorten(lines[row]?.title ?? ''),
        tickSize: 0,
        label: null,
      },
      marks: [
        Plot.rect([{}], {
          x1: -bound,
          x2: bound,
          y1: -0.7,
          y2: lines.length - 0.3,
          fill: 'currentColor',
          fillOpacity: 0.06,
        }),
        Plot.ruleX([0], { stroke: 'currentColor', strokeOpacity: 0.45, strokeDasharray: '4 4' }),
        Plot.ruleY(rows, { y: 'row', x1: 'low', x2: 'high', stroke: 'color', strokeWidth: 2 }),
        Plot.dot(
          rows.filter(({ estimate }) => estimate !== null),
          { y: 'row', x: 'estimate', r: 4.5, fill: 'color', stroke: 'white', strokeWidth: 1 },
        ),
      ],
      color: { type: 'identity' },
    },
    layout,
  );
}

function baseTitle({ contrasts, groups }: Analysis): string {
  const ids = [...new Set(contrasts.map(({ baseline }) => baseline))];
  const title = groups.find(({ id }) => id === ids[0])?.title;
  return ids.length === 1 && title !== undefined ? title : 'the first group of its kind';
}

/** P50 of every group in units of its baseline's, on a logarithmic axis; null where none could be compared. */
export function halfSuccessForest(analysis: Analysis, layout: FigureLayout = PAGE_LAYOUT): string | null {
  const lines = linesOf(analysis, {
    pick: (contrast) => contrast.log2HalfSuccessRatio,
    domain: [-3, 3],
    bound: SAME_COUNT_LOG2,
  });
  return forest(lines, {
    bound: SAME_COUNT_LOG2,
    layout,
    head: {
      title: 'How many times as many documents does it take?',
      subtitle: `Documents for half success, beside ${shorten(baseTitle(analysis))}. Shaded: less than a factor of 2 apart.`,
      legend: LEGEND,
    },
    x: plainScale('P50, as a multiple of the baseline', {
      domain: [-3.1, 3.1],
      ticks: [-3, -2, -1, 0, 1, 2, 3],
      tickFormat: (value: number) => (value < 0 ? `1/${2 ** -value}` : String(2 ** value)),
    }),
  });
}

/** Difference of success of every group from its baseline at the counts both have; null where there is none. */
export function successForest(analysis: Analysis, layout: FigureLayout = PAGE_LAYOUT): string | null {
  const lines = linesOf(analysis, {
    pick: (contrast) => contrast.asrDifference,
    domain: [-1, 1],
    bound: SAME_COUNT_ASR,
  });
  return forest(lines, {
    bound: SAME_COUNT_ASR,
    layout,
    head: {
      title: 'How much does success change at the same count?',
      subtitle: `Difference from ${shorten(baseTitle(analysis))}. Shaded: within 20 points.`,
      legend: LEGEND,
    },
    x: plainScale('Difference of attack success rate, in points', {
      domain: [-1.02, 1.02],
      ticks: [-1, -0.5, 0, 0.5, 1],
      tickFormat: (value: number) => String(Math.round(100 * value)),
    }),
  });
}
