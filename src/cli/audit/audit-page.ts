// The page of an audit: what was flagged and why. Texts of the corpus are shown as they are and can do nothing.
import { percent } from '../../core/format-number.ts';
import { escapeMarkup } from '../../report/escape-markup.ts';
import { bulletList, type Html, htmlTable, paragraph } from '../../report/page/html-parts.ts';
import { PAGE_STYLE } from '../../report/page/page-style.ts';
import { plural } from '../format.ts';
import { ladderSection } from './ladder/ladder-section.ts';
import type { LadderFindings } from './ladder/run-ladder.ts';
import type { AuditFindings } from './run-audit.ts';

function excerpt(findings: AuditFindings, document: string): Html {
  const text = findings.excerpts[document];
  if (text === undefined) return '';
  return `<div class="sample"><span class="from">${escapeMarkup(document)}</span>${escapeMarkup(text)}</div>`;
}

function rulesSection(findings: AuditFindings): Html[] {
  const { rules, documents } = findings;
  const rows = rules.map(({ rule, documents: own }) => [
    rule,
    String(own),
    percent(own / Math.max(1, documents)),
  ]);
  return [
    '<h2>Rules for what is text</h2>',
    htmlTable({ header: ['rule', 'documents', 'share'], rows, textColumns: [0] }),
    ...rules
      .filter(({ examples }) => examples.length > 0)
      .map(({ rule, examples }) =>
        [
          `<details><summary>${escapeMarkup(rule)}: examples</summary>`,
          ...examples.map((document) => excerpt(findings, document)),
          '</details>',
        ].join('\n'),
      ),
  ];
}

function duplicatesSection(findings: AuditFindings): Html[] {
  const { groups, documents, largest } = findings.duplicates;
  if (groups === 0) return ['<h2>Near-duplicates</h2>', paragraph('None were found.')];
  return [
    '<h2>Near-duplicates</h2>',
    paragraph(
      `${plural(groups, 'group')} of documents that are copies of each other, or nearly: ${documents} beside the first of each.` +
        `${groups > largest.length ? ` The ${largest.length} largest are shown.` : ''}`,
    ),
    ...largest.map(({ documents: own, size, identical }) =>
      [
        `<details class="group"><summary>${plural(size, 'document')}, ${identical} of them the same word for word: ${escapeMarkup(own.join(', '))}${size > own.length ? ' …' : ''}</summary>`,
        ...own.slice(0, 2).map((document) => excerpt(findings, document)),
        '</details>',
      ].join('\n'),
    ),
  ];
}

const REASONS = {
  'followed-by-surprise': 'what follows is surprising',
  'absent-from-trusted': 'trusted text never has it',
} as const;

function sequencesSection({ sequences, surprisingShare, trustedDocuments }: AuditFindings): Html[] {
  const rows = sequences.map(
    ({ text, also, why, documents, occurrences, total, chancePowerOfTen, examples }) => [
      also.length === 0
        ? text
        : `${text} (with it: ${also.slice(0, 5).join('; ')}${also.length > 5 ? ' …' : ''})`,
      REASONS[why],
      String(documents),
      why === 'followed-by-surprise'
        ? `${occurrences} of ${Math.max(total, occurrences)}`
        : String(occurrences),
      `10^${chancePowerOfTen}`,
      examples.join(', '),
    ],
  );
  const header = ['sequence', 'why', 'documents', 'occurrences', 'chance', 'examples'];
  return [
    '<h2>Recurring rare sequences</h2>',
    paragraph(
      `Sequences of one to three words that recur, and behind which the text goes on, at least every other time, as only ${percent(surprisingShare)} of the corpus does` +
        `${trustedDocuments > 0 ? '; and sequences that recur and that trusted text never has' : ''}. That is what a trigger with a payload of noise looks like; lists and tables look like it, too.`,
    ),
    rows.length === 0
      ? paragraph('None were found beyond chance.')
      : htmlTable({ header, rows, textColumns: [0, 1, 5], layout: 'wide' }),
  ];
}

function limits({ trustedDocuments }: AuditFindings): string[] {
  return [
    'Rules are of thumb, for English: other languages lack its stop words.',
    'Near-duplicates share most sequences of five words: of pairs at the stated similarity about 40 % are found, of pairs at 0.9 over 90 %.',
    trustedDocuments > 0
      ? 'The chance of a sequence that trusted text never has assumes that both texts are of one source, and documents independent of each other: another topic looks the same as poison.'
      : 'Without trusted text (--trusted) a payload that repeats itself, such as a fixed phrase, is expected by the corpus that holds it: near-duplicates may show it, sequences do not.',
    'The chance of a sequence assumes that places in a text are independent of each other, which they are not: take it for an order.',
    'Nothing here proves that a corpus is clean. A few documents, or payloads of natural text, leave no such trace.',
  ];
}

/**
 * @param source name of the file
 * @param ladder what filters buy; null: not measured
 */
export function auditPage(findings: AuditFindings, source: string, ladder: LadderFindings | null): Html {
  const { documents, words, flagged, trustedDocuments } = findings;
  const title = `Audit of ${source}`;
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    `<title>${escapeMarkup(title)}</title><style>${PAGE_STYLE}</style></head><body><main>`,
    `<h1>${escapeMarkup(title)}</h1>`,
    '<div class="verdict">',
    paragraph(
      `${plural(flagged.length, 'document')} of ${documents} flagged (${percent(flagged.length / Math.max(1, documents))}).`,
      'headline',
    ),
    paragraph(
      `${words} words${trustedDocuments > 0 ? `, beside ${plural(trustedDocuments, 'document')} of trusted text` : ''}. flagged.jsonl names every document and why; audit.json holds what is on this page.`,
    ),
    '</div>',
    ...sequencesSection(findings),
    ...duplicatesSection(findings),
    ...rulesSection(findings),
    ...(ladder === null ? [] : ladderSection(ladder)),
    '<h2>What this can and cannot see</h2>',
    bulletList(limits(findings)),
    '</main></body></html>',
    '',
  ].join('\n');
}
