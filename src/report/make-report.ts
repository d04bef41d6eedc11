// Everything an experiment leaves behind, as content: what `run` and `report` write, and what `verify` makes again and
// compares. All but the footer of the page is a function of the records, the config and the reference.

import { decisionLines, summariseSweep, sweepRecord } from '../analyse/adaptive/sweep-record.ts';
import { type Analysis, analyseExperiment, type GroupAnalysis } from '../analyse/analyse-experiment.ts';
import { ANALYSIS_VERSION } from '../analyse/analysis-version.ts';
import type { Environment, ExperimentRecords } from '../analyse/experiment-records.ts';
import { byMainMeasure } from '../analyse/success-measures.ts';
import { CONFIG_FILE } from './checksums.ts';
import { defenceFiles } from './defence-files.ts';
import {
  contrastFigures,
  defenceFigures,
  type Figure,
  groupFigures,
  hasGroupFigures,
  laterFigures,
  replacedFigures,
} from './figures/figures.ts';
import { PAGE_LAYOUT, standaloneSvg } from './figures/plot-svg.ts';
import {
  ANALYSIS_FILE,
  DECISIONS_FILE,
  FILTERS_FILE,
  PROMPTS_FILE,
  RECORDS_FILE,
  SUMMARY_FILE,
  TABLE_FILE,
} from './file-names.ts';
import { filtersCsv } from './filters-csv.ts';
import { arithmeticNote } from './page/arithmetic-note.ts';
import { reportPage } from './page/report-page.ts';
import { summaryMarkdown } from './page/summary-markdown.ts';
import { promptsCsv } from './prompts-csv.ts';
import { REFERENCE_FILE, type ReferenceBand, readReference, referenceBand } from './reference.ts';
import { REPORT_VERSION } from './report-version.ts';
import { resultsCsv } from './results-csv.ts';
import { resultsJsonl } from './results-jsonl.ts';

export { ANALYSIS_FILE, PAGE_FILE, SUMMARY_FILE } from './file-names.ts';

/** Versions of the code that makes files out of records. */
export interface ReportVersions {
  readonly analysis: number;
  readonly report: number;
}

export const reportVersions: ReportVersions = { analysis: ANALYSIS_VERSION, report: REPORT_VERSION };

/** A report as content. */
export interface ReportContent {
  readonly analysis: Analysis;
  /** Data files and config.yaml by name, in the order written. */
  readonly data: ReadonlyMap<string, string>;
  /** SVG figures on a white ground, by path below the folder; a PNG is drawn of each where that can be. */
  readonly figures: ReadonlyMap<string, string>;
  readonly page: string;
  /** Things a person should know, e.g. why no reference is drawn. */
  readonly messages: readonly string[];
}

/** The bands to be drawn behind the groups, by their ids, and what is kept of the experiment that they are of. */
function openReference(path: string | undefined, groups: readonly GroupAnalysis[]) {
  const bands = new Map<string, ReferenceBand>();
  if (path === undefined) return { kept: null, bands, messages: [] };
  const reference = readReference(path);
  if ('reason' in reference) return { kept: null, bands, messages: [reference.reason] };
  for (const group of groups) {
    const band = referenceBand(reference, group);
    if (band !== null) bands.set(group.id, band);
  }
  const none = `No reference is drawn behind the figure: ${path} holds no fitted curve with an interval for these attacks.`;
  return bands.size === 0
    ? { kept: null, bands, messages: [none] }
    : { kept: reference, bands, messages: [] };
}

/** Content of analysis.json. */
function analysisJson(analysis: Analysis): string {
  return `${JSON.stringify({ ...analysis, versions: reportVersions }, null, 2)}\n`;
}

/** Makes the report of an experiment. Reads its reference, and nothing else. */
export function makeReport(input: {
  readonly experiment: ExperimentRecords;
  readonly environment: Environment;
}): ReportContent {
  const { experiment, environment } = input;
  const sweep =
    experiment.adaptive === undefined ? null : sweepRecord(experiment.adaptive, experiment.records);
  const analysis: Analysis = {
    ...analyseExperiment(experiment),
    ...(sweep === null ? {} : { adaptive: summariseSweep(sweep) }),
  };
  const shown = { ...experiment, records: experiment.records.map(byMainMeasure) };
  const note = arithmeticNote(experiment.records);
  const prompts = promptsCsv(experiment.records);
  const filters = filtersCsv(experiment.records);
  const dataFiles = new Map([
    [TABLE_FILE, resultsCsv(experiment.records)],
    ...(prompts === null ? [] : [[PROMPTS_FILE, prompts] as const]),
    ...(filters === null ? [] : [[FILTERS_FILE, filters] as const]),
    [RECORDS_FILE, resultsJsonl(experiment.records)],
    ...(sweep === null ? [] : [[DECISIONS_FILE, decisionLines(sweep)] as const]),
    [ANALYSIS_FILE, analysisJson(analysis)],
    [SUMMARY_FILE, summaryMarkdown(analysis, note)],
  ]);
  const { kept, bands, messages } = openReference(experiment.reference, analysis.groups);
  if (kept !== null) dataFiles.set(REFERENCE_FILE, `${JSON.stringify(kept, null, 2)}\n`);
  const ofGroups = new Map(
    analysis.groups.map((group): [string, readonly Figure[]] => {
      const band = bands.get(group.id) ?? null;
      if (!hasGroupFigures(analysis) || analysis.cleanRuns !== undefined) return [group.id, []];
      return [group.id, groupFigures(group, shown.records, band, PAGE_LAYOUT, analysis.predictions)];
    }),
  );
  const contrasts = contrastFigures(analysis);
  const later = laterFigures(analysis, shown.records);
  const ofDefences = defenceFigures(analysis);
  const replaced = replacedFigures(analysis);
  const matrix = analysis.defences === undefined ? [] : defenceFiles(analysis.experiment, analysis.defences);
  const drawn = [...contrasts, ...later, ...replaced, ...ofDefences, ...[...ofGroups.values()].flat()];
  return {
    analysis,
    data: new Map([...dataFiles, ...matrix, [CONFIG_FILE, experiment.configText]]),
    figures: new Map(drawn.map(({ name, svg }) => [`figures/${name}.svg`, standaloneSvg(svg)])),
    page: reportPage({
      experiment: shown,
      analysis,
      environment,
      contrasts,
      later,
      replaced,
      defences: ofDefences,
      figures: ofGroups,
      dataFiles,
    }),
    messages: [...messages, ...(note === null ? [] : [note])],
  };
}
