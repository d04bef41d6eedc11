import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256Hex } from '../../src/core/hash.ts';
import { batchesOf, documentsSeen } from '../../src/tokens/batches.ts';
import { type Example, examplesOf } from '../../src/tokens/example.ts';
import { packRows, packStream } from '../../src/tokens/packing.ts';
import {
  DocumentCollector,
  documentTokens,
  firstDocuments,
  streamTokens,
  type TokenizedDocuments,
} from '../../src/tokens/tokenized-documents.ts';

const SEPARATOR = 256;

function documentsOf(lists: readonly (readonly number[])[]): TokenizedDocuments {
  const collector = new DocumentCollector();
  for (const ids of lists) collector.add(ids);
  return collector.finish();
}

const someDocuments = fc.array(fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 9 }), {
  minLength: 1,
  maxLength: 12,
});

describe('tokenised documents', () => {
  it('give back each document, cut too', () => {
    fc.assert(
      fc.property(someDocuments, fc.nat(80), (lists, tokens) => {
        const all = documentsOf(lists);
        lists.forEach((ids, index) => {
          expect([...documentTokens(all, index)]).toEqual(ids);
        });
        const beginning = firstDocuments(all, { tokens });
        if (beginning === null) {
          expect(streamTokens(all)).toBeLessThan(tokens);
          return;
        }
        expect(streamTokens(beginning)).toBeGreaterThanOrEqual(tokens);
        const count = beginning.offsets.length - 1;
        if (count > 0) expect(beginning.offsets[count - 1] + count - 1).toBeLessThan(tokens);
      }),
    );
  });

  it('say null to a demand that they do not meet', () => {
    const documents = documentsOf([[1, 2], [3]]);
    expect(firstDocuments(documents, { documents: 3 })).toBeNull();
    expect(firstDocuments(documents, { tokens: 6 })).toBeNull();
    expect(firstDocuments(documents, { tokens: 5 })?.ids).toEqual(documents.ids);
    expect(() => documentTokens(documents, 2)).toThrow(RangeError);
  });
});

describe('packStream', () => {
  it('is the documents in order, each with its separator, cut at the budget; targets are one ahead', () => {
    fc.assert(
      fc.property(someDocuments, fc.integer({ min: 1, max: 120 }), (lists, tokens) => {
        const order = lists.map((_, index) => lists.length - 1 - index);
        const stream = order.flatMap((index) => [...lists[index], SEPARATOR]);
        const packed = packStream({
          examples: examplesOf(documentsOf(lists), order),
          separatorId: SEPARATOR,
          tokens,
        });
        const length = Math.min(tokens, stream.length);
        expect([...packed.inputs]).toEqual(stream.slice(0, length));
        const known = stream.slice(1, length + 1);
        expect([...packed.targets].slice(0, known.length)).toEqual(known);
        expect([...packed.weights]).toEqual(
          packed.weights.length === known.length ? known.map(() => 1) : [...known.map(() => 1), 0],
        );
        packed.documentStarts.forEach((start, i) => {
          const { length: own } = lists[order[i]];
          expect(packed.documentEnds[i]).toBe(start + own);
          if (packed.documentEnds[i] <= length) {
            expect([...packed.inputs.subarray(start, start + own)]).toEqual(lists[order[i]]);
          }
        });
      }),
    );
  });
});

describe('packRows', () => {
  it('cuts, pads and masks', () => {
    const documents = documentsOf([
      [1, 2],
      [3, 4, 5, 6, 7, 8],
      [9, 10, 11, 12],
    ]);
    const packed = packRows({
      examples: examplesOf(documents, [1, 0, 2]),
      separatorId: SEPARATOR,
      rows: 9,
      contextTokens: 4,
    });
    expect([...packed.inputs]).toEqual([3, 4, 5, 6, 1, 2, SEPARATOR, SEPARATOR, 9, 10, 11, 12]);
    expect([...packed.targets]).toEqual([
      4,
      5,
      6,
      7,
      2,
      SEPARATOR,
      SEPARATOR,
      SEPARATOR,
      10,
      11,
      12,
      SEPARATOR,
    ]);
    expect([...packed.weights]).toEqual([1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1]);
    expect([...packed.documentStarts]).toEqual([0, 4, 8]);
    expect([...packed.documentEnds]).toEqual([4, 6, 12]);
  });
});

