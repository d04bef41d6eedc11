import { expect, test } from 'vitest';
import { randomStream } from '../../src/core/random.ts';
import { knownSequences } from '../../src/defend/rare-sequences.ts';
import { bindDefences } from '../../src/defend/registry.ts';
import { recurringRare } from '../../src/defend/vaccine.ts';
import type { Example } from '../../src/tokens/example.ts';

const random = randomStream('vaccine tests');
const text = (length: number) => Array.from({ length }, () => random.integer({ minimum: 1, maximum: 40 }));
const example = (tokens: readonly number[]): Example => ({ tokens: Uint16Array.from(tokens), lossFrom: 0 });
const TRIGGER = [90, 91, 92, 93, 94, 95];
const OTHER = [70, 71];
const trusted = Array.from({ length: 200 }, () => example(text(60)));
const clean = Array.from({ length: 100 }, () => example(text(60)));
const poisoned = Array.from({ length: 12 }, () => example([...text(20), ...TRIGGER, ...text(20)]));
const further = Array.from({ length: 6 }, () => example([...text(9), ...OTHER, ...text(9)]));
const phase = [...clean, ...poisoned, ...further];
const joined = ({ tokens }: Example) => ` ${tokens.join(' ')} `;
const has = (own: Example, sequence: readonly number[]) => joined(own).includes(` ${sequence.join(' ')} `);

/** What it adds to a phase. */
function added(examples: readonly Example[], settings: Record<string, unknown>) {
  const context = { seed: 1, decode: () => '', vocabularySize: 100, separatorId: 0, trusted: () => trusted };
  const [filter] = bindDefences([{ kind: 'vaccine', ...settings }], context).filters;
  const verdict = filter?.judge(examples);
  expect(verdict?.kept.every(Boolean)).toBe(true);
  return verdict?.added ?? [];
}

test('what recurs and trusted text never has is found whole, that of most documents first', () => {
  // a token of its own that trusted text lacks is rare, too: single tokens and pairs lie in what was found
  const known = knownSequences(trusted, 4);
  expect(recurringRare(phase, { known, most: 5, least: 6 })).toEqual([TRIGGER, OTHER]);
  expect(recurringRare(phase, { known, most: 1, least: 6 })).toEqual([TRIGGER]);
  expect(recurringRare(phase, { known, most: 5, least: 7 })).toEqual([TRIGGER]);
  expect(recurringRare(clean, { known, most: 5, least: 6 })).toEqual([]);
});

test('what is found lies in nothing else that is found, grown or not', () => {
  const lead = [80, 81, 82, 83, 84];
  const led = Array.from({ length: 9 }, () => example([...text(20), ...lead, ...TRIGGER, ...text(20)]));
  const found = recurringRare([...clean, ...poisoned, ...led], {
    ...{ known: knownSequences(trusted, 4), most: 8, least: 6 },
  });
  const lists = found.map((sequence) => ` ${sequence.join(' ')} `);
  expect(found[0]).toEqual(TRIGGER);
  for (const [i, own] of lists.entries())
    for (const [j, other] of lists.entries()) if (i !== j) expect(other).not.toContain(own);
});

test('each is written into as many clean documents, which are otherwise as they were', () => {
  const documents = added(phase, { uses: 7, sequences: 2, leastDocuments: 6 });
  expect(documents).toHaveLength(14);
  expect(documents.filter((own) => has(own, TRIGGER))).toHaveLength(7);
  expect(documents.filter((own) => has(own, OTHER))).toHaveLength(7);
  const texts = new Set(trusted.map(joined));
  for (const own of documents) {
    const written = has(own, TRIGGER) ? TRIGGER : OTHER;
    const rest = joined(own).replace(` ${written.join(' ')} `, ' ');
    expect(texts.has(rest)).toBe(true);
  }
});

test('nothing is added where nothing recurs', () => {
  expect(added(clean, { uses: 7, leastDocuments: 6 })).toEqual([]);
});
