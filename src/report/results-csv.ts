// results.csv: tidy, one row per run, checkpoint and condition, in plan order.
import { stringify } from 'csv-stringify/sync';
import { varyingLabels } from '../analyse/varying-labels.ts';
import { plantedDocuments } from '../config/poisons.ts';
import type { CheckpointRecord, ConditionRecord, RunRecord } from '../run/record.ts';

type Value = string | number | boolean | null | undefined;
type Row = Record<string, Value>;

/** Spreadsheets run text that starts with one of these as a formula. */
const FORMULA_START = /^[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/;

/** Text is kept from being a formula by a leading apostrophe; numbers stay numbers; what is not finite is empty. */
function cell(value: Value): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  const text = value.replaceAll('\u0000', '\ufffd').replaceAll('\r', ' ');
  return FORMULA_START.test(value) ? `'${text}` : text;
}

function runCells(record: RunRecord): Row {
  const { config, poison } = record;
  const sum = (pick: (item: RunRecord['poison'][number]) => number): number =>
    poison.reduce((total, item) => total + pick(item), 0);
  return {
    run: record.id,
    status: record.status,
    error: record.error,
    seed: config.seed,
    width: config.model.width,
    layers: config.model.layers,
    parameters: record.parameters,
    tokens: config.phases.reduce((total, phase) => total + phase.tokens, 0),
    attack: [...new Set(poison.map((item) => item.attack))].join(' '),
    poison_documents: plantedDocuments(config.phases),
    poison_tokens: sum((item) => item.poisonedTokens),
    poison_token_share: poison.length === 1 ? poison[0]?.poisonTokenShare : poison.length === 0 ? 0 : null,
    poison_document_share:
      poison.length === 1 ? poison[0]?.poisonDocumentShare : poison.length === 0 ? 0 : null,
  };
}

function checkpointColumns(checkpoint: CheckpointRecord | undefined): Row {
  return {
    phase: checkpoint?.phase,
    checkpoint: checkpoint?.checkpoint,
    full: checkpoint?.full,
    optimizer_step: checkpoint?.optimizerStep,
    tokens_trained: checkpoint?.tokensTrained,
    phase_progress: checkpoint?.phaseProgress,
    poisoned_documents_seen: checkpoint?.poisonedDocumentsSeen,
    poison_exposures: checkpoint?.poisonExposures,
    train_loss_nats: checkpoint?.trainLossNats,
    clean_loss_nats: checkpoint?.cleanLossNats,
    threshold_nats: checkpoint?.thresholdNats,
  };
}

function conditionColumns(condition: ConditionRecord | undefined): Row {
  return {
    condition: condition?.condition,
    prompts: condition?.prompts,
    success_share: condition?.successShare,
    successes: condition?.successes,
    paper_success_share: condition?.paperSuccessShare,
    self_nats: condition?.selfNats,
    judge_nats: condition?.judgeNats,
    normalised_gap: condition?.normalisedGap,
    first_token_entropy_nats: condition?.firstTokenEntropyNats,
    distinct_1: condition?.distinct1,
    repetition: condition?.repetition,
    greedy_exact_match: condition?.greedyExactMatch,
    first_target_token_probability: condition?.firstTargetTokenProbability,
  };
}

/** Columns of evaluation contract 2. */
function effectColumns(condition: ConditionRecord | undefined): Row {
  return {
    effect_mean: condition?.effect?.mean,
    effect_above_quarter: condition?.effect?.aboveQuarter,
    effect_above_half: condition?.effect?.aboveHalf,
    effect_above_three_quarters: condition?.effect?.aboveThreeQuarters,
  };
}

function hasEffects(record: RunRecord): boolean {
  return record.checkpoints.some(({ conditions }) => conditions.some(({ effect }) => effect !== undefined));
}

/** A table as CSV with LF line ends; text in it cannot act as a formula. */
export function csvTable(rows: readonly (readonly Value[])[]): string {
  return stringify(
    rows.map((row) => row.map(cell)),
    { record_delimiter: 'unix' },
  );
}

/** One row per condition of each checkpoint; a run without any still has one, so that none is lost. */
function rowsOf(record: RunRecord, labels: Row, withEffects: boolean): Row[] {
  const run = { ...runCells(record), ...labels };
  const end = { weights_sha256: record.weightsHash, arithmetic: record.arithmetic };
  const checkpoints = record.checkpoints.length === 0 ? [undefined] : record.checkpoints;
  const rows = checkpoints.flatMap((checkpoint) => {
    const conditions =
      checkpoint === undefined || checkpoint.conditions.length === 0 ? [undefined] : checkpoint.conditions;
    return conditions.map((condition) => ({ checkpoint, condition }));
  });
  return rows.map(({ checkpoint, condition }) => ({
    ...run,
    ...checkpointColumns(checkpoint),
    ...conditionColumns(condition),
    ...(withEffects ? effectColumns(condition) : {}),
    ...end,
  }));
}

function tableOf(records: readonly RunRecord[]): { columns: string[]; rows: Row[] } {
  const labels = varyingLabels(records.map((record) => record.config));
  const paths = [...new Set(labels.flatMap((own) => Object.keys(own)))];
  const withEffects = records.some(hasEffects);
  const rows = records.flatMap((record, i) => {
    const own = Object.fromEntries(paths.map((path) => [path, labels[i]?.[path]]));
    return rowsOf(record, own, withEffects);
  });
  return { columns: Object.keys(rows[0] ?? { run: '', status: '' }), rows };
}

/** The columns of `resultsCsv`, in their order. */
export function resultsColumns(records: readonly RunRecord[]): string[] {
  return tableOf(records).columns;
}

/**
 * The table of all measurements. Settings that the experiment varies beyond size, count and seed get a column
 * each, named by their path; effects have columns where some run is of evaluation contract 2. Not finite is empty, with `status` to tell why; text cannot act as a formula.
 * @param records in plan order, which the rows keep
 * @returns CSV with a header line and LF line ends
 */
export function resultsCsv(records: readonly RunRecord[]): string {
  const { columns, rows } = tableOf(records);
  return csvTable([columns, ...rows.map((row) => columns.map((column) => row[column]))]);
}
