// What training costs once a model is trained: a step on the weights of a stored run beside one on fresh weights, on text that
// the trained model tells. Fresh weights alone hide what only trained ones do (numbers too small for the processor's fast path).
// With --other also the same in another checkout, in turns; exits with 1 where weights or moments are other bits after the steps.
// Moments begin at zero.
//   node bench/trained.mjs RUN_FOLDER [--other CHECKOUT] [--level avx512] [--rounds 15] [--steps 5] [--sequences 8]
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    other: { type: 'string' },
    level: { type: 'string' },
    rounds: { type: 'string', default: '15' },
    steps: { type: 'string', default: '5' },
    sequences: { type: 'string', default: '8' },
  },
});
const [folder] = positionals;
if (folder === undefined) {
  console.error(
    'usage: node bench/trained.mjs RUN_FOLDER [--other CHECKOUT] [--level L] [--rounds N] [--steps N] [--sequences B]',
  );
  process.exit(2);
}
const [rounds, steps, B] = [options.rounds, options.steps, options.sequences].map(Number);

/** Ends each text in every vocabulary: the token behind the 256 bytes. */
const SEPARATOR = 256;

/** Numbers between 0 and 1 that look random; the same in every checkout. */
function numbers() {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A checkout's models, fresh and trained, each with what does one step. */
async function open(checkout) {
  const part = (path) => import(pathToFileURL(resolve(checkout, 'dist', path)).href);
  const { createNativeEngine } = await part('kernels/native/native-engine.js');
  const { createGpt } = await part('model/gpt.js');
  const { loadModel } = await part('model/node/save-model.js');
  const engine = createNativeEngine(options.level === undefined ? {} : { level: options.level });
  if ('reason' in engine) throw new Error(engine.reason);
  const { config, vocabularySize, weights } = loadModel(resolve(folder, 'weights'));
  const T = config.contextTokens;
  const create = () => createGpt({ config, vocabularySize, training: { sequences: B }, engine });
  const trained = create();
  trained.setWeights(weights);
  const uniform = numbers();
  const told = trained
    .generate({
      prompts: Array.from({ length: 64 }, () => [SEPARATOR]),
      newTokens: T - 1,
      temperature: 1,
      uniform,
    })
    .map(({ tokens }) => [SEPARATOR, ...tokens, SEPARATOR]);
  const fresh = create();
  fresh.initialise(1);
  const stepper = (model) => {
    const draw = numbers();
    return () => {
      const texts = Array.from({ length: B }, () => told[Math.floor(draw() * told.length)]);
      model.beginStep(B * T);
      model.accumulateGradient({
        inputs: Int32Array.from(texts.flatMap((text) => text.slice(0, T))),
        targets: Int32Array.from(texts.flatMap((text) => text.slice(1, T + 1))),
        weights: new Float32Array(B * T).fill(1),
      });
      const gradientScale = Math.min(1, 1 / model.finishGradient());
      const update = { kind: 'adamw', learningRate: 1e-5, weightDecay: 0, gradientScale, epsilon: 1e-8 };
      model.applyOptimizer({ ...update, beta1: 0.9, beta2: 0.95, correction1: 1, correction2: 1 });
    };
  };
  const bits = () => {
    const hash = createHash('sha256');
    for (const array of Object.values(trained.exportTraining()))
      hash.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    return hash.digest('hex').slice(0, 16);
  };
  return { detail: engine.detail, step: { fresh: stepper(fresh), trained: stepper(trained) }, bits };
}

const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];
const here = resolve(import.meta.dirname, '..');
const checkouts = { here: await open(here), ...(options.other && { other: await open(options.other) }) };
const times = {};
const turns = Object.entries(checkouts).flatMap(([name, { step }]) =>
  Object.entries(step).map(([kind, one]) => ({ name, kind, one })),
);
for (let round = 0; round < rounds; round++)
  for (const { name, kind, one } of round % 2 === 0 ? turns : turns.toReversed()) {
    const start = process.cpuUsage();
    for (let i = 0; i < steps; i++) one();
    const { user, system } = process.cpuUsage(start);
    times[name] ??= {};
    times[name][kind] ??= [];
    times[name][kind].push((user + system) / 1000 / steps);
  }
for (const [name, { detail, bits }] of Object.entries(checkouts)) {
  const { fresh, trained } = times[name];
  const [a, b] = [median(fresh), median(trained)];
  console.log(
    `${name} (${detail}): ${a.toFixed(1)} ms a step on fresh weights, ${b.toFixed(1)} on trained ones, ${(b / a).toFixed(2)} times; weights and moments then ${bits()}`,
  );
}
if (times.other !== undefined) {
  const ratios = times.other.trained.map((other, round) => other / times.here.trained[round]);
  const areEqual = checkouts.here.bits() === checkouts.other.bits();
  console.log(
    `trained, other / here: ${median(ratios).toFixed(2)} times, median of ${rounds} rounds; ${areEqual ? 'the same bits' : 'OTHER BITS'}`,
  );
  if (!areEqual) process.exitCode = 1;
}
