// The matrix of defences as text: what stands in its cells, and the tables beside it.
import type { MeasuredDefence } from '../../analyse/defences/defence-cell.ts';
import type { DefenceCell, DefenceMatrix } from '../../analyse/defences/defence-matrix.ts';
import { canonicalJson } from '../../core/canonical-json.ts';
import { percent } from '../../core/format-number.ts';
import { decimals, halfSuccessIntervalInWords, halfSuccessInWords } from '../numbers.ts';

/** A table as its header and rows. */
interface Rows {
  readonly header: string[];
  readonly rows: string[][];
}

/** How the matrix is to be read. */
export const DEFENCES_NOTE =
  'R is the number of poisoned documents for half success with the defence over that without, with its 90 % interval, paired by seed where both lie ' +
  'within the counts tried; where one does not, R is only bounded on one side, or not at all. Where success falls as documents are added, R means nothing: the counts that pass are given. ' +
  'nats: clean loss with the defence minus that without, per token, at equal steps and without poison. ' +
  '† the attack was written to get past this defence; a column without † was tried against naive attacks alone. Hatched: not tested, which is not safe. ' +
  'AUROC, AUPRC: a clean document that scores the same as a poisoned one counts against the filter, so that scores that tell nothing apart have 0. ' +
  'No defence here knows which documents are poisoned. Seconds are not part of records. Each cell is a file in matrix/.';

function factor(value: number | null): string {
  return value === null ? 'n/a' : decimals(value, value < 10 ? 2 : 0);
}

/** `R 2.1 (1.7 to 2.6)`, `R > 4.0`, `falls; passes at 25, 50; at most 80 %`. */
export function ratioInWords({
  ratio,
  passingCounts,
  largestSuccess,
}: Pick<MeasuredDefence, 'ratio' | 'passingCounts' | 'largestSuccess'>): string {
  const most = largestSuccess === null ? '' : `at most ${percent(largestSuccess.asr)} success`;
  const { low, high } = ratio.interval ?? { low: null, high: null };
  switch (ratio.state) {
    case 'estimated': {
      const range = `${low === null ? 'unbounded' : factor(low)} to ${high === null ? 'unbounded' : factor(high)}`;
      return `R ${factor(ratio.factor)} (${low === null && high === null ? 'no interval' : range})`;
    }
    case 'one-sided': {
      const bounds = [low === null ? '' : `> ${factor(low)}`, high === null ? '' : `< ${factor(high)}`];
      return `R ${bounds.filter((text) => text !== '').join(' and ') || 'not bounded'}; ${most}`;
    }
    case 'falling': {
      const passing =
        passingCounts.length === 0 ? 'passes at no count' : `passes at ${passingCounts.join(', ')}`;
      return `success falls with the count: ${passing}; ${most}`;
    }
    case 'without-poison':
      return 'R means nothing: as much success without poison';
    case 'unknown':
      return `R unknown; ${most}`;
  }
}

/** `+0.004 nats (0.001 to 0.007)`. */
export function priceInWords({ cleanLossPrice }: Pick<MeasuredDefence, 'cleanLossPrice'>): string {
  const { estimate, interval } = cleanLossPrice;
  if (estimate === null) return 'price not measured';
  const sign = estimate > 0 ? '+' : '';
  const range = interval === null ? '' : ` (${decimals(interval.low, 3)} to ${decimals(interval.high, 3)})`;
  return `${sign}${decimals(estimate, 3)} nats${range}`;
}

/** The lines of a cell; none for one that is untested. */
export function cellLines({ measured, adaptive }: DefenceCell): string[] {
  if (measured === null) return [];
  return [`${ratioInWords(measured)}${adaptive ? ' †' : ''}`, priceInWords(measured)];
}

/** Cells of one row and size, by column. */
export function rowOf(
  { cells, defences }: DefenceMatrix,
  attack: string,
  size: string,
): (DefenceCell | null)[] {
  return defences.map(
    ({ title }) =>
      cells.find((cell) => cell.attack === attack && cell.size === size && cell.defence === title) ?? null,
  );
}

/** The matrix of one size as plain text. */
export function matrixRows(matrix: DefenceMatrix, size: string): Rows {
  return {
    header: ['attack', ...matrix.defences.map(({ title }) => title)],
    rows: matrix.attacks.map(({ title }) => [
      title,
      ...rowOf(matrix, title, size).map((cell) =>
        cell?.measured == null ? 'not tested' : cellLines(cell).join('; '),
      ),
    ]),
  };
}

const measuredCells = ({ cells }: DefenceMatrix) =>
  cells.flatMap((cell) => (cell.measured === null ? [] : [{ ...cell, measured: cell.measured }]));

const named = ({ sizes }: DefenceMatrix, { attack, defence, size }: DefenceCell): string[] => [
  ...[attack, defence],
  ...(sizes.length > 1 ? [size] : []),
];

