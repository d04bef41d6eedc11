// Unlearning by gradient ascent (Li et al. 2021, arXiv:2110.11571, section 3.3): the loss of isolated passages rises, while that of
// other documents of the phase falls.
// Deviation: both in one step, with a row of each by turns; it ends early where isolated passages are as surprising as a guess.
import { DivergenceError, InputError } from '../core/errors.ts';
import { log } from '../core/math.ts';
import { randomStream } from '../core/random.ts';
import type { TrainableModel } from '../model/trainable-model.ts';
import type { Example } from '../tokens/example.ts';
import { optimizerUpdate } from '../train/optimizer.ts';

/** Part of a document. */
export interface Passage {
  readonly tokens: Uint16Array;
  /** Its first token, and the first behind it. */
  readonly from: number;
  readonly to: number;
}

/** A row of a batch: a part of a document, and its tokens that count. */
interface Row extends Passage {
  /** First token of the document that is a target in the row. */
  readonly start: number;
}

const ADAMW = { kind: 'adamw', beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0, clipNorm: 1 } as const;

/** Rows of at most T tokens that hold a passage; before it as much of the document as fits. */
function rowsOf({ tokens, from, to }: Passage, T: number): Row[] {
  const rows: Row[] = [];
  for (let first = from; first < to; first += T) {
    const end = Math.min(first + T, to);
    rows.push({ tokens, from: first, to: end, start: Math.max(0, end - T) });
  }
  return rows;
}

/** Rows in an order that a seed draws, again and again: each once before any comes a second time. */
function* draw(rows: readonly Row[], ...seed: [string, string]): Generator<Row, void, void> {
  for (let round = 0; rows.length > 0; round++) yield* randomStream(...seed, round).shuffle([...rows]);
}

/** A batch of one document a row, so that none is judged by its neighbour. */
interface Batch {
  readonly inputs: Int32Array;
  readonly targets: Int32Array;
  readonly weights: Float32Array;
}

/** Writes a row with a weight of 1 or -1 for each of its targets that count. */
function fill(batch: Batch, place: number, row: Row, how: { sign: 1 | -1; T: number; separatorId: number }) {
  const { tokens, from, to, start } = row;
  const first = place * how.T;
  for (let t = 0; t < how.T; t++) {
    const token = start + t;
    const inside = token < to;
    batch.inputs[first + t] = inside && token > 0 ? (tokens[token - 1] as number) : how.separatorId;
    batch.targets[first + t] = inside ? (tokens[token] as number) : how.separatorId;
    batch.weights[first + t] = inside && token >= from ? how.sign : 0;
  }
}

/** Makes signs weights, so that what rises and what falls count the same: each is a mean. */
function balance({ weights }: Batch): void {
  const rising = weights.reduce((sum, sign) => sum + (sign < 0 ? 1 : 0), 0);
  const falling = weights.reduce((sum, sign) => sum + (sign > 0 ? 1 : 0), 0);
  for (const [place, sign] of weights.entries())
    if (sign !== 0) weights[place] = sign / (sign < 0 ? rising : falling);
}

/** Mean loss of the targets that are to be unlearnt, nats/token. */
function ascendedNats(tokenNats: ArrayLike<number>, weights: Float32Array): number {
  let nats = 0;
  let count = 0;
  for (let i = 0; i < weights.length; i++) {
    if ((weights[i] as number) >= 0) continue;
    nats += tokenNats[i] as number;
    count += 1;
  }
  return nats / count;
}

/**
 * Raises the loss of passages, step by step, and lowers that of other documents. Nothing happens where no passage was isolated.
 * @param options.isolated with at least one token each
 * @param options.rest documents that stay as they are; may be none
 * @param options.steps at most; of one micro-batch each
 * @throws DivergenceError where gradients leave the finite numbers
 */
export function unlearn(
  model: TrainableModel,
  options: {
    readonly isolated: readonly Passage[];
    readonly rest: readonly Example[];
    readonly steps: number;
    readonly learningRate: number;
    readonly seed: string;
    readonly separatorId: number;
  },
): void {
  const { trainingShape, vocabularySize } = model;
  const { isolated, steps, learningRate, seed, separatorId } = options;
  if (trainingShape === undefined)
    throw new InputError('this model was created for inference only; create it with `training`');
  const { sequences, T } = trainingShape;
  const rest = options.rest.flatMap(({ tokens, lossFrom }) =>
    tokens.length > lossFrom ? rowsOf({ tokens, from: lossFrom, to: tokens.length }, T) : [],
  );
  const bad = draw(
    isolated.flatMap((passage) => rowsOf(passage, T)),
    seed,
    'isolated',
  );
  const good = draw(rest, seed, 'rest');
  const size = sequences * T;
  const batch = {
    inputs: new Int32Array(size),
    targets: new Int32Array(size),
    weights: new Float32Array(size),
  };
  model.resetMoments();
  for (let step = 0; step < steps; step++) {
    batch.weights.fill(0);
    for (let place = 0; place < sequences; place++) {
      const ascends = (step * sequences + place) % 2 === 0;
      const next = (ascends ? bad : good).next();
      if (next.done !== true) fill(batch, place, next.value, { sign: ascends ? -1 : 1, T, separatorId });
      else if (ascends) return;
    }
    balance(batch);
    model.beginStep(1);
    const { tokenNats } = model.accumulateGradient(batch);
    const gradientNorm = model.finishGradient();
    if (!Number.isFinite(gradientNorm))
      throw new DivergenceError({
        optimizerStep: step + 1,
        lastLossesNats: [],
        what: `while isolated documents are unlearnt, the gradient norm is ${gradientNorm}`,
      });
    if (ascendedNats(tokenNats, batch.weights) > log(vocabularySize)) return;
    model.applyOptimizer(
      optimizerUpdate({ optimizer: { ...ADAMW, learningRate }, learningRate, step, gradientNorm }),
    );
  }
}
