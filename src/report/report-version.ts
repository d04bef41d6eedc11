/**
 * Version of how an analysis is shown: results.csv, summary.md, figures and page. Raise it by one in the change that
 * makes the same analysis look otherwise, a word or a colour included. `verify` makes these files again for results of
 * this version and compares; those of a smaller one it calls older.
 */
export const REPORT_VERSION = 14;