const nameHeader = ({ sizes }: DefenceMatrix): string[] => [
  ...['attack', 'defence'],
  ...(sizes.length > 1 ? ['model'] : []),
];

/** Success with and without, and survivors, by count. */
export function successRows(matrix: DefenceMatrix): Rows {
  return {
    header: [
      ...nameHeader(matrix),
      'poisoned documents',
      'of them left (mean)',
      'success',
      'success undefended',
      'seeds in both',
    ],
    rows: measuredCells(matrix).flatMap((cell) =>
      cell.measured.byCount.map(({ documents, survivors, asr, baselineAsr, seeds }) => [
        ...named(matrix, cell),
        String(documents),
        decimals(survivors, 1),
        percent(asr),
        percent(baselineAsr),
        String(seeds),
      ]),
    ),
  };
}

/** P50 with and without. */
export function halfRows(matrix: DefenceMatrix): Rows {
  type Half = MeasuredDefence['halfSuccess']['defended'];
  const words = (half: Half): string[] =>
    half === null ? ['n/a', 'n/a'] : [halfSuccessInWords(half), halfSuccessIntervalInWords(half)];
  return {
    header: [
      ...nameHeader(matrix),
      'P50 with it',
      '90 % interval',
      'P50 without',
      '90 % interval',
      'largest success',
    ],
    rows: measuredCells(matrix).map((cell) => {
      const { halfSuccess, largestSuccess } = cell.measured;
      const most =
        largestSuccess === null ? 'n/a' : `${percent(largestSuccess.asr)} at ${largestSuccess.documents}`;
      return [...named(matrix, cell), ...words(halfSuccess.defended), ...words(halfSuccess.undefended), most];
    }),
  };
}

/** What filters caught; no rows where no defence is a filter. */
export function caughtRows(matrix: DefenceMatrix): Rows {
  return {
    header: [
      ...nameHeader(matrix),
      'filter',
      'clean documents removed',
      'poisoned documents caught',
      'caught at 0.1 % of clean',
      'caught at 1 % of clean',
      'AUROC',
      'AUPRC',
    ],
    rows: measuredCells(matrix).flatMap((cell) =>
      cell.measured.filters.map(({ filter, falsePositiveShare, caughtShare, roc }) => [
        ...named(matrix, cell),
        filter,
        percent(falsePositiveShare),
        percent(caughtShare),
        ...(roc === null
          ? ['no scores', 'no scores', '', '']
          : [
              ...[percent(roc.caughtAtOneInThousand), percent(roc.caughtAtOneInHundred)],
              ...[decimals(roc.auroc, 3), decimals(roc.auprc, 3)],
            ]),
      ]),
    ),
  };
}

/** Settings of an attack but for how common its trigger is in clean text. */
function besidesStealth(settings: Readonly<Record<string, string>>): string {
  return canonicalJson(
    Object.fromEntries(Object.entries(settings).filter(([path]) => !path.endsWith('.cleanShare'))),
  );
}

/** Cells beside which stand others that differ in how common the trigger is in clean text alone. */
function stealthCells(matrix: DefenceMatrix) {
  const cells = measuredCells(matrix).map((cell) => {
    const { settings, cleanShare } = matrix.attacks.find(({ title }) => title === cell.attack) ?? {
      ...{ settings: {}, cleanShare: 0 },
    };
    return { cell, cleanShare, family: `${besidesStealth(settings)}/${cell.defence}/${cell.size}` };
  });
  return cells.filter((own) =>
    cells.some((other) => other.family === own.family && other.cleanShare !== own.cleanShare),
  );
}

/** What stealth costs the attacker: the same attack and defence by how common the trigger is in clean text; no rows where that is one value. */
export function stealthRows(matrix: DefenceMatrix): Rows {
  const cells = stealthCells(matrix);
  return {
    header: [
      ...nameHeader(matrix),
      'clean documents with the trigger',
      'P50 without the defence',
      'P50 with it',
      'R',
      'caught at 1 % of clean',
    ],
    rows: matrix.defences.flatMap(({ title }) =>
      cells
        .filter(({ cell }) => cell.defence === title)
        .map(({ cell, cleanShare }) => {
          const { halfSuccess, filters } = cell.measured;
          const half = (own: MeasuredDefence['halfSuccess']['defended']) =>
            own === null ? 'n/a' : halfSuccessInWords(own);
          const roc = filters.find((own) => own.roc !== null)?.roc ?? null;
          return [
            ...named(matrix, cell),
            percent(cleanShare),
            half(halfSuccess.undefended),
            half(halfSuccess.defended),
            ratioInWords(cell.measured),
            roc === null ? 'no scores' : percent(roc.caughtAtOneInHundred),
          ];
        }),
    ),
  };
}
