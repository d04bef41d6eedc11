// A table as LaTeX: booktabs, one tabular in a table environment, to be taken in with \input.
import { escapeLatex, latexCell } from './escape-latex.ts';

/** A table of texts. */
export interface TableContent {
  /** File name without ending, and the end of its label. */
  readonly name: string;
  readonly caption: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Columns of words, set flush left; all others are flush right. */
  readonly textColumns: readonly number[];
  /** Width in centimetres of columns whose words run over several lines. */
  readonly wrapped?: Readonly<Record<number, number>>;
  /** Of a ladder: the values in this column begin a new block of rows where they change. */
  readonly blockColumn?: number;
}

function columnType(table: TableContent, index: number): string {
  const width = table.wrapped?.[index];
  if (width !== undefined) return `p{${width}cm}`;
  return table.textColumns.includes(index) ? 'l' : 'r';
}

function bodyOf({ rows, blockColumn }: TableContent): string[] {
  return rows.flatMap((row, index) => {
    const before = index > 0 && blockColumn !== undefined ? rows[index - 1]?.[blockColumn] : undefined;
    const isNewBlock = before !== undefined && blockColumn !== undefined && before !== row[blockColumn];
    return [...(isNewBlock ? ['    \\addlinespace'] : []), `    ${row.map(latexCell).join(' & ')} \\\\`];
  });
}

/** A table environment with booktabs rules. Strings are escaped; wide ones are set across both columns. */
export function latexTable(table: TableContent, label: string): string {
  const { caption, header } = table;
  const environment = header.length > 5 || table.wrapped !== undefined ? 'table*' : 'table';
  const columns = header.map((_, index) => columnType(table, index)).join('');
  const lines = [
    `\\begin{${environment}}`,
    '  \\centering\\footnotesize\\setlength{\\tabcolsep}{4pt}',
    `  \\caption{${escapeLatex(caption)}}`,
    `  \\label{tab:${label}}`,
    `  \\begin{tabular}{@{}${columns}@{}}`,
    '    \\toprule',
    `    ${header.map(latexCell).join(' & ')} \\\\`,
    '    \\midrule',
    ...bodyOf(table),
    '    \\bottomrule',
    '  \\end{tabular}',
    `\\end{${environment}}`,
  ];
  return `${lines.join('\n')}\n`;
}
