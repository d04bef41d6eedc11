// Names of the files of a report, beside those that other modules of this folder own.
export const RECORDS_FILE = 'results.jsonl';
export const TABLE_FILE = 'results.csv';
export const ANALYSIS_FILE = 'analysis.json';
export const SUMMARY_FILE = 'summary.md';
export const PAGE_FILE = 'index.html';
