// Writes everything an experiment leaves behind into one folder.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Analysis, analyseExperiment, type GroupAnalysis } from '../analyse/analyse-experiment.ts';
import type { Environment, ExperimentRecords } from '../analyse/experiment-records.ts';
import { writeFileAtomic } from '../core/node/atomic-file.ts';
import { CHECKSUMS_FILE, CONFIG_FILE, checksumsOf } from './checksums.ts';
import { contrastFigures, type Figure, groupFigures, hasGroupFigures } from './figures/figures.ts';
import { loadPngRenderer } from './node/svg-to-png.ts';
import { arithmeticNote } from './page/arithmetic-note.ts';
import { reportPage } from './page/report-page.ts';
import { summaryMarkdown } from './page/summary-markdown.ts';
import { REFERENCE_FILE, type ReferenceBand, readReference, referenceBand } from './reference.ts';
import { resultsCsv } from './results-csv.ts';
import { resultsJsonl } from './results-jsonl.ts';

/** What was written. */
export interface WrittenReport {
  readonly analysis: Analysis;
  /** Paths of all files, relative to the folder, in the order written; the page is the last. */
  readonly files: readonly string[];
  /** Things a person should know, e.g. why there are no PNG figures. */
  readonly messages: readonly string[];
}

/** Figures as files: SVG always on a white ground, PNG where it can be rendered. */
async function writeFigures(folder: string, figures: readonly Figure[]) {
  const renderer = await loadPngRenderer();
  const files: string[] = [];
  for (const { name, svg } of figures) {
    const path = join('figures', `${name}.svg`);
    writeFileAtomic(join(folder, path), standaloneSvg(svg));
    files.push(path);
    if ('render' in renderer) {
      const image = join('figures', `${name}.png`);
      writeFileAtomic(join(folder, image), renderer.render(standaloneSvg(svg)));
      files.push(image);
    }
  }
  return { files, messages: 'reason' in renderer ? [renderer.reason] : [] };
}

/** On a white ground and in dark ink, whatever page it is put into. */
function standaloneSvg(svg: string): string {
  const start = svg.indexOf('>') + 1;
  const root = svg.slice(0, start - 1);
  return `${root} color="#1c1e22"><rect width="100%" height="100%" fill="white"/>${svg.slice(start)}`;
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

/**
 * Analyses an experiment and writes results.csv, results.jsonl, analysis.json, summary.md, config.yaml, SHA256SUMS of
 * these, figures and index.html, and reference.json where another experiment is drawn behind its figure. Each file is written whole or not at all. All but
 * the footer of the page depend on the records and the reference alone.
 * @param folder is made if need be
 */
export async function writeReport(
  folder: string,
  input: { readonly experiment: ExperimentRecords; readonly environment: Environment },
): Promise<WrittenReport> {
  const { experiment, environment } = input;
  const analysis = analyseExperiment(experiment);
  const note = arithmeticNote(experiment.records);
  const dataFiles = new Map([
    ['results.csv', resultsCsv(experiment.records)],
    ['results.jsonl', resultsJsonl(experiment.records)],
    ['analysis.json', `${JSON.stringify(analysis, null, 2)}\n`],
    ['summary.md', summaryMarkdown(analysis, note)],
  ]);
  const { kept, bands, messages } = openReference(experiment.reference, analysis.groups);
  if (kept === null) rmSync(join(folder, REFERENCE_FILE), { force: true });
  else dataFiles.set(REFERENCE_FILE, `${JSON.stringify(kept, null, 2)}\n`);
  // Gone while files change, so that a process that dies leaves no checksums of others.
  rmSync(join(folder, CHECKSUMS_FILE), { force: true });
  const written = new Map([...dataFiles, [CONFIG_FILE, experiment.configText]]);
  for (const [name, content] of written) writeFileAtomic(join(folder, name), content);
  writeFileAtomic(join(folder, CHECKSUMS_FILE), checksumsOf(written));
  const figures = new Map(
    analysis.groups.map((group) => {
      const band = bands.get(group.id) ?? null;
      const own = hasGroupFigures(analysis) ? groupFigures(group, experiment.records, band) : [];
      return [group.id, own] as const;
    }),
  );
  const contrasts = contrastFigures(analysis);
  const drawn = await writeFigures(folder, [...contrasts, ...[...figures.values()].flat()]);
  const page = reportPage({ experiment, analysis, environment, contrasts, figures, dataFiles });
  writeFileAtomic(join(folder, 'index.html'), page);
  return {
    analysis,
    files: [...written.keys(), CHECKSUMS_FILE, ...drawn.files, 'index.html'],
    messages: [...drawn.messages, ...messages, ...(note === null ? [] : [note])],
  };
}
