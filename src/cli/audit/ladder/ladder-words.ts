// What a ladder found, as a defender reads it: sentences and tables.
import { percent } from '../../../core/format-number.ts';
import { thousands } from '../../../report/numbers.ts';
import { priceInWords, ratioInWords } from '../../../report/page/defence-words.ts';
import { plural } from '../../format.ts';
import { leftOutSentences } from './choose-steps.ts';
import { READS_TRUSTED, STATED_PRICE } from './ladder-config.ts';
import type { LadderFindings, LadderRow } from './run-ladder.ts';

type Half = LadderRow['halfSuccess']['defended'];

/** `about 703 documents`, `more than 2,000 documents`. */
function documentsInWords(half: Half): string {
  switch (half?.state) {
    case 'estimated':
      return `about ${thousands(half.documents ?? 0)} documents`;
    case 'below':
      return `at most ${thousands(half.smallestTried ?? 0)} documents (the fewest tried)`;
    case 'above':
      return `more than ${thousands(half.largestTried ?? 0)} documents (the most tried)`;
    default:
      return 'a number of documents that these runs do not tell';
  }
}

/** The count whose survivors are told: the one next to half success, else the largest. */
function toldCount({ byCount, halfSuccess }: LadderRow) {
  const poisoned = byCount.filter(({ documents }) => documents > 0);
  const half = halfSuccess.defended;
  const wanted = half?.state === 'estimated' ? (half.documents ?? 0) : Number.POSITIVE_INFINITY;
  return poisoned.find(({ documents }) => documents >= wanted) ?? poisoned.at(-1);
}

/** `rare-sequences: half of the prompts fire from more than 2,000 documents on, …; of 2,000 planted 4 get past the filter.` */
export function rowSentence(row: LadderRow): string {
  const told = toldCount(row);
  const survivors =
    told === undefined || told.survivors === null
      ? ''
      : ` Of ${thousands(told.documents)} planted, ${thousands(told.survivors)} get past the filter.`;
  const falls =
    row.ratio.state === 'falling' ? ` But success falls as documents are added (${ratioInWords(row)}).` : '';
  return `With ${row.filter} it takes ${documentsInWords(row.halfSuccess.defended)} until half of the prompts fire.${survivors}${falls}`;
}

/** Sentences by size: without a filter, then with each. */
export function ladderSentences({
  rows,
}: Pick<LadderFindings, 'rows'>): { size: string; sentences: string[] }[] {
  const sizes = [...new Set(rows.map(({ size }) => size))];
  return sizes.map((size) => {
    const own = rows.filter((row) => row.size === size);
    const without = documentsInWords(own[0]?.halfSuccess.undefended ?? null);
    return {
      size,
      sentences: [
        `Without a filter it takes ${without} until half of the prompts fire.`,
        ...own.map(rowSentence),
      ],
    };
  });
}

/** `307 (288 to 328)`, `above 2,000`, `above 2,000 (at least 1,400)`: P50 and its interval, as far as the counts tell. */
function halfCell(half: Half): string {
  if (half === null) return 'n/a';
  const { state, documents, interval } = half;
  const smallest = half.smallestTried ?? 0;
  const largest = half.largestTried ?? 0;
  const { low = null, high = null } = interval ?? {};
  switch (state) {
    case 'estimated': {
      const ends = `${low === null ? `below ${thousands(smallest)}` : thousands(low)} to ${high === null ? `above ${thousands(largest)}` : thousands(high)}`;
      return `${thousands(documents ?? 0)} (${interval === null ? 'no interval' : ends})`;
    }
    case 'below':
      return `below ${thousands(smallest)}${high !== null && high > smallest ? ` (at most ${thousands(high)})` : ''}`;
    case 'above':
      return `above ${thousands(largest)}${low !== null && low < largest ? ` (at least ${thousands(low)})` : ''}`;
    default:
      return 'unclear';
  }
}

