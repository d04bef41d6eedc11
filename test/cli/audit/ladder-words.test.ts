import { describe, expect, test } from 'vitest';
import { ladderSection } from '../../../src/cli/audit/ladder/ladder-section.ts';
import {
  countTable,
  halfTable,
  ladderNotes,
  ladderSentences,
  rowSentence,
} from '../../../src/cli/audit/ladder/ladder-words.ts';
import type { LadderFindings, LadderRow } from '../../../src/cli/audit/ladder/run-ladder.ts';

const interval = (low: number | null, high: number | null) => ({ low, high, level: 0.9 });
const half = (documents: number) => ({
  ...{ state: 'estimated' as const, documents, interval: interval(documents / 2, documents * 2) },
  ...{ smallestTried: 125, largestTried: 2000 },
});
const beyond = (state: 'above' | 'below' | 'unclear') => ({
  ...{ state, documents: null, interval: null, smallestTried: 125, largestTried: 2000 },
});
const count = (documents: number, survivors: number) => ({
  ...{ documents, survivors, seeds: 5, asr: 0.25, baselineAsr: 0.75, difference: -0.5 },
  interval: null,
});
const row: LadderRow = {
  ...{ size: 'd24', parameters: 26352, tokens: 527_040, filter: 'quality-rules' },
  halfSuccess: { defended: half(1054.2), undefended: half(703) },
  ratio: { state: 'estimated', factor: 1.5, interval: interval(1.2, 1.9) },
  byCount: [count(0, 0), count(1000, 667), count(2000, 1334)],
  filters: [
    {
      filter: 'quality-rules',
      runs: 5,
      falsePositiveShare: 0.004,
      caughtShare: 0.333,
      roc: null,
      byCount: [],
    },
  ],
  cleanLossPrice: { estimate: 0.004, interval: interval(0.001, 0.007) },
  ...{ passingCounts: [2000], largestSuccess: { documents: 2000, asr: 0.75 } },
};
const above: LadderRow = {
  ...row,
  filter: 'rare-sequences',
  halfSuccess: { defended: beyond('above'), undefended: half(703) },
  ratio: { state: 'one-sided', factor: null, interval: interval(2.8, null) },
  byCount: [count(1000, 4), count(2000, 3)],
};
const findings: LadderFindings = {
  ...{
    attack: 'denial-of-service',
    trigger: '<SUDO>',
    measure: 'control',
    counts: [1000, 2000],
    seeds: 5,
    runs: 45,
    epochs: 1,
  },
  rows: [row, above],
  leftOut: [{ size: 'd32', filter: null, why: 'the budget is too small' }],
  failed: { runs: 1, reason: 'no <b>memory</b>' },
};

describe('what a ladder found, in sentences', () => {
  test('says what half success takes without a filter and with each, and how many documents get past', () => {
    expect(ladderSentences(findings)).toEqual([
      {
        size: 'd24',
        sentences: [
          'Without a filter it takes about 703 documents until half of the prompts fire.',
          'With quality-rules it takes about 1,054 documents until half of the prompts fire. Of 2,000 planted, 1,334 get past the filter.',
          'With rare-sequences it takes more than 2,000 documents (the most tried) until half of the prompts fire. Of 2,000 planted, 3 get past the filter.',
        ],
      },
    ]);
  });

  test('says where nothing can be told, and where success falls', () => {
    const unclear = { ...row, halfSuccess: { defended: beyond('unclear'), undefended: beyond('below') } };
    expect(rowSentence(unclear)).toMatch(/takes a number of documents that these runs do not tell until/);
    expect(ladderSentences({ rows: [unclear] })[0]?.sentences[0]).toMatch(
      /at most 125 documents \(the fewest tried\)/,
    );
    const falls: LadderRow = { ...row, ratio: { state: 'falling', factor: null, interval: null } };
    expect(rowSentence(falls)).toMatch(/success falls as documents are added.*passes at 2000/);
  });

  test('tables have a row a filter, and a row a count without that of no poison', () => {
    expect(halfTable(findings).rows[0]).toEqual([
      ...['d24', 'quality-rules', '1,054 (527 to 2,108)', '703 (352 to 1,406)', 'R 1.50 (1.20 to 1.90)'],
      ...['33 %', '0.4 %', '+0.004 nats (0.001 to 0.007)'],
    ]);
    expect(countTable(findings).rows.map(([, filter, documents]) => [filter, documents])).toEqual([
      ['quality-rules', '1,000'],
      ['quality-rules', '2,000'],
      ['rare-sequences', '1,000'],
      ['rare-sequences', '2,000'],
    ]);
  });

  test('half success beyond the counts is said once, and its interval only where it says more', () => {
    const cells = (defended: LadderRow['halfSuccess']['defended']) =>
      halfTable({ rows: [{ ...row, halfSuccess: { defended, undefended: null } }] }).rows[0]?.slice(2, 4);
    const beside = (state: 'above' | 'below', low: number | null, high: number | null) => ({
      ...beyond(state),
      interval: interval(low, high),
    });
    expect(cells(beside('above', 2000, null))).toEqual(['above 2,000', 'n/a']);
    expect(cells(beside('above', 1400, null))).toEqual(['above 2,000 (at least 1,400)', 'n/a']);
    expect(cells(beside('below', null, 125))).toEqual(['below 125', 'n/a']);
    expect(cells(beside('below', null, 160))).toEqual(['below 125 (at most 160)', 'n/a']);
    expect(cells({ ...half(1500), interval: interval(null, null) })?.[0]).toBe(
      '1,500 (below 125 to above 2,000)',
    );
  });

  test('a filter that costs more clean text than it states is named, with both shares; one that keeps to it is not', () => {
    const costing = (falsePositiveShare: number): LadderRow => {
      const summary = { runs: 5, falsePositiveShare, caughtShare: null, roc: null };
      const found = { ...summary, filter: 'rare-sequences', falsePositiveShare: 0.5 };
      return { ...above, filters: [{ ...found, byCount: [{ ...summary, documents: 0, curve: null }] }] };
    };
    expect(ladderNotes({ ...findings, rows: [costing(0.036)] }).join(' ')).toMatch(
      /rare-sequences states that it costs 1 % of the clean documents, and cost 3.6 % of this corpus without poison \(d24\)/,
    );
    expect(ladderNotes({ ...findings, rows: [costing(0.01)] }).join(' ')).not.toMatch(/states that it costs/);
    // rules state no price
    expect(
      ladderNotes({ ...findings, rows: [{ ...costing(0.2), filter: 'quality-rules' }] }).join(' '),
    ).not.toMatch(/states that it costs/);
  });

  test('the section says what was left out and failed, and shows texts that can do nothing', () => {
    expect(ladderNotes(findings)).toContain('Left out: d32: the budget is too small.');
    expect(ladderNotes(findings).join(' ')).toMatch(/99 in 100 untriggered texts of the unpoisoned model/);
    expect(ladderNotes({ ...findings, measure: 'main' }).join(' ')).not.toMatch(/untriggered/);
    const html = ladderSection(findings).join('\n');
    expect(html).toContain('1 run failed: no &lt;b&gt;memory&lt;/b&gt;');
    expect(html).toContain('&lt;SUDO&gt;');
    expect(html).not.toMatch(/<SUDO>|<b>/);
  });
});
