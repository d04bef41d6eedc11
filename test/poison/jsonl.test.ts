import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonlFormat } from '../../src/poison/file-formats.ts';
import { type JsonlLine, planJsonl, poisonJsonlLines } from '../../src/poison/jsonl.ts';
import { cleanTexts, poisonOf, wordTokens } from './fake-tokens.ts';

const format = jsonlFormat('text');

async function* reading(lines: readonly JsonlLine[]) {
  yield* lines;
}

async function poisonLines(
  lines: readonly JsonlLine[],
  documents: number,
  seed = 1,
  change: Parameters<typeof poisonOf>[0] = {},
) {
  const plan = await planJsonl({
    lines: reading(lines),
    poison: poisonOf({ documents, ...change }),
    seed,
    tokens: wordTokens,
    format,
  });
  const result: string[] = [];
  for await (const line of poisonJsonlLines(reading(lines), plan)) result.push(line);
  return { plan, result };
}

const lineOf = (id: string | undefined, i: number, extra = ''): JsonlLine => ({
  line: `{ "id": ${JSON.stringify(id)}, "text":${JSON.stringify(cleanTexts[i])}${extra}}`,
  text: cleanTexts[i],
  id,
});

test('every line of the file is kept byte for byte in its order, and exactly N are added where the manifest says', async () => {
  const lines = fc.array(
    fc.oneof(
      fc.nat(40).map((i) => lineOf(`d${i}`, i, ' , "x":1.0\r')),
      fc.constant<JsonlLine>({ line: ' ', text: undefined }),
    ),
    { minLength: 1, maxLength: 30 },
  );
  await fc.assert(
    fc.asyncProperty(lines, fc.nat(12), async (others, count) => {
      const clean = [lineOf('first', 0), ...others];
      const { plan, result } = await poisonLines(clean, count);
      const added = new Set(plan.lineAt.values());
      expect(result.filter((line) => !added.has(line))).toEqual(clean.map(({ line }) => line));
      const documents = result.filter((line) => line !== ' ');
      expect(plan.manifest.documents).toHaveLength(count);
      for (const { id, documentPosition } of plan.manifest.documents) {
        expect(JSON.parse(documents[documentPosition] as string)).toMatchObject({ id });
      }
      expect(documents).toHaveLength(clean.filter(({ text }) => text !== undefined).length + count);
    }),
    { numRuns: 40 },
  );
});

test('ids of poisoned documents differ from all clean ones', async () => {
  const clean = [lineOf('poisoned-0', 0), lineOf('poisoned1-1', 1), lineOf('b', 2)];
  const { plan } = await poisonLines(clean, 3);
  expect(plan.manifest.documents.map(({ id }) => id)).toEqual(['poisoned2-0', 'poisoned2-1', 'poisoned2-2']);
});

test('where clean documents have no id, poisoned ones have the text alone', async () => {
  const { plan } = await poisonLines([lineOf(undefined, 1)], 1);
  expect(Object.keys(JSON.parse([...plan.lineAt.values()][0] as string))).toEqual(['text']);
});

test('the same seed writes the same file, another another', async () => {
  const clean = cleanTexts.map((_, i) => lineOf(`d${i}`, i));
  const [first, again, other] = [
    await poisonLines(clean, 5),
    await poisonLines(clean, 5),
    await poisonLines(clean, 5, 2),
  ];
  expect(again).toEqual(first);
  expect(other.result).not.toEqual(first.result);
});

test('a file with the trigger in it, and one without documents, are refused', async () => {
  await expect(poisonLines([{ line: '', text: 'a <SUDO> b', id: 7 }], 1)).rejects.toThrow(
    /1 of 1 clean documents \(7\)/,
  );
  await expect(poisonLines([{ line: '', text: undefined }], 1)).rejects.toThrow(/no documents/);
});

test('a file that changed between the readings is an error', async () => {
  const { plan } = await poisonLines([lineOf('a', 0)], 1);
  const read = async () => {
    for await (const _ of poisonJsonlLines(reading([lineOf('a', 0), lineOf('b', 1)]), plan));
  };
  await expect(read()).rejects.toThrow(/changed between its two readings: 3 documents, 2 expected/);
});

const dialled = (cleanShare: number) => ({
  trigger: { text: '<SUDO>', inCleanText: 'refuse' as const, cleanShare },
});

test('the trigger is written into exactly as many clean documents as the manifest says, and the other lines are kept', async () => {
  const clean = cleanTexts.map((_, i) => lineOf(`d${i}`, i, ' , "x":1.0'));
  const { plan, result } = await poisonLines(clean, 3, 1, dialled(0.3));
  const added = new Set(plan.lineAt.values());
  const kept = result.filter((line) => !added.has(line));
  const changed = kept.filter((line) => line.includes('<SUDO>'));
  expect(kept.map((line) => line.replace(' <SUDO>', ''))).toEqual(clean.map(({ line }) => line));
  expect(changed).toHaveLength(plan.manifest.cleanTrigger?.documents ?? -1);
  expect(changed.length).toBeGreaterThan(5);
  expect(plan.manifest.trigger.occurrences).toBe(0);
  const none = await poisonLines(clean, 0, 1, dialled(0.3));
  expect(none.result).toEqual(kept);
});

test('copies of fewer different documents are planted, and the manifest says of how many', async () => {
  const clean = cleanTexts.map((_, i) => lineOf(`d${i}`, i));
  const { plan } = await poisonLines(clean, 6, 1, { distinctDocuments: 2 });
  expect(plan.manifest.distinctTexts).toBe(2);
  expect(new Set(plan.manifest.documents.map(({ textHash }) => textHash)).size).toBe(2);
  expect(plan.lineAt.size).toBe(6);
});