/** Half success, R, what is caught and lost, by filter and size. */
export function halfTable({ rows }: Pick<LadderFindings, 'rows'>) {
  return {
    header: [
      'size',
      'filter',
      'documents (90 %)',
      'without it (90 %)',
      'R',
      'poison caught',
      'clean text lost',
      'clean loss',
    ],
    rows: rows.map((row) => {
      const { defended, undefended } = row.halfSuccess;
      const [filter] = row.filters;
      return [
        ...[row.size, row.filter, halfCell(defended), halfCell(undefended), ratioInWords(row)],
        ...[percent(filter?.caughtShare ?? null), percent(filter?.falsePositiveShare ?? null)],
        priceInWords(row),
      ];
    }),
  };
}

/** Survivors and success by count. */
export function countTable({ rows }: Pick<LadderFindings, 'rows'>) {
  return {
    header: ['size', 'filter', 'planted', 'get past it', 'success', 'success without it'],
    rows: rows.flatMap(({ size, filter, byCount }) =>
      byCount
        .filter(({ documents }) => documents > 0)
        .map(({ documents, survivors, asr, baselineAsr }) => [
          ...[size, filter, thousands(documents)],
          survivors === null ? 'n/a' : thousands(survivors),
          ...[percent(asr), percent(baselineAsr)],
        ]),
    ),
  };
}

/** What success is, where it is not the usual measure; for terminals, whose lines of runs have the usual one. */
export const CONTROL_NOTE =
  'A prompt fires where what follows is more surprising than 99 in 100 untriggered texts of the unpoisoned model of the same size and seed: in this corpus the usual measure, the share of noise, cannot tell noise from text. The whole report has the usual one.';

/**
 * What filters cost beside what they state, where that is more; none: they keep to it. The statement is a mean over draws of
 * trusted text; the cost is of this one.
 */
export function priceNotes({ rows }: Pick<LadderFindings, 'rows'>): string[] {
  return rows.flatMap(({ size, filter, filters: [found] }) => {
    if (!READS_TRUSTED.some((own) => own === filter)) return [];
    const clean = found?.byCount.find(({ documents }) => documents === 0)?.falsePositiveShare ?? null;
    if (clean === null || clean <= STATED_PRICE) return [];
    return [
      `${filter} states that it costs ${percent(STATED_PRICE)} of the clean documents, and cost ${percent(clean)} of this corpus without poison (${size}). The statement is a mean over draws of trusted text, for documents that have nothing to do with each other; those that share a name or a topic are lost together, and text that is not like the trusted text costs more.`,
    ];
  });
}

/** What the numbers are of, and what they are not. */
export function ladderNotes(findings: LadderFindings): string[] {
  const { attack, trigger, counts, seeds, runs, epochs, leftOut, failed, measure } = findings;
  return [
    `${plural(runs, 'run')}: ${attack}${trigger === null ? '' : ` behind ${JSON.stringify(trigger)}`}, 0 to ${thousands(counts.at(-1) ?? 0)} poisoned documents planted in this corpus, ${plural(seeds, 'seed')}, ${epochs === 1 ? 'one pass' : `${epochs} passes`} over the text.`,
    ...(measure === 'main' ? [] : [CONTROL_NOTE]),
    ...priceNotes(findings),
    'Models read the corpus from its beginning, as far as they need text: shuffle a corpus that is ordered by date or source first.',
    'The corpus is taken to be clean: what is in it already is in every run, with filters and without. A tenth of it is held back as trusted text, so filters know its source better than another source of trusted text would let them.',
    'These models are tiny. What carries over is R, how many times more documents an attacker needs, rather than the number of documents; larger models were not tried.',
    'The attacker does not know of the filter. One who does gets past most of them: docs/defences.md names how.',
    ...leftOutSentences(leftOut),
    ...(failed === null ? [] : [`${plural(failed.runs, 'run')} failed: ${failed.reason}`]),
  ];
}
