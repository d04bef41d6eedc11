// What sanitise-kernels.mjs runs, in a process of its own: node sanitised-run.mjs ADDON
import { selfTestHashes, selfTestProblem } from '../dist/kernels/self-test/self-test.js';
import { createGpt } from '../dist/model/gpt.js';
import { engineOfAddon } from './kernel-engine.mjs';

const engine = engineOfAddon(process.argv[2]);
const problem = selfTestProblem(engine);
if (problem !== undefined) throw new Error(problem);
for (const threads of [2, 3]) selfTestHashes(engine, { threads });

const shapes = [
  { width: 16, heads: 2, positions: 'rope', tied: true, biases: false, norm: 'layernorm' },
  { width: 20, heads: 1, positions: 'learned', tied: false, biases: true, norm: 'rmsnorm' },
  { width: 48, heads: 2, positions: 'rope', tied: false, biases: true, norm: 'layernorm' },
];
for (const shape of shapes) {
  for (const [vocabularySize, threads] of [
    [37, 1],
    [512, 3],
  ]) {
    const config = { ...shape, layers: 2, contextTokens: 80, ropeBase: 1000, initStandardDeviation: 0.1 };
    const training = { sequences: 3, tokens: 19, sequenceGradients: true };
    const model = createGpt({ config, vocabularySize, engine, threads, training });
    model.initialise(1);
    const tokens = Int32Array.from({ length: 57 }, (_, i) => (7 * i) % vocabularySize);
    const batch = { inputs: tokens, targets: tokens, weights: new Float32Array(57).fill(1) };
    const update = { learningRate: 0.01, weightDecay: 0.1, gradientScale: 1, beta1: 0.9, beta2: 0.99 };
    for (const kind of ['adamw', 'sgd']) {
      model.beginStep(57);
      model.accumulateGradient(batch);
      model.accumulateSequences(batch, ({ norm }) => 0.1 / norm);
      model.finishGradient();
      model.applyOptimizer({ ...update, kind, correction1: 10, correction2: 100, epsilon: 1e-8 });
    }
    model.inputGradients([{ tokens: tokens.subarray(0, 7) }]);
    model.hiddenStates([tokens, tokens.subarray(0, 3)], { layer: 1 });
    model.tokenLossesNats([tokens, tokens.subarray(0, 5)]);
    model.nextTokenProbabilities([tokens]);
    const request = { prompts: [tokens.subarray(0, 9), [1], [2, 3]], newTokens: 70, uniform: () => 0.7 };
    model.generate({ ...request, temperature: 0.8, topK: 5 });
    model.generate({ ...request, temperature: 0 });
    model.release();
  }
}
console.log(`the self-test and ${shapes.length * 2} models ran clean`);
