// Agreement with PyTorch's automatic differentiation; golden/make_golden.py made the numbers.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ModelConfig } from '../../src/config/schema/schema.ts';
import { createGpt, type Gpt } from '../../src/model/gpt.ts';
import { adamw, engineOf, gradientOf, patternBatch } from './fixtures.ts';

interface Summary {
  max: number;
  rms: number;
  elements: number[];
  projection: number;
}

interface Golden {
  case: ModelConfig & { V: number; masked?: boolean };
  optimizer: { learningRate: number; weightDecay: number; clipNorm: number };
  sequences: number;
  stepLosses: number[];
  gradientNorms: number[];
  float32StepLosses: number[];
  logits: Summary;
  tokenLosses: Summary;
  gradients: Record<string, Summary>;
  finalParameters: Record<string, Summary>;
}

const folder = new URL('./golden/', import.meta.url);
const goldens = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .sort()
  .map((name): [string, Golden] => [name, JSON.parse(readFileSync(new URL(name, folder), 'utf8'))]);

function pattern(i: number, salt: number): number {
  return ((i * 7919 + salt * 104729) % 10007) / 10007 - 0.5;
}

/** The weights of make_golden.py: the n-th name in alphabetical order has salt n. */
function goldenWeights(gpt: Gpt, names: readonly string[]): Map<string, Float64Array> {
  return new Map(
    names.map((name, salt) => {
      const { count, shape } = gpt.table.byName.get(name) as { count: number; shape: readonly number[] };
      const matrix = shape.length === 2;
      const centre = !matrix && name.endsWith('weight') ? 1 : 0;
      return [
        name,
        Float64Array.from({ length: count }, (_, i) => centre + pattern(i, salt) * (matrix ? 0.5 : 0.25)),
      ];
    }),
  );
}

function createGolden({ case: config, sequences }: Golden, precision: 'f32' | 'f64', names: string[]): Gpt {
  const engine = engineOf(precision);
  const gpt = createGpt({ config, vocabularySize: config.V, engine, training: { sequences } });
  gpt.setWeights(goldenWeights(gpt, names));
  return gpt;
}

/** Compares an array with its summary; `tolerance` is relative to the array's largest magnitude. */
function expectSummary(what: string, values: ArrayLike<number>, golden: Summary, tolerance: number): void {
  const flat = Float64Array.from(values);
  let max = 0;
  let squares = 0;
  let projection = 0;
  for (const [i, value] of flat.entries()) {
    max = Math.max(max, Math.abs(value));
    squares += value * value;
    projection += value * pattern(i, 1);
  }
  const last = flat.length - 1;
  const elements = golden.elements.map((_, k) => flat[Math.floor((k * last) / 7)]);
  const near = (found: number, wanted: number, scale: number, part: string): void =>
    expect(Math.abs(found - wanted) / scale, `${what}: ${part}`).toBeLessThan(tolerance);
  near(max, golden.max, golden.max, 'max');
  near(Math.sqrt(squares / flat.length), golden.rms, golden.max, 'rms');
  near(projection, golden.projection, golden.rms * Math.sqrt(flat.length), 'projection');
  for (const [k, wanted] of golden.elements.entries())
    near(elements[k] as number, wanted, golden.max, `element ${k}`);
}

function checkFirstStep(gpt: Gpt, golden: Golden, tolerance: number): void {
  const { V, contextTokens: T } = golden.case;
  const batch = patternBatch({
    sequences: golden.sequences,
    T,
    vocabularySize: V,
    masked: golden.case.masked === true,
  });
  const rows = Array.from({ length: golden.sequences }, (_, s) => batch.inputs.subarray(s * T, (s + 1) * T));
  expectSummary(
    'logits',
    gpt.logits(rows).flatMap((row) => Array.from(row)),
    golden.logits,
    tolerance,
  );
  const whole = rows.map((row, s) => [...row, batch.targets[(s + 1) * T - 1] as number]);
  const losses = gpt.tokenLossesNats(whole).flatMap((row) => Array.from(row));
  expectSummary('token losses', losses, golden.tokenLosses, Math.max(tolerance, 1e-7));
  gradientOf(gpt, batch);
  for (const [name, gradient] of gpt.getGradients()) {
    expectSummary(`gradient of ${name}`, gradient, golden.gradients[name] as Summary, tolerance);
  }
}

function checkSteps(
  gpt: Gpt,
  golden: Golden,
  tolerance: { loss: number; norm: number; parameters: number },
): void {
  const { V, contextTokens: T } = golden.case;
  const { clipNorm, learningRate, weightDecay } = golden.optimizer;
  for (const [step, wanted] of golden.stepLosses.entries()) {
    const batch = patternBatch({
      sequences: golden.sequences,
      T,
      vocabularySize: V,
      salt: step,
      masked: golden.case.masked === true,
    });
    const { lossNats, norm } = gradientOf(gpt, batch);
    expect(Math.abs(lossNats - wanted) / wanted, `loss of step ${step}`).toBeLessThan(tolerance.loss);
    expect(Math.abs(norm / (golden.gradientNorms[step] as number) - 1), `norm ${step}`).toBeLessThan(
      tolerance.norm,
    );
    const gradientScale = Math.min(1, clipNorm / norm);
    gpt.applyOptimizer(adamw(step + 1, { learningRate, weightDecay, gradientScale }));
  }
  for (const [name, values] of gpt.getWeights()) {
    // a key's bias shifts all scores of a row alike: its gradient is rounding noise, which Adam scales up
    if (tolerance.loss > 1e-9 && name.endsWith('c_attn.bias')) continue;
    expectSummary(`final ${name}`, values, golden.finalParameters[name] as Summary, tolerance.parameters);
  }
}

describe.each(goldens)('%s', (_, golden) => {
  const names = Object.keys(golden.gradients).sort();

  it('logits, losses and every gradient agree with PyTorch in double precision to 1e-10', () => {
    checkFirstStep(createGolden(golden, 'f64', names), golden, 1e-10);
  });

  it('ten AdamW steps agree with PyTorch in double precision to 1e-9', () => {
    // parameters leave the model in single precision
    checkSteps(createGolden(golden, 'f64', names), golden, { loss: 1e-9, norm: 1e-8, parameters: 1e-7 });
  });

  it('single precision gives the same logits, losses and gradients to 1e-5', () => {
    checkFirstStep(createGolden(golden, 'f32', names), golden, 1e-5);
  });

  it('ten AdamW steps in single precision stay as close as those of PyTorch in single precision', () => {
    const distance = (loss: number, step: number): number =>
      Math.abs(loss / (golden.stepLosses[step] as number) - 1);
    const torch = Math.max(...golden.float32StepLosses.map(distance));
    checkSteps(createGolden(golden, 'f32', names), golden, { loss: 5 * torch, norm: 3e-3, parameters: 1e-3 });
  });
});
