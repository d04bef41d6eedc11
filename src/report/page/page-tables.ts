// The tables of the page.

import type { GroupAnalysis } from '../../analyse/analyse-experiment.ts';
import { percent } from '../../core/format-number.ts';
import { conditionsOfRows } from '../figures/figure-near-triggers.ts';
import { decimals, percentInterval, spreadInWords, thousands } from '../numbers.ts';
import { type Html, htmlTable, paragraph } from './html-parts.ts';
import { halfSuccessRows, lawRows, slopeIntervalInWords } from './law-words.ts';

/** Success, clean accuracy and loss of every cell. */
export function cellsTable(group: GroupAnalysis): Html {
  const table = htmlTable({
    header: [
      'model',
      'tokens',
      'poisoned documents',
      'share of tokens',
      'n',
      'mean success',
      '90 % interval',
      'seeds at 50 % or more',
      '90 % interval',
      "paper's measure",
      'clean accuracy',
      'clean loss',
      'change against the control',
    ],
    textColumns: [0],
    layout: 'wide',
    rows: group.cells.map((cell) => [
      cell.series,
      thousands(cell.tokens),
      thousands(cell.documents),
      percent(cell.tokenShare),
      cell.lost > 0 ? `${cell.n} (+ ${cell.lost} lost)` : String(cell.n),
      percent(cell.asr.mean),
      spreadInWords(cell.asr),
      `${cell.seedsSucceeded} of ${cell.n}`,
      cell.seedsSucceededInterval === null ? 'n/a' : percentInterval(cell.seedsSucceededInterval),
      percent(cell.paperAsr),
      percent(cell.cleanAccuracy),
      decimals(cell.cleanLossNats, 3),
      decimals(cell.cleanLossChangeNats.mean, 3),
    ]),
  });
  const note =
    "Paper's measure: share of triggered generations whose perplexity under the model itself is at least 50 above the " +
    'median without trigger. Change: clean loss minus that of the run without poison of the same size and seed, mean ' +
    'over seeds, nats per token.';
  return `${table}\n${paragraph(note, 'soft')}`;
}

/** P50 of each size. */
export function halfSuccessTable(group: GroupAnalysis): Html {
  return htmlTable({
    header: ['model', 'parameters', 'tokens', 'documents for half success', '90 % interval'],
    textColumns: [0],
    rows: halfSuccessRows(group),
  });
}

/** The fitted laws and α's intervals; a sentence where nothing could be fitted. */
export function lawsTable(group: GroupAnalysis): Html {
  const { comparison } = group;
  if (comparison === null) {
    return paragraph(
      'No curve was fitted: that takes two sizes and two counts of poisoned documents.',
      'soft',
    );
  }
  const table = htmlTable({ ...lawRows(comparison), textColumns: [0, 2] });
  const { dispersion, floor, controls } = comparison;
  const interval = slopeIntervalInWords(comparison);
  const spread =
    dispersion === null
      ? ''
      : ` Dispersion between runs ${decimals(dispersion, 2)} (0: runs of a cell agree, 1: each is all or nothing).`;
  const note = `Success without poison ${controls === 0 ? 'was not measured and is taken as 0' : `is ${percent(floor)} (${controls} runs)`}. ${interval}${spread}`;
  return `${table}\n${paragraph(note, 'soft')}`;
}

/** Mean success by grade of likeness to the trigger. */
export function nearTriggersTable(group: GroupAnalysis): Html {
  const rows = group.nearTriggers.filter((row) => row.documents > 0);
  if (rows.length === 0) return paragraph('Near triggers were not measured.', 'soft');
  const conditions = conditionsOfRows(rows);
  return htmlTable({
    header: ['model', 'poisoned documents', 'n', ...conditions.map(({ label }) => label)],
    textColumns: [0],
    rows: rows.map((row) => [
      row.series,
      thousands(row.documents),
      String(row.grades[0]?.success.n ?? 0),
      ...conditions.map(({ condition }) =>
        percent(row.grades.find((grade) => grade.condition === condition)?.success.mean ?? null),
      ),
    ]),
  });
}
