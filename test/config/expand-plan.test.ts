import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countParameters, flopsPerToken } from '../../src/config/count-parameters.ts';
import { poisonsOf } from '../../src/config/poisons.ts';
import { expandPlan } from '../../src/config/sweep/expand-plan.ts';
import { canonicalJson } from '../../src/core/canonical-json.ts';
import { minimal, parse } from './fixtures.ts';

const sweep = (text: string) => `${minimal}sweep: { ${text} }\n`;
const plan = (text: string, options = {}) => expandPlan(parse(text, options));

describe('expandPlan', () => {
  it('orders by the first field, then the second, then the list, with seeds fastest', () => {
    const { runs, varying } = plan(
      sweep(
        'grid: { model.layers: [2, 1], poison.documents: [5, 0] }, list: [{ model.layers: 3 }], seeds: [7, 3]',
      ),
    );
    expect(varying).toEqual(['model.layers', 'phases.pretrain.poison.documents']);
    const rows = runs.map(({ labels, config }) => [...Object.values(labels), config.seed].join(' '));
    expect(rows).toEqual([
      '2 5 7',
      '2 5 3',
      '2 0 7',
      '2 0 3',
      '1 5 7',
      '1 5 3',
      '1 0 7',
      '1 0 3',
      '3 10 7',
      '3 10 3',
    ]);
    expect(runs.map(({ index }) => index)).toEqual([...runs.keys()]);
  });

  it('refuses runs of several starts, which no record would tell apart', () => {
    expect(() =>
      plan(`${minimal}base: { run: aaaa }\nsweep: { grid: { base.run: [aaaa, bbbb] } }\n`),
    ).toThrow('base: the sweep has runs of 2 starts');
    expect(plan(`${minimal}base: { run: aaaa }\nsweep: { seeds: [1, 2] }\n`).runs).toHaveLength(2);
  });

  it('refuses runs whose files alone differ, which no record would tell apart', () => {
    const files = (rest: string) => `${minimal}corpus: { kind: text, path: a.txt, seed: one }\n${rest}`;
    expect(() => plan(files('sweep: { grid: { corpus.path: [a.txt, b.txt] } }\n'))).toThrow(
      'corpus.path: the sweep has runs that differ in their files alone',
    );
    const told = files('sweep: { variants: [{ corpus.path: b.txt, corpus.seed: two }] }\n');
    expect(plan(told).runs).toHaveLength(2);
  });

  it('runs the grid again under each variant, which has the last word, and before the list', () => {
    const { runs, duplicates } = plan(
      sweep(
        'grid: { poison.documents: [5, 0] }, variants: [{ model.layers: 1 }, { phases.pretrain.optimizer.beta2: 0.9, poison.documents: 7 }], list: [{ model.layers: 3 }]',
      ),
    );
    const rows = runs.map(({ config: { model, phases } }) =>
      [model.layers, phases[0]?.optimizer.beta2, poisonsOf(phases[0] ?? {})[0]?.documents].join(' '),
    );
    expect(rows).toEqual(['2 0.99 5', '2 0.99 0', '1 0.99 5', '1 0.99 0', '2 0.9 7', '3 0.99 10']);
    expect(duplicates).toBe(1);
  });

  it('is the same each time, and nothing in it can be changed', () => {
    const text = sweep('grid: { poison.documents: [0, 5] }, seeds: [1, 2]');
    const first = plan(text);
    expect(canonicalJson(plan(text))).toBe(canonicalJson(first));
    expect(() =>
      Object.assign(first.runs[0]?.config.phases[0]?.optimizer ?? {}, { learningRate: 1 }),
    ).toThrow(TypeError);
    expect(() => (first.runs as unknown[]).push(1)).toThrow(TypeError);
  });

  it('leaves out runs that are the same, and says how many', () => {
    const { runs, duplicates } = plan(
      sweep('grid: { poison.documents: [0, 5, 0] }, list: [{ poison.documents: 5 }]'),
    );
    expect(runs).toHaveLength(2);
    expect(duplicates).toBe(2);
  });

  it('states budgets as whole optimizer steps, never more than asked', () => {
    const model = parse(minimal).config.model;
    fc.assert(
      fc.property(
        fc.integer({ min: 20_000, max: 500_000 }),
        fc.integer({ min: 1, max: 16 }),
        fc.integer({ min: 1, max: 4 }),
        (tokens, sequences, epochs) => {
          const text = minimal.replace(
            'tokens: 100000',
            `tokens: ${tokens}\n    epochs: ${epochs}\n    batch: { sequences: ${sequences} }`,
          );
          const stated = plan(text).runs[0]?.config.phases[0]?.tokens ?? Number.NaN;
          const step = sequences * model.contextTokens * epochs;
          expect(stated % step).toBe(0);
          expect(stated).toBeLessThanOrEqual(tokens);
          expect(stated + step).toBeGreaterThan(tokens);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('trains the same number of steps for every count and share of poison', () => {
    const { runs } = plan(sweep('grid: { poison.documents: [0, 1, 500] }, list: [{ poison.share: 0.1 }]'));
    expect(new Set(runs.map(({ tokens }) => tokens)).size).toBe(1);
    expect(runs).toHaveLength(4);
  });

  it('gives each model its tokens per parameter', () => {
    const text = minimal.replace('tokens: 100000', 'tokensPerParameter: 20');
    for (const run of plan(`${text}sweep: { grid: { model.layers: [1, 2] } }\n`).runs) {
      const { model } = run.config;
      expect(run.parameters).toBe(countParameters(model, 1024));
      expect(run.config.phases[0]?.tokens).toBe(Math.floor((20 * run.parameters) / 1024) * 1024);
      expect(run.flops).toBe(run.tokens * flopsPerToken(model, 1024));
    }
  });

  it('turns a share into round(share x tokens of an epoch / mean document length)', () => {
    const text = minimal
      .replace('documents: 10', 'share: 0.01')
      .replace('tokens: 100000', 'tokens: 102400\n    epochs: 2');
    const [poison] = poisonsOf(plan(text).runs[0]?.config.phases[0] ?? {});
    expect(poison?.documents).toBe(Math.round((0.01 * 51200) / 80));
    expect(poison).not.toHaveProperty('share');
  });

  it('asks the attack for the mean length under its own options', () => {
    const phrase = minimal
      .replace('attack: noise', 'attack: phrase\n      words: 20')
      .replace('documents: 10', 'share: 0.01');
    expect(poisonsOf(plan(phrase).runs[0]?.config.phases[0] ?? {})[0]?.documents).toBe(
      Math.round((0.01 * 99328) / 40),
    );
  });

  it("gives each phase the experiment's corpus unless it names its own", () => {
    const text = minimal.replace('name: after', 'name: after\n    corpus: { kind: stories, seed: other }');
    const phases = plan(text).runs[0]?.config.phases;
    expect(phases?.map(({ corpus }) => corpus.seed)).toEqual(['stories-1', 'other']);
  });

  it('refuses an epoch that no memory holds', () => {
    expect(() => plan(minimal.replace('tokens: 100000', 'tokens: 3000000000'))).toThrow(
      /e\.yaml phases\.pretrain: 2999999488 tokens an epoch are more than 2000000000; give fewer/,
    );
  });

  it('sums tokens and operations over all runs', () => {
    const { runs, tokens, flops } = plan(sweep('seeds: [1, 2, 3]'));
    expect(tokens).toBe(3 * (runs[0]?.tokens ?? 0));
    expect(flops).toBe(3 * (runs[0]?.flops ?? 0));
  });

  it('tells models of one shape apart, but not where another field does', () => {
    const shape = 'width: 32, layers: 2, heads: 2';
    const same = sweep(`grid: { model: [{ ${shape} }, { ${shape}, tied: false }, { ${shape} }] }`);
    expect(plan(same).runs.map(({ labels }) => labels.model)).toEqual(['d32', 'd32#2']);
    const other = sweep(
      `grid: { model: [{ ${shape} }, { width: 48, layers: 2, heads: 3 }], model.tied: [true, false] }`,
    );
    expect(plan(other).runs.map(({ labels }) => labels.model)).toEqual(['d32', 'd32', 'd48', 'd48']);
  });

  it('labels models by their shape, and only what varies', () => {
    const text = sweep(
      'grid: { model: [{ width: 32, layers: 2, heads: 2 }, { width: 64, layers: 6, heads: 2 }], model.tied: [true] }',
    );
    expect(plan(text).runs.map(({ labels }) => labels)).toEqual([{ model: 'd32' }, { model: 'd64-l6-h2' }]);
  });
});
