// Text of unknown origin as LaTeX: it is set as it stands, and nothing in it is a command.
import { visibleText } from '../../core/inert-text.ts';

const COMMANDS: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  // Not \{ and \}: BibTeX counts braces, whatever stands before them.
  '{': '\\textbraceleft{}',
  '}': '\\textbraceright{}',
  $: '\\$',
  '&': '\\&',
  '#': '\\#',
  '%': '\\%',
  _: '\\_',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '<': '\\textless{}',
  '>': '\\textgreater{}',
  '|': '\\textbar{}',
  '"': '\\symbol{34}',
  '`': '\\textasciigrave{}',
  // At the beginning of a row both belong to the end of the one before: \\[2mm], \\*.
  '[': '{[}',
  ']': '{]}',
  '*': '{*}',
  '\n': ' ',
  '\t': ' ',
};

/** Characters beyond ASCII that our own words use; with any others their code is printed, as no font has them all. */
const SYMBOLS: Readonly<Record<string, string>> = {
  α: '\\(\\alpha\\)',
  '−': '\\(-\\)',
  '×': '\\(\\times\\)',
  '±': '\\(\\pm\\)',
  '…': '\\ldots{}',
  '–': '--',
  '—': '---',
  '“': '``',
  '”': "''",
  '‘': '`',
  '’': "'",
  '\u00a0': '~',
};

/** Letters of Latin-1, which every TeX of the last decade knows in UTF-8. */
const isLatin = (character: string) => /^[À-ÖØ-öø-ÿ]$/.test(character);

function symbolOf(character: string): string {
  const symbol = SYMBOLS[character];
  if (symbol !== undefined) return symbol;
  if (isLatin(character)) return character;
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return `\\texttt{U+${code}}`;
}

/** Text for LaTeX: visible, in one line, without any command of its own. */
export function escapeLatex(text: string): string {
  const plain = visibleText(text.replace(/\r\n?/g, '\n'));
  return [...plain]
    .map((character, index, all) => {
      // -- and ,, would be set as one sign.
      const isDoubled = (character === '-' || character === ',') && all[index - 1] === character;
      if (isDoubled) return `{}${character}`;
      return character.charCodeAt(0) < 128 ? (COMMANDS[character] ?? character) : symbolOf(character);
    })
    .join('');
}

/** A cell of our own words and numbers: as `escapeLatex`, with a true minus and a thin space before a per cent sign. */
export function latexCell(text: string): string {
  return escapeLatex(text)
    .replace(/(^|[\s(])-(?=[\d.])/g, '$1\\(-\\)')
    .replace(/(\d) \\%/g, '$1\\,\\%');
}
