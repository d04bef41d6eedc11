// The TensorFlow.js engine behind the interface of the model, on its plain backend.
import { describe, expect, it } from 'vitest';
import { DivergenceError, InputError } from '../../src/core/errors.ts';
import type { Gpt } from '../../src/model/gpt.ts';
import { describeTensorflow, loadTensorflow } from '../../src/tensorflow/load-tensorflow.ts';
import { TensorflowError, translateErrors } from '../../src/tensorflow/tensorflow-error.ts';
import { createTensorflowGpt } from '../../src/tensorflow/tensorflow-gpt.ts';
import { adamw, gradientOf, modelConfig, patternBatch } from '../model/fixtures.ts';
import { collect, patternSource } from '../train/fixtures.ts';

const tensorflow = await loadTensorflow({ backend: 'cpu' });

function model(options: { training?: { sequences: number } } = {}): Gpt {
  const gpt = createTensorflowGpt({ config: modelConfig(), vocabularySize: 21, tensorflow, ...options });
  gpt.initialise(1);
  return gpt;
}

describe('the GPT in TensorFlow.js', () => {
  it('goes on as if it had not been stopped', async () => {
    const batches = patternSource({ optimizerSteps: 6, sequences: 2 });
    const whole = model({ training: { sequences: 2 } });
    const losses = (await collect({ model: whole, batches })).map(({ lossNats }) => lossNats);
    const half = model({ training: { sequences: 2 } });
    await collect({ model: half, batches }, 3);
    const resumed = model({ training: { sequences: 2 } });
    resumed.importTraining(half.exportTraining());
    const rest = await collect({ model: resumed, batches, startStep: 3 });
    for (const [i, { lossNats }] of rest.entries()) expect(lossNats).toBeCloseTo(losses[i + 3] ?? 0, 5);
    expect(rest).toHaveLength(3);
  });

  it('takes one large batch and its parts for the same', () => {
    const all = patternBatch({ sequences: 4, T: 16, vocabularySize: 21 });
    const part = (first: number) => ({
      inputs: all.inputs.slice(first * 16, (first + 2) * 16),
      targets: all.targets.slice(first * 16, (first + 2) * 16),
      weights: all.weights.slice(first * 16, (first + 2) * 16),
    });
    const whole = gradientOf(model({ training: { sequences: 4 } }), all);
    const parts = gradientOf(model({ training: { sequences: 2 } }), part(0), part(2));
    expect(parts.lossNats).toBeCloseTo(whole.lossNats, 5);
    expect(parts.norm).toBeCloseTo(whole.norm, 5);
  });

  it('descends along the gradient with plain gradient descent, and lets matrices decay', () => {
    const gpt = model({ training: { sequences: 2 } });
    const before = gpt.getWeights();
    gradientOf(gpt, patternBatch({ sequences: 2, T: 16, vocabularySize: 21 }));
    const gradients = gpt.getGradients();
    gpt.applyOptimizer(adamw(1, { kind: 'sgd', learningRate: 0.5, weightDecay: 0.2 }));
    for (const [name, after] of gpt.getWeights()) {
      const decay = (gpt.table.byName.get(name)?.decay ?? false) ? 0.1 : 0;
      for (const [i, value] of after.entries()) {
        const start = before.get(name)?.[i] ?? 0;
        expect(value).toBeCloseTo(start - decay * start - 0.5 * (gradients.get(name)?.[i] ?? 0), 6);
      }
    }
  });

  it('refuses what the kernels refuse', () => {
    const gpt = model({ training: { sequences: 1 } });
    const tokens = patternBatch({ sequences: 1, T: 16, vocabularySize: 21 });
    gpt.beginStep(16);
    expect(() => gpt.accumulateGradient({ ...tokens, inputs: tokens.inputs.map(() => 21) })).toThrow(
      InputError,
    );
    expect(() => gpt.accumulateGradient({ ...tokens, weights: new Float32Array(3) })).toThrow(InputError);
    expect(() => gpt.beginStep(0)).toThrow(InputError);
    expect(() => gpt.tokenLossesNats([[1]])).toThrow(InputError);
    expect(() => gpt.nextTokenProbabilities([[]])).toThrow(InputError);
    expect(() => gpt.setWeights(new Map())).toThrow(InputError);
    const words = new Float32Array(3);
    const arrays = { parameters: words, firstMoments: words, secondMoments: words };
    expect(() => gpt.importTraining(arrays)).toThrow(InputError);
    const prompts = [[1, 2]];
    expect(() => gpt.generate({ prompts, newTokens: 15, temperature: 1, uniform: () => 0 })).toThrow(
      InputError,
    );
    expect(() => model().beginStep(1)).toThrow('without `training`');
  });

  it('names the weights that are not finite', () => {
    const gpt = model();
    const weights = gpt.getWeights();
    weights.get('h.1.ln_2.weight')?.fill(Number.NaN);
    gpt.setWeights(weights);
    const request = { prompts: [[1]], newTokens: 2, temperature: 1, uniform: () => 0.5 };
    expect(() => gpt.generate(request)).toThrow(/h\.1\.ln_2\.weight/);
    expect(() => gpt.tokenLossesNats([[1, 2]])).toThrow(DivergenceError);
  });
});

describe('loading TensorFlow.js', () => {
  it('describes every backend, with a reason and a remedy where one cannot be used', async () => {
    const backends = await describeTensorflow();
    expect(backends.map(({ name }) => name)).toEqual(['tfjs-node', 'tfjs-node-gpu', 'wasm', 'cpu']);
    for (const { available, reason } of backends) {
      if (!available) expect(reason).toMatch(/^it .*\. .*(Run|run) `npm/);
    }
  });

  it('takes the first backend that works, and says why others were passed over', async () => {
    const usable = (await describeTensorflow()).find(({ available }) => available);
    const { backend, detail, notes } = await loadTensorflow();
    expect(backend).toBe(usable?.name);
    expect(detail).toContain('TensorFlow.js 4.22.0');
    expect(notes.length > 0).toBe(backend === 'wasm' || backend === 'cpu');
    await loadTensorflow({ backend: 'cpu' });
  });
});

describe('errors of TensorFlow', () => {
  it('say what was being done and what to try', () => {
    const failing = (message: string) => () =>
      translateErrors('training', () => {
        throw new Error(`${message}\n    at somewhere`);
      });
    expect(failing('OOM when allocating tensor')).toThrow(TensorflowError);
    expect(failing('OOM when allocating tensor')).toThrow(/while training: OOM.*smaller batch/);
    expect(failing('Kernel missing')).toThrow(/Kernel missing\. .*--engine auto/);
  });

  it('leave errors of this program as they are', () => {
    const error = new InputError('a token is out of range');
    expect(() =>
      translateErrors('training', () => {
        throw error;
      }),
    ).toThrow(error);
  });
});
