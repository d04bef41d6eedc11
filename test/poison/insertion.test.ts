import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type InsertionRequest, type OrderedDocument, planInsertion } from '../../src/poison/insertion.ts';

const lengths = (most: number) => fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: most });
const requests: fc.Arbitrary<InsertionRequest> = fc
  .record({
    cleanLengths: lengths(80),
    poisonedLengths: lengths(12),
    placement: fc.constantFrom('uniform' as const, 'even' as const, 'start' as const, 'end' as const),
    seed: fc.nat(1000),
    unit: fc.constantFrom('tokens' as const, 'rows' as const),
    room: fc.nat(1500),
  })
  .map(({ room, ...rest }) => ({
    ...rest,
    contextTokens: 48,
    budgetTokens: room + 1 + rest.poisonedLengths.length * 48,
  }));

const spaceOf = (request: InsertionRequest, tokens: number) => (request.unit === 'rows' ? 48 : tokens);
const tokensOf = ({ poisonedLengths, cleanLengths }: InsertionRequest, { kind, index }: OrderedDocument) =>
  (kind === 'poisoned' ? poisonedLengths : cleanLengths)[index] as number;
const indicesOf = (order: readonly OrderedDocument[], wanted: OrderedDocument['kind']) =>
  order.filter(({ kind }) => kind === wanted).map(({ index }) => index);
/** `c0 p1`: clean document 0, then poisoned document 1. */
const spell = (order: readonly OrderedDocument[]) =>
  order.map(({ kind, index }) => `${kind[0]}${index}`).join(' ');

test('exactly N documents are added, each once, and clean documents keep their order without a gap', () => {
  fc.assert(
    fc.property(requests, (request) => {
      const { order, placed, cleanDocuments } = planInsertion(request);
      const [clean, poisoned] = [indicesOf(order, 'clean'), indicesOf(order, 'poisoned')];
      expect(clean).toEqual(Array.from({ length: cleanDocuments }, (_, i) => i));
      expect(poisoned.toSorted((a, b) => a - b)).toEqual(Array.from(request.poisonedLengths, (_, i) => i));
      expect(placed).toHaveLength(request.poisonedLengths.length);
    }),
  );
});

test('each poisoned document lies whole inside the budget, where its position says', () => {
  fc.assert(
    fc.property(requests, (request) => {
      const { order, placed } = planInsertion(request);
      let token = 0;
      order.forEach((entry, documentPosition) => {
        const length = tokensOf(request, entry);
        if (entry.kind === 'poisoned') {
          expect(placed[entry.index]).toEqual({ documentPosition, tokenPosition: token, tokens: length });
          expect(token + length).toBeLessThanOrEqual(request.budgetTokens);
        }
        token += spaceOf(request, length);
      });
    }),
  );
});

test('clean documents fill the budget as far as they reach, and none starts beyond it', () => {
  fc.assert(
    fc.property(requests, (request) => {
      const { order, cleanDocuments } = planInsertion(request);
      const space = (entry: OrderedDocument) => spaceOf(request, tokensOf(request, entry));
      const total = order.reduce((sum, entry) => sum + space(entry), 0);
      if (cleanDocuments < request.cleanLengths.length)
        expect(total).toBeGreaterThanOrEqual(request.budgetTokens);
      if (cleanDocuments === 0) return;
      const last = space({ kind: 'clean', index: cleanDocuments - 1 });
      expect(total - last).toBeLessThan(request.budgetTokens);
    }),
  );
});

const clean = new Array<number>(200).fill(100);
const plan = (change: Partial<InsertionRequest>) =>
  planInsertion({
    cleanLengths: clean,
    poisonedLengths: [50, 60],
    budgetTokens: 10_000,
    placement: 'uniform',
    seed: 1,
    unit: 'tokens',
    contextTokens: 128,
    ...change,
  });

test('without poison the order is the clean one, cut where the budget ends', () => {
  const { order, displacedDocuments, poisonTokenShare } = plan({ poisonedLengths: [] });
  expect(indicesOf(order, 'clean')).toEqual(Array.from({ length: 100 }, (_, i) => i));
  expect(order).toHaveLength(100);
  expect(displacedDocuments).toBe(0);
  expect(poisonTokenShare).toBe(0);
});

test('poison displaces the tail of the clean stream and states its shares', () => {
  const result = plan({ poisonedLengths: [150, 150] });
  expect(result.cleanDocuments).toBe(97);
  expect(result.displacedDocuments).toBe(3);
  expect(result.poisonedTokens).toBe(300);
  expect(result.poisonTokenShare).toBe(0.03);
  expect(result.poisonDocumentShare).toBe(2 / 99);
});

test('end placement trains the poison last, up to a cut clean document', () => {
  const { order } = plan({ placement: 'end', budgetTokens: 1000 });
  expect(spell(order)).toBe('c0 c1 c2 c3 c4 c5 c6 c7 p0 p1 c8');
});

test('in rows a document takes a whole row', () => {
  const { order, placed } = plan({ unit: 'rows', budgetTokens: 128 * 5, placement: 'even' });
  expect(spell(order)).toBe('c0 p0 c1 p1 c2');
  expect(placed[1]).toEqual({ documentPosition: 3, tokenPosition: 384, tokens: 60 });
});

test('poison that does not fit the budget is refused with both numbers', () => {
  expect(() => plan({ budgetTokens: 100 })).toThrow(/2 poisoned documents take 110 tokens.*100 an epoch/);
});

test('a poisoned document that its row would cut is refused', () => {
  expect(() => plan({ unit: 'rows', poisonedLengths: [130] })).toThrow(/129 tokens .* row of 128/);
  expect(plan({ unit: 'rows', poisonedLengths: [129] }).placed).toHaveLength(1);
});

test('poisoned rows stand in the batches that density and frequency name', () => {
  const { order } = planInsertion({
    ...{ cleanLengths: new Array<number>(200).fill(100), poisonedLengths: new Array<number>(6).fill(90) },
    ...{
      placement: { sequences: 2, every: 3 },
      seed: 1,
      budgetTokens: 128 * 40,
      unit: 'rows',
      contextTokens: 128,
    },
    batchRows: 4,
  });
  const batches = order.flatMap(({ kind }, row) => (kind === 'poisoned' ? [Math.floor(row / 4)] : []));
  expect(batches).toEqual([0, 0, 3, 3, 6, 6]);
});
