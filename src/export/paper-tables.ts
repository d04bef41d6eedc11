// The tables of a paper: fewer columns than the report's, so that each fits a page.
import type { Analysis, GroupAnalysis } from '../analyse/analyse-experiment.ts';
import type { Estimate } from '../analyse/cells.ts';
import { percent } from '../core/format-number.ts';
import { decimals, spreadInWords, thousands } from '../report/numbers.ts';
import { claimMatrix, claimRows, contrastRows } from '../report/page/claim-words.ts';
import { halfSuccessRows, lawRows } from '../report/page/law-words.ts';
import type { TableContent } from './latex/latex-table.ts';

function withSpread(estimate: Estimate): string {
  return estimate.mean === null ? 'n/a' : `${percent(estimate.mean)} (${spreadInWords(estimate)})`;
}

/** Where it is said of which runs a table is; nothing for an experiment of one group. */
function ofGroup({ title }: GroupAnalysis): string {
  return title === '' ? '' : ` Runs: ${title}.`;
}

function successTable(group: GroupAnalysis, suffix: string): TableContent {
  return {
    name: `success${suffix}`,
    caption:
      'Attack success rate (ASR) by model and poisoned documents: mean over seeds with its 90 % interval, or the range ' +
      'where there are fewer than 5 seeds; seeds with an ASR of at least 50 %; held-out clean loss in nats per token, and ' +
      `its change against the run without poison of the same size and seed.${ofGroup(group)}`,
    header: ['model', 'tokens', 'documents', 'of tokens', 'n', 'ASR', 'seeds', 'clean loss', 'change'],
    textColumns: [0],
    blockColumn: 0,
    rows: group.cells.map((cell) => [
      cell.series,
      thousands(cell.tokens),
      thousands(cell.documents),
      percent(cell.tokenShare),
      cell.lost > 0 ? `${cell.n} (+ ${cell.lost} lost)` : String(cell.n),
      withSpread(cell.asr),
      `${cell.seedsSucceeded} of ${cell.n}`,
      decimals(cell.cleanLossNats, 3),
      decimals(cell.cleanLossChangeNats.mean, 3),
    ]),
  };
}

function halfSuccessTable(group: GroupAnalysis, suffix: string): TableContent {
  return {
    name: `half-success${suffix}`,
    caption: `Poisoned documents for an attack success rate of 50 % (P50), with 90 % interval.${ofGroup(group)}`,
    header: ['model', 'parameters', 'tokens', 'P50', '90 % interval'],
    textColumns: [0],
    rows: halfSuccessRows(group),
  };
}

function lawsTable(group: GroupAnalysis, suffix: string): TableContent[] {
  const { comparison } = group;
  if (comparison === null) return [];
  return [
    {
      name: `laws${suffix}`,
      caption:
        'Laws for the number of poisoned documents needed, fitted to all sizes together: P50 half success, D training ' +
        `tokens.${ofGroup(group)}`,
      ...lawRows(comparison),
      textColumns: [0, 2],
      wrapped: { 0: 3.6, 3: 1.5, 4: 1.5, 5: 1.8, 6: 1.6 },
    },
  ];
}

function claimsTable(analysis: Analysis, group: GroupAnalysis, suffix: string): TableContent[] {
  const own = analysis.claims.filter((claim) => claim.group === group.id);
  if (own.length === 0) return [];
  return [
    {
      name: `claims${suffix}`,
      caption: `Claims that the runs bear on, each with the bounds that were set for it.${ofGroup(group)}`,
      ...claimRows(own),
      textColumns: [0, 1, 2, 3, 4],
      wrapped: { 0: 4.4, 2: 3.3, 3: 1.8, 4: 1.8 },
    },
  ];
}

/** Tables that set the groups of an experiment side by side; none for an experiment of one group. */
function overviewTables(analysis: Analysis): TableContent[] {
  if (analysis.groups.length < 2) return [];
  const matrix = claimMatrix(analysis);
  const contrasts = contrastRows(analysis);
  return [
    {
      name: 'claims-by-group',
      caption: 'Claims by group of runs, with estimates.',
      ...matrix,
      textColumns: matrix.header.map((_, index) => index),
      wrapped: Object.fromEntries(
        matrix.header.map((_, index) => [
          index,
          index === 0 ? 3.4 : Math.min(2, Math.floor(112 / (matrix.header.length - 1)) / 10),
        ]),
      ),
    },
    ...(analysis.contrasts.length === 0
      ? []
      : [
          {
            name: 'contrasts',
            caption: 'What each setting changes: P50 as a multiple of the baseline, success in points.',
            ...contrasts,
            textColumns: [0, 1],
            wrapped: { 0: 3.8 },
          },
        ]),
  ];
}

/** All tables of an experiment, in the order of the report. */
export function paperTables(analysis: Analysis): TableContent[] {
  return [
    ...overviewTables(analysis),
    ...analysis.groups.flatMap((group) => {
      const suffix = group.id === 'all' ? '' : `-${group.id}`;
      return [
        successTable(group, suffix),
        halfSuccessTable(group, suffix),
        ...lawsTable(group, suffix),
        ...claimsTable(analysis, group, suffix),
      ];
    }),
  ];
}
