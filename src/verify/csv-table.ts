// The table in results.csv, read back, and compared with the table that records give.
import { resultsCsv } from '../report/results-csv.ts';
import type { RunRecord } from '../run/record.ts';

type Row = Readonly<Record<string, string>>;

/** Cells of CSV text: quoted ones may hold commas, line feeds and doubled quotes. */
function parseCells(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n|$)/gy;
  while (cell.lastIndex < text.length) {
    const match = cell.exec(text);
    // A quote where none may be: the rest is one broken cell.
    if (match === null) return rows;
    row.push(match[1] === undefined ? (match[2] ?? '') : match[1].replaceAll('""', '"'));
    if (match[3] !== ',') {
      rows.push(row);
      row = [];
    }
  }
  return rows;
}

/** Rows of a table with a header line. */
export function parseTable(text: string): { columns: readonly string[]; rows: readonly Row[] } {
  const [columns = [], ...cells] = parseCells(text);
  const rows = cells.map((row) => Object.fromEntries(columns.map((name, place) => [name, row[place] ?? ''])));
  return { columns, rows };
}

/** A cell of results.csv that is not what the records give. */
export interface CellDifference {
  /** Identity of the run in that line. */
  readonly run: string;
  /** From 1, with the header. */
  readonly line: number;
  readonly column: string;
  readonly inFile: string;
  readonly expected: string;
}

/** How results.csv differs from the table of the records. */
export interface TableDifference {
  readonly cells: readonly CellDifference[];
  /** Lines in the file and of the records, where these differ. */
  readonly lines: { readonly inFile: number; readonly expected: number } | null;
  /**
   * Columns that stand in the file in place of others. Another version of this program may have fewer columns or
   * more; some that are missing and some that are unknown at once are a header that was changed.
   */
  readonly renamed: readonly string[];
}

/** Compares results.csv with the table of the records, in the columns that both have. */
export function compareTable(csv: string, records: readonly RunRecord[]): TableDifference {
  const [found, expected] = [parseTable(csv), parseTable(resultsCsv(records))];
  const shared = expected.columns.filter((name) => found.columns.includes(name));
  const unknown = found.columns.filter((name) => !shared.includes(name));
  const renamed = shared.length === expected.columns.length ? [] : unknown;
  const lines =
    found.rows.length === expected.rows.length
      ? null
      : { inFile: found.rows.length + 1, expected: expected.rows.length + 1 };
  const cells: CellDifference[] = [];
  for (const [place, row] of expected.rows.entries()) {
    const inFile = found.rows[place];
    for (const column of inFile === undefined ? [] : shared) {
      if (inFile?.[column] === row[column]) continue;
      cells.push({
        run: row.run ?? '',
        line: place + 2,
        column,
        inFile: inFile?.[column] ?? '',
        expected: row[column] ?? '',
      });
    }
  }
  return { cells, lines, renamed };
}
