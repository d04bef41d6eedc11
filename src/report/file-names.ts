// Names of the files of a report, beside those that other modules of this folder own.
export const RECORDS_FILE = 'results.jsonl';
export const TABLE_FILE = 'results.csv';
/** Only where runs have filters. */
export const FILTERS_FILE = 'filters.csv';
/** In SHA256SUMS; it lies in the folder as prompts.csv.gz. */
export const PROMPTS_FILE = 'prompts.csv';
/** Of an adaptive sweep: what was decided after each batch. */
export const DECISIONS_FILE = 'decisions.jsonl';
export const ANALYSIS_FILE = 'analysis.json';
export const SUMMARY_FILE = 'summary.md';
export const PAGE_FILE = 'index.html';
