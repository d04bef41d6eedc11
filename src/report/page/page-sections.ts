// Sections of the page that are of the whole experiment, not of a group.
import type { Analysis } from '../../analyse/analyse-experiment.ts';
import type { CleanCell } from '../../analyse/clean-runs.ts';
import { cleanRows } from './clean-words.ts';
import { type Html, heading, htmlTable, paragraph } from './html-parts.ts';
import {
  SENSITIVITY_NOTE,
  sensitivityClaimRows,
  sensitivityHalfSuccessRows,
  thresholdRows,
} from './sensitivity-words.ts';
import { STIMULI_NOTE, stimuliRows } from './stimuli-words.ts';
import { twinRows, twinSentence } from './twin-words.ts';

interface SectionInput {
  readonly analysis: Analysis;
}

/** Rows of text as a table. */
export function rowsTable({ header, rows }: { header: readonly string[]; rows: readonly string[][] }): Html {
  return htmlTable({ header, rows, textColumns: header.map((_, i) => i), layout: 'stack' });
}

/** How the claims depend on the measure; nothing for runs without scores of prompts. */
export function sensitivitySection({ analysis }: SectionInput): Html {
  const { sensitivity } = analysis;
  if (sensitivity === undefined) return '';
  return [
    heading(3, 'Sensitivity to the measure of success'),
    rowsTable(sensitivityClaimRows(sensitivity, analysis)),
    rowsTable(sensitivityHalfSuccessRows(sensitivity, analysis)),
    paragraph(SENSITIVITY_NOTE, 'soft'),
    `<details><summary>Success by threshold of the effect</summary>\n${rowsTable(thresholdRows(sensitivity, analysis))}</details>`,
  ].join('\n');
}

/** Clean loss by setting and size. */
export function cleanTable(cleanRuns: readonly CleanCell[], analysis: Analysis): Html {
  const table = cleanRows(cleanRuns, analysis);
  return htmlTable({ ...table, textColumns: table.header.map((_, i) => i), layout: 'wide' });
}

/** What pairing with twins gains; nothing for an experiment without. */
export function twinsSection({ analysis: { twins } }: SectionInput): Html {
  if (twins === undefined) return '';
  return [heading(3, 'Twins'), rowsTable(twinRows(twins)), paragraph(twinSentence(twins))].join('\n');
}

/** Of what the runs of each group scatter; nothing without pools of stimuli. */
export function stimuliSection({ analysis }: SectionInput): Html {
  const table = stimuliRows(analysis);
  if (table === null) return '';
  return [heading(3, 'Stimuli'), rowsTable(table), paragraph(STIMULI_NOTE, 'soft')].join('\n');
}
