// LaTeX of strangers' texts: set as they stand, without a command of their own.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeLatex, latexCell } from '../../src/export/latex/escape-latex.ts';
import { latexTable } from '../../src/export/latex/latex-table.ts';

/** Commands that escaping may leave behind; every other backslash is a stranger's. */
const OURS =
  /\\(?:textbackslash\{\}|textbraceleft\{\}|textbraceright\{\}|textasciitilde\{\}|textasciicircum\{\}|textless\{\}|textgreater\{\}|textbar\{\}|symbol\{34\}|textasciigrave\{\}|ldots\{\}|texttt\{U\+[0-9A-F]{4,6}\}|\(\\(?:alpha|times|pm)\\\)|\(-\\\)|[$&#%_])/g;

describe('escapeLatex', () => {
  it.each([
    ['\\input{/etc/passwd}', '\\textbackslash{}input\\textbraceleft{}/etc/passwd\\textbraceright{}'],
    ['100 % & $x_1^2$ #1 ~', '100 \\% \\& \\$x\\_1\\textasciicircum{}2\\$ \\#1 \\textasciitilde{}'],
    ['[2mm] * next', '{[}2mm{]} {*} next'],
    ['a -- b --- c', 'a -{}- b -{}-{}- c'],
    ['two\nlines\tand a tab', 'two lines and a tab'],
    ['α é 中 \u001b[31m', '\\(\\alpha\\) é \\texttt{U+4E2D} \\texttt{U+241B}{[}31m'],
  ])('%j', (text, expected) => {
    expect(escapeLatex(text)).toBe(expected);
  });

  it('leaves no command, brace or special character of a stranger', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        const escaped = escapeLatex(text);
        const rest = escaped.replace(OURS, '').replace(/\{[[\]*-]?\}|\{\}/g, '');
        expect(rest).not.toMatch(/[\\{}$&#%_^<>|"\n\r]/);
        expect(escaped.split('{').length).toBe(escaped.split('}').length);
      }),
      { seed: 1, numRuns: 2000 },
    );
  });
});

describe('tables', () => {
  it('write a true minus and a thin space before per cent', () => {
    expect(latexCell('-0.10 (-0.41 to 12 %)')).toBe('\\(-\\)0.10 (\\(-\\)0.41 to 12\\,\\%)');
    expect(latexCell('stories-1')).toBe('stories-1');
  });

  it('have as many cells in each row as columns, rules of booktabs, and a space between blocks', () => {
    const table = {
      name: 't',
      caption: 'A & B',
      header: ['model', 'n'],
      rows: [
        ['a & b', '1'],
        ['a & b', '2'],
        ['[c', '3'],
      ],
      textColumns: [0],
      blockColumn: 0,
    };
    expect(latexTable(table, 'x')).toBe(
      [
        '\\begin{table}',
        '  \\centering\\footnotesize\\setlength{\\tabcolsep}{4pt}',
        '  \\caption{A \\& B}',
        '  \\label{tab:x}',
        '  \\begin{tabular}{@{}lr@{}}',
        '    \\toprule',
        '    model & n \\\\',
        '    \\midrule',
        '    a \\& b & 1 \\\\',
        '    a \\& b & 2 \\\\',
        '    \\addlinespace',
        '    {[}c & 3 \\\\',
        '    \\bottomrule',
        '  \\end{tabular}',
        '\\end{table}',
        '',
      ].join('\n'),
    );
  });
});
