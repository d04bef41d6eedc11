/**
 * Version of what is computed from records: analysis.json, and the words and claims made of it. Raise it by one in the
 * change that makes the same records give another analysis. `verify` makes the analysis of results of this version
 * again and compares; results of a smaller one it calls older.
 */
export const ANALYSIS_VERSION = 10;