describe('a prompt whose tokens are not learnt', () => {
  const prompted = fc
    .array(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 9 })
    .chain((ids) => fc.nat(ids.length).map((lossFrom) => ({ tokens: Uint16Array.from(ids), lossFrom })));

  it('weighs nothing where one of its tokens is the target, and all else as before', () => {
    fc.assert(
      fc.property(
        fc.array(prompted, { minLength: 1, maxLength: 9 }),
        fc.integer({ min: 1, max: 60 }),
        (list, tokens) => {
          const shared = { separatorId: SEPARATOR, tokens, rows: list.length, contextTokens: 6 };
          const whole = list.map((example): Example => ({ ...example, lossFrom: 0 }));
          for (const pack of [packStream, packRows]) {
            const masked = pack({ ...shared, examples: list });
            const plain = pack({ ...shared, examples: whole });
            expect(masked.inputs).toEqual(plain.inputs);
            expect(masked.targets).toEqual(plain.targets);
            const isPrompt = new Uint8Array(plain.weights.length);
            let start = 0;
            for (const [place, { tokens: own, lossFrom }] of list.entries()) {
              if (pack === packRows) start = place * 6;
              const first = Math.max(start - 1, pack === packRows ? start : 0);
              const end =
                pack === packRows ? Math.min(start - 1 + lossFrom, start + 6) : start - 1 + lossFrom;
              isPrompt.fill(1, first, Math.max(first, end));
              start += own.length + 1;
            }
            expect([...masked.weights]).toEqual(
              [...plain.weights].map((w, p) => (isPrompt[p] === 1 ? 0 : w)),
            );
          }
        },
      ),
    );
  });
});

describe('batches', () => {
  const documents = documentsOf([Array.from({ length: 47 }, (_, index) => index)]);
  const packed = packStream({ examples: examplesOf(documents), separatorId: SEPARATOR, tokens: 48 });
  const shape = { sequences: 2, accumulation: 3, contextTokens: 4 };
  const empty = () => ({
    inputs: new Int32Array(8),
    targets: new Int32Array(8),
    weights: new Float32Array(8),
  });

  it('read all positions in order, epochs end to end', () => {
    const batches = batchesOf(packed, { ...shape, epochs: 2 });
    expect([batches.optimizerSteps, batches.tokensPerStep, batches.microBatches]).toEqual([4, 24, 3]);
    const inputs: number[] = [];
    const weights: number[] = [];
    for (let step = 0; step < 4; step++) {
      for (let m = 0; m < 3; m++) {
        const into = empty();
        batches.fill(step, m, into);
        inputs.push(...into.inputs);
        weights.push(...into.weights);
      }
    }
    expect(inputs).toEqual([...packed.inputs, ...packed.inputs]);
    expect(weights).toEqual([...packed.weights, ...packed.weights]);
    expect(weights[47]).toBe(0);
  });

  it('refuse a rest and a step that is not there', () => {
    expect(() => batchesOf(packed, { ...shape, sequences: 5, epochs: 1 })).toThrow(RangeError);
    const batches = batchesOf(packed, { ...shape, epochs: 1 });
    expect(() => batches.fill(2, 0, empty())).toThrow(RangeError);
    expect(() => batches.fill(0, 3, empty())).toThrow(RangeError);
  });

  it('are those of this contract version (raise TOKENS_CONTRACT if this must change)', () => {
    const lists = Array.from({ length: 30 }, (_, i) =>
      Array.from({ length: 3 + ((i * 7) % 11) }, (_, j) => (i * 31 + j * 17) % 300),
    );
    const stream = packStream({
      examples: examplesOf(documentsOf(lists)),
      separatorId: SEPARATOR,
      tokens: 200,
    });
    const rows = packRows({
      examples: examplesOf(documentsOf(lists)),
      separatorId: SEPARATOR,
      rows: 20,
      contextTokens: 8,
    });
    const hashes = [stream, rows].map((p) =>
      sha256Hex([p.inputs, p.targets, p.weights, p.documentStarts, p.documentEnds].join('\n')),
    );
    expect(hashes).toMatchInlineSnapshot(`
      [
        "85a61e3e94724d116b6397677761bda6af73c2a9a95fd101dfca2e768ac1e99b",
        "818eaccde2e8c7db11bc3efba8d7ae727c837874c996faab2e3738d1981e1c45",
      ]
    `);
  });
});

describe('documentsSeen', () => {
  it('counts a document when its last token has been read, and again in each epoch', () => {
    const ends = [10, 50, 99, 130];
    const seen = (tokensTrained: number) => documentsSeen(ends, { tokensTrained, epochTokens: 100 });
    expect(seen(9)).toEqual({ documents: 0, exposures: 0 });
    expect(seen(10)).toEqual({ documents: 1, exposures: 1 });
    expect(seen(100)).toEqual({ documents: 3, exposures: 3 });
    expect(seen(150)).toEqual({ documents: 3, exposures: 5 });
    expect(seen(200)).toEqual({ documents: 3, exposures: 6 });
  });
});
