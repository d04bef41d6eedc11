// Writes everything an experiment leaves behind into one folder.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Analysis } from '../analyse/analyse-experiment.ts';
import type { Environment, ExperimentRecords } from '../analyse/experiment-records.ts';
import { removeLeftovers, writeFileAtomic } from '../core/node/atomic-file.ts';
import { CHECKSUMS_FILE, checksumsOf } from './checksums.ts';
import { MATRIX_FOLDER } from './defence-files.ts';
import { DECISIONS_FILE, FILTERS_FILE, PAGE_FILE, PROMPTS_FILE, RECORDS_FILE } from './file-names.ts';
import { makeReport } from './make-report.ts';
import { loadPngRenderer } from './node/svg-to-png.ts';
import { REFERENCE_FILE } from './reference.ts';
import { removeStaleFiles } from './stale-files.ts';
import { storedContent, storedName } from './stored-files.ts';

/** What was written. */
export interface WrittenReport {
  readonly analysis: Analysis;
  /** Paths of all files, relative to the folder; the page is the last. */
  readonly files: readonly string[];
  /** Things a person should know, e.g. why there are no PNG figures. */
  readonly messages: readonly string[];
}

/** Name of the image that is drawn of an SVG figure. */
export function imageOf(figure: string): string {
  return figure.replace(/\.svg$/, '.png');
}

/**
 * Analyses an experiment and writes results.csv, results.jsonl, prompts.csv.gz where runs hold scores of prompts, filters.csv where runs have
 * filters, matrix/ where defended runs stand beside undefended ones, analysis.json, summary.md, config.yaml, figures,
 * decisions.jsonl of an adaptive sweep, reference.json where another experiment is drawn behind its figure, SHA256SUMS of all of these, and index.html. Each
 * file is written whole or not at all. All but the footer of the page depend on the records, the config and the
 * reference alone.
 * @param folder is made if need be
 */
export async function writeReport(
  folder: string,
  input: { readonly experiment: ExperimentRecords; readonly environment: Environment },
): Promise<WrittenReport> {
  const { analysis, data, figures, page, messages } = makeReport(input);
  const renderer = await loadPngRenderer();
  const files = new Map<string, string | Uint8Array>(data);
  for (const [path, svg] of figures) {
    files.set(path, svg);
    if ('render' in renderer) files.set(imageOf(path), renderer.render(svg));
  }
  const stored = [...files.keys()].map(storedName);
  const optional = [REFERENCE_FILE, PROMPTS_FILE, DECISIONS_FILE, FILTERS_FILE];
  const known = new Set([...stored, PAGE_FILE, CHECKSUMS_FILE, ...optional.map(storedName)]);
  removeLeftovers(folder, (name) => known.has(name));
  removeLeftovers(join(folder, 'figures'), (name) => known.has(`figures/${name}`));
  removeLeftovers(join(folder, MATRIX_FOLDER), (name) => known.has(`${MATRIX_FOLDER}/${name}`));
  const left = removeStaleFiles(folder, known);
  // Gone while files change, so that a process that dies leaves no checksums of others.
  rmSync(join(folder, CHECKSUMS_FILE), { force: true });
  for (const name of optional) if (!data.has(name)) rmSync(join(folder, storedName(name)), { force: true });
  // The records first: they tell a folder of results also if the process dies before SHA256SUMS is there.
  const order = [...files.keys()].sort((a, b) => Number(b === RECORDS_FILE) - Number(a === RECORDS_FILE));
  for (const name of order)
    writeFileAtomic(join(folder, storedName(name)), storedContent(name, files.get(name) ?? ''));
  writeFileAtomic(join(folder, PAGE_FILE), page);
  // The page is not among them: its footer says which engine and Node made it, and these sums are the same anywhere.
  writeFileAtomic(join(folder, CHECKSUMS_FILE), checksumsOf(files));
  return {
    analysis,
    files: [...stored, CHECKSUMS_FILE, PAGE_FILE],
    messages: [
      ...('reason' in renderer ? [renderer.reason] : []),
      ...left.map(
        (name) =>
          `${name} is of an earlier report, which these records do not give; it was changed, so it is left`,
      ),
      ...messages,
    ],
  };
}
