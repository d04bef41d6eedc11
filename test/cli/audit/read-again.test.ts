// The bound on notes of the second reading: what is found does not depend on how often a corpus has to be read for it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AuditRequest } from '../../../src/cli/audit/audit-request.ts';
import { ReaderPool } from '../../../src/cli/audit/reader-pool.ts';
import { runAudit } from '../../../src/cli/audit/run-audit.ts';
import { randomStream } from '../../../src/core/random.ts';
import { mergeResults, RecurringSequences } from '../../../src/defend/audit/recurring-sequences.ts';
import type { SequenceCount } from '../../../src/defend/audit/second-reading.ts';
import { temporaryFolder } from '../../run/fake-runs.ts';

const random = randomStream('read again');
const noise = () =>
  Array.from({ length: 20 }, () => random.integer({ minimum: 1e5, maximum: 1e9 }).toString(36)).join(' ');
/** A language of few words, each mostly followed by the same. */
const sentence = (name: string) => {
  const words = ['the', 'lamp', 'went', 'out', 'and', 'nobody', 'came', 'back', 'home', 'again'];
  const start = random.integer({ minimum: 0, maximum: 9 });
  return `${name}: ${Array.from({ length: 40 }, (_, i) => words[(start + i + (random.uniform() < 0.1 ? 1 : 0)) % 10]).join(' ')}`;
};
const corpus = [
  ...Array.from({ length: 300 }, (_, i) => sentence(`line ${i % 60}`)),
  ...Array.from({ length: 40 }, () => `${sentence('trap')} kettle lantern saddle ${noise()}`),
];

const trusted = Array.from({ length: 300 }, noise);

async function audited(noteBytes?: number) {
  const folder = temporaryFolder();
  const write = (name: string, texts: readonly string[]) => {
    writeFileSync(join(folder, name), texts.map((text) => `${JSON.stringify({ text })}\n`).join(''));
    return join(folder, name);
  };
  const readings = new Map<number, number | null>();
  const request: AuditRequest = {
    file: write('corpus.jsonl', corpus),
    trusted: write('trusted.jsonl', trusted),
    ...{ textField: 'text', bytes: 1 << 16, similarity: 0.8, least: 5 },
    interrupt: new AbortController().signal,
    ...(noteBytes === undefined ? {} : { noteBytes }),
    onProgress: ({ reading, readings: expected }) => readings.set(reading, expected),
  };
  const pool = new ReaderPool(1);
  try {
    const findings = await runAudit(request, pool);
    return { findings, readings: readings.size, expected: [...readings.values()] };
  } finally {
    await pool.close();
  }
}

describe('the notes of the second reading', () => {
  test('take as many readings as they need, and the findings are the same', async () => {
    const once = await audited();
    expect(once.readings).toBe(2);
    const texts = once.findings.sequences.flatMap(({ text, also }) => [text, ...also]);
    expect(texts).toContain('kettle lantern saddle');
    const often = await audited(40_000);
    expect(often.readings).toBeGreaterThan(3);
    expect(often.findings).toEqual(once.findings);
    // how many are coming is told from the third on, nearly so at first
    expect(often.expected.slice(0, 2)).toEqual([null, null]);
    expect(often.expected[2]).toBeGreaterThan(0.5 * often.readings);
    expect(often.expected[2]).toBeLessThan(2 * often.readings);
    expect(often.expected.at(-1)).toBe(often.readings);
    // less than one sequence takes: a reading still gets further
    const [few] = [await audited(8_000)];
    expect(few.readings).toBeGreaterThan(often.readings);
    expect(few.findings).toEqual(once.findings);
  });

  const sequence = (high: number, documents: number): SequenceCount => ({
    ...{ key: `k${high}`, high, text: `t${high}`, words: 1, at: 0, occurrences: documents, total: documents },
    documents: Array.from({ length: documents }, (_, i) => i),
    why: 'absent-from-trusted',
  });
  const result = (sequences: readonly SequenceCount[], until: number) => ({
    ...{ sequences, until, places: 10, surprising: 1 },
  });

  test('of several readers: what one of them forgot is left to the next reading', () => {
    const merged = mergeResults([
      result([sequence(1, 9), sequence(7, 9)], 100),
      result([sequence(1, 9), sequence(5, 9)], 6),
    ]);
    expect(merged.until).toBe(6);
    expect(merged.sequences.map(({ high, documents }) => [high, documents.length])).toEqual([
      [1, 18],
      [5, 9],
    ]);
  });

  test('the surest sequences are kept, whichever reading noted them', () => {
    const judgement = { least: 5, documents: 1000, trustedDocuments: 1000 };
    const all = Array.from({ length: 2500 }, (_, i) => sequence(i, 100 + ((i * 7) % 2500)));
    const reported = (readings: readonly (readonly SequenceCount[])[]) => {
      const found = new RecurringSequences(judgement);
      for (const own of readings) found.add(result(own, 1));
      return found.reported().map(({ text }) => text);
    };
    const once = reported([all]);
    expect(reported([all.slice(0, 900), all.slice(900)])).toEqual(once);
    expect(once).toHaveLength(2000);
    expect(once[0]).toBe(`t${all.find(({ documents }) => documents.length === 2599)?.high}`);
  });

  test('and of these as many as have eight million documents together', () => {
    const documents = Array.from({ length: 100_000 }, (_, i) => i);
    const found = new RecurringSequences({ least: 5, documents: 200_000, trustedDocuments: 200_000 });
    const all = Array.from({ length: 100 }, (_, i) => ({ ...sequence(i, 0), documents }));
    for (const some of [all.slice(20), all.slice(0, 20)]) found.add(result(some, 1));
    // they are in the same documents, and so one finding
    const [one, ...others] = found.reported();
    expect(others).toEqual([]);
    expect(1 + (one?.also.length ?? 0)).toBe(Math.floor(2 ** 23 / 100_000));
  });
});
