// Sections of the page that are of the whole experiment, not of a group.
import type { Analysis } from '../../analyse/analyse-experiment.ts';
import { CLEAN_NOTE, cleanRows } from './clean-words.ts';
import { type Html, htmlTable, paragraph } from './html-parts.ts';
import { predictionRows, predictionSentence } from './prediction-words.ts';
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
    '<h2>Sensitivity to the measure of success</h2>',
    rowsTable(sensitivityClaimRows(sensitivity, analysis)),
    rowsTable(sensitivityHalfSuccessRows(sensitivity, analysis)),
    paragraph(SENSITIVITY_NOTE, 'soft'),
    `<details><summary>Success by threshold of the effect</summary>\n${rowsTable(thresholdRows(sensitivity, analysis))}</details>`,
  ].join('\n');
}

/** What was predicted and what was found; nothing where nothing was predicted. */
export function predictionsSection({ analysis }: SectionInput): Html {
  const { predictions } = analysis;
  if (predictions === undefined) return '';
  return [
    '<h2>Predicted and found</h2>',
    rowsTable(predictionRows(predictions, analysis)),
    paragraph(predictionSentence(predictions), 'soft'),
  ].join('\n');
}

/** Clean loss by setting and size; nothing where runs are poisoned. */
export function cleanSection({ analysis }: SectionInput): Html {
  const { cleanRuns } = analysis;
  if (cleanRuns === undefined) return '';
  const table = cleanRows(cleanRuns, analysis);
  return [
    '<h2>Clean loss</h2>',
    htmlTable({ ...table, textColumns: table.header.map((_, i) => i), layout: 'wide' }),
    paragraph(CLEAN_NOTE, 'soft'),
  ].join('\n');
}

/** What pairing with twins gains; nothing for an experiment without. */
export function twinsSection({ analysis: { twins } }: SectionInput): Html {
  if (twins === undefined) return '';
  return ['<h2>Twins</h2>', rowsTable(twinRows(twins)), paragraph(twinSentence(twins))].join('\n');
}

/** Of what the runs of each group scatter; nothing without pools of stimuli. */
export function stimuliSection({ analysis }: SectionInput): Html {
  const table = stimuliRows(analysis);
  if (table === null) return '';
  return ['<h2>Stimuli</h2>', rowsTable(table), paragraph(STIMULI_NOTE, 'soft')].join('\n');
}
