import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/core/errors.ts';
import { documentLosses, documentStates } from '../../src/model/document-signals.ts';
import { smallGpt } from './fixtures.ts';

const model = smallGpt({ config: { initStandardDeviation: 0.2 } });
const { T, C } = model.shape;
const long = Array.from({ length: 2 * T + 5 }, (_, t) => (3 * t * t + 1) % 21);
const documents = [[4], long, [1, 2, 3], long.slice(0, T + 1)];

describe('losses by document', () => {
  it('are those of single sequences where a document fits the context, in the order of the documents', () => {
    const losses = documentLosses(model, documents);
    expect(losses[0]).toEqual({ tokenNats: new Float32Array(0), meanNats: Number.NaN });
    expect(losses[2]?.tokenNats).toEqual(model.tokenLossesNats([[1, 2, 3]])[0]);
    expect(losses[3]?.tokenNats).toEqual(model.tokenLossesNats([long.slice(0, T + 1)])[0]);
    const [first, second] = losses[2]?.tokenNats as Float32Array;
    expect(losses[2]?.meanNats).toBe(((first as number) + (second as number)) / 2);
  });

  it('of a longer document have every token but the first once, by windows', () => {
    const [, whole] = documentLosses(model, documents);
    const windows = [long.slice(0, T + 1), long.slice(T, 2 * T + 1), long.slice(2 * T)];
    expect([...(whole?.tokenNats ?? [])]).toEqual(
      model.tokenLossesNats(windows).flatMap((nats) => [...nats]),
    );
    expect(whole?.tokenNats).toHaveLength(long.length - 1);
  });

  it('refuse an empty document', () => {
    expect(() => documentLosses(model, [[1], []])).toThrow(InputError);
    expect(() => documentLosses(model, [[1], []])).toThrow(/document 1 has no tokens/);
  });
});

describe('hidden states by document', () => {
  it('are the mean over all tokens of all windows, or those of the last token', () => {
    const windows = [long.slice(0, T), long.slice(T, 2 * T), long.slice(2 * T)];
    const rows = model.hiddenStates(windows, { layer: 1 }).flatMap((states) => [...states]);
    const mean = documentStates(model, documents, { layer: 1, pool: 'mean' })[1] as Float32Array;
    const last = documentStates(model, documents, { layer: 1, pool: 'last' })[1] as Float32Array;
    expect(mean).toHaveLength(C);
    for (let c = 0; c < C; c++) {
      const sum = rows.reduce((total, x, i) => (i % C === c ? total + x : total), 0);
      expect(mean[c]).toBe(Math.fround(sum / long.length));
    }
    expect([...last]).toEqual(rows.slice(-C));
    const one = documentStates(model, [[4]], { layer: 'head', pool: 'mean' });
    expect(one).toEqual(model.hiddenStates([[4]], { layer: 'head' }));
  });
});
