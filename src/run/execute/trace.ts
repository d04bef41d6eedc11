// The trace of a run: a hash of every parameter tensor at some optimizer steps. Where two runs that should be
// equal part, their traces tell after which step, and in which tensor.
import { sha256 } from '../../core/node/sha256.ts';
import type { Gpt } from '../../model/gpt.ts';

/** The weights after an optimizer step. */
export interface TraceEntry {
  /** Of the whole run; 0: initial weights. */
  readonly optimizerStep: number;
  readonly phase: string;
  /** Training loss of the step, before its update, nats/token; null at step 0. */
  readonly lossNats: number | null;
  /** SHA-256 of each tensor's f32 values, by its name. */
  readonly tensors: Readonly<Record<string, string>>;
}

/** Where two traces part. */
export interface TraceDifference {
  /** The last step of both traces at which all tensors were equal; null: there is none. */
  readonly equalUntilStep: number | null;
  /** The first step at which they differ. */
  readonly optimizerStep: number;
  readonly phase: string;
  /** Tensors that differ there, in the order of the model. */
  readonly tensors: readonly string[];
  /** Whether the training loss of that step, which the weights before it gave, is another too. */
  readonly lossDiffers: boolean;
}

/** Whether weights are traced after a number of steps of a phase: powers of two, so that the first steps are dense. */
export function isTracedStep(phaseStep: number): boolean {
  return phaseStep > 0 && (phaseStep & (phaseStep - 1)) === 0;
}

/** SHA-256 of an array's bytes. */
function hashTensor(values: Float32Array): string {
  return sha256(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
}

/** SHA-256 of each tensor, by name. */
export function hashTensors(weights: ReadonlyMap<string, Float32Array>): Record<string, string> {
  return Object.fromEntries([...weights].map(([name, values]) => [name, hashTensor(values)]));
}

/** An entry for a model's weights as they are now. */
export function traceWeights(model: Pick<Gpt, 'getWeights'>, at: Omit<TraceEntry, 'tensors'>): TraceEntry {
  return { ...at, tensors: hashTensors(model.getWeights()) };
}

/** Where two traces part; null where every step that both have is equal. */
export function compareTraces(
  one: readonly TraceEntry[],
  other: readonly TraceEntry[],
): TraceDifference | null {
  const others = new Map(other.map((entry) => [entry.optimizerStep, entry]));
  let equalUntilStep: number | null = null;
  for (const { optimizerStep, phase, lossNats, tensors } of one) {
    const match = others.get(optimizerStep);
    if (match === undefined) continue;
    const names = [...new Set([...Object.keys(tensors), ...Object.keys(match.tensors)])];
    const parted = names.filter((name) => tensors[name] !== match.tensors[name]);
    const lossDiffers = lossNats !== match.lossNats;
    if (parted.length > 0) return { equalUntilStep, optimizerStep, phase, tensors: parted, lossDiffers };
    equalUntilStep = optimizerStep;
  }
  return null;
}
