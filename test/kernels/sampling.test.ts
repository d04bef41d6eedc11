import { describe, expect, test } from 'vitest';
import { exp, log } from '../../src/core/math.ts';
import { ArenaLayout, Program } from '../../src/kernels/program.ts';
import { workingWasmEngine } from './wasm-for-tests.ts';

const engine = workingWasmEngine();

/** Draws one token for each uniform number, all from the same logits. */
function sample(options: {
  logits: number[];
  uniforms: number[];
  inverseTemperature: number;
  topK?: number;
}) {
  const { logits, uniforms } = options;
  const layout = new ArenaLayout();
  const rows = uniforms.length;
  const place = {
    logits: layout.reserve(rows * logits.length),
    uniforms: layout.reserve(rows),
    inverseTemperature: layout.reserve(1),
    tokens: layout.reserve(rows),
    nats: layout.reserve(rows),
    entropy: layout.reserve(rows),
  };
  const program = new Program();
  const vocabulary = logits.length;
  program.record('sample', { rows, vocabulary, ld: vocabulary, topK: options.topK ?? 0, ...place });
  program.place(layout);
  const arena = engine.createArena({ words: layout.words });
  for (let r = 0; r < rows; r++) arena.floats.set(logits, place.logits + r * vocabulary);
  arena.floats.set(uniforms, place.uniforms);
  arena.floats[place.inverseTemperature] = options.inverseTemperature;
  program.load(arena);
  program.run(arena);
  return {
    tokens: Array.from(arena.integers.subarray(place.tokens, place.tokens + rows)),
    nats: Array.from(arena.floats.subarray(place.nats, place.nats + rows)),
    entropy: Array.from(arena.floats.subarray(place.entropy, place.entropy + rows)),
  };
}

function softmax(logits: readonly number[]): number[] {
  const weights = logits.map((l) => exp(l));
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((w) => w / total);
}

/** (i + 1/2) / n: what a perfect generator would draw. */
const grid = Array.from({ length: 20_000 }, (_, i) => (i + 0.5) / 20_000);

function shares(tokens: readonly number[], count: number): number[] {
  return Array.from({ length: count }, (_, j) => tokens.filter((t) => t === j).length / tokens.length);
}

function expectClose(found: readonly number[], expected: readonly number[]): void {
  for (const [j, value] of found.entries())
    expect(Math.abs(value - (expected[j] as number))).toBeLessThan(1.1e-4);
}

describe('sampling', () => {
  const logits = [0.3, -1, 2, 0, 1.25, -3, 0.7];

  test('draws token j with its softmax probability', () => {
    const { tokens } = sample({ logits, uniforms: grid, inverseTemperature: 1 });
    expectClose(shares(tokens, 7), softmax(logits));
  });

  test('divides the logits by the temperature', () => {
    const { tokens } = sample({ logits, uniforms: grid, inverseTemperature: 0.5 });
    expectClose(shares(tokens, 7), softmax(logits.map((l) => l / 2)));
  });

  test('keeps the largest k, and of equal ones the lowest ids', () => {
    const { tokens } = sample({ logits: [1, 2, 1, 3, 1], uniforms: grid, inverseTemperature: 1, topK: 3 });
    const [a, b, c] = softmax([1, 2, 3]) as [number, number, number];
    expectClose(shares(tokens, 5), [a, b, 0, c, 0]);
  });

  test('takes the lowest id of the largest logits when greedy', () => {
    const { tokens } = sample({ logits: [1, 5, -2, 5], uniforms: [0.9], inverseTemperature: 0 });
    expect(tokens).toEqual([1]);
  });

  test('reports the nats of the token and the entropy of the untempered distribution', () => {
    const result = sample({ logits, uniforms: [0.5], inverseTemperature: 3 });
    const probabilities = softmax(logits);
    expect(result.nats[0]).toBeCloseTo(-log(probabilities[result.tokens[0] as number] as number), 6);
    expect(result.entropy[0]).toBeCloseTo(
      probabilities.reduce((sum, p) => sum - p * log(p), 0),
      6,
    );
  });

  test.each([Number.NaN, Infinity, -Infinity])('answers -1 where a logit is %d', (bad) => {
    const result = sample({ logits: [1, bad, 2], uniforms: [0.5], inverseTemperature: 1 });
    expect(result.tokens).toEqual([-1]);
    expect(result.nats[0]).toBeNaN();
  });
});
