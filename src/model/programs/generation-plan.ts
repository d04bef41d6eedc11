// The plan of generation: its buffers, and the programs that advance all prompts by a position and draw tokens.
import { roundUpTo16 } from '../../kernels/attention-scratch.ts';
import { Program } from '../../kernels/program.ts';
import type { ModelShape } from '../shape.ts';
import { planStream, type StreamActivations } from './activations.ts';
import { type ModelParts, recordLogits, recordStream } from './forward.ts';
import type { Plan, Workspace } from './memory.ts';

/** Prompts side by side at most: more spill the caches of small models, fewer waste the matrix products. */
const MOST_ROWS = 64;

/** Words that the keys and values of a sub-batch may take (64 MiB), as long as one prompt fits. */
const CACHE_WORDS = 16 * 1024 * 1024;

/** Word offsets of a sub-batch of prompts. */
export interface GenerationWorkspace {
  readonly stream: StreamActivations;
  /** Keys and values of each layer. [L][rows][H][2][D'][T'], laid out by the engine */
  readonly caches: readonly number[];
  /** i32: the position all rows are at. */
  readonly position: number;
  /** [rows][V'] */
  readonly logits: number;
  /** Uniform number of each row. [rows] */
  readonly uniforms: number;
  /** f32; 0: greedy */
  readonly inverseTemperature: number;
  /** Drawn ids, i32. [rows] */
  readonly drawn: number;
  /** [rows] */
  readonly nats: number;
  /** [rows] */
  readonly entropyNats: number;
}

export interface GenerationShape {
  /** Prompts side by side. */
  readonly rows: number;
  /** Positions in the cache. */
  readonly T: number;
}

function cacheWords({ H, D }: ModelShape, { rows, T }: GenerationShape): number {
  return rows * H * 2 * roundUpTo16(D) * roundUpTo16(T);
}

/** Prompts that go side by side through a model of this shape. */
export function generationRows(shape: ModelShape): number {
  const perRow = shape.L * cacheWords(shape, { rows: 1, T: shape.T });
  return Math.max(1, Math.min(MOST_ROWS, Math.floor(CACHE_WORDS / perRow)));
}

/** The plan of generation in the workspace. */
export function planGenerationWorkspace(shape: ModelShape, size: GenerationShape): Plan<GenerationWorkspace> {
  const { rows } = size;
  return (reserve) => ({
    stream: planStream(reserve, shape, { N: rows, probabilityWords: 0, keep: false }),
    caches: Array.from({ length: shape.L }, () => reserve(cacheWords(shape, size))),
    position: reserve(1),
    logits: reserve(rows * roundUpTo16(shape.V)),
    uniforms: reserve(rows),
    inverseTemperature: reserve(1),
    drawn: reserve(rows),
    nats: reserve(rows),
    entropyNats: reserve(rows),
  });
}

/** Records one position of all rows: into the cache, and to the head's input. [rows] tokens -> [rows][C] */
export function recordAdvance(
  program: Program,
  model: ModelParts,
  { stream, caches, position }: GenerationWorkspace,
  T: number,
) {
  const { H, D } = model.shape;
  recordStream(program, model, stream, ({ qkv, y }, l) => {
    program.record('attentionStep', {
      rows: stream.N,
      T,
      heads: H,
      D,
      qkv,
      cache: caches[l] as number,
      y,
      position,
    });
  });
}

/** The same, then logits of each row. [rows][V] */
export function recordAdvanceToLogits(
  program: Program,
  model: ModelParts,
  workspace: GenerationWorkspace,
  T: number,
): void {
  recordAdvance(program, model, workspace, T);
  const { stream, logits } = workspace;
  const io = { rows: stream.N, A: stream.normalised, C: logits, ldc: roundUpTo16(model.shape.V) };
  recordLogits(program, model, io);
}

/** A token drawn from each row of logits. */
export function recordSample(
  program: Program,
  { shape: { V } }: ModelParts,
  workspace: GenerationWorkspace,
  topK: number,
): void {
  const { stream, logits, uniforms, inverseTemperature, drawn, nats, entropyNats } = workspace;
  program.record('sample', {
    rows: stream.N,
    vocabulary: V,
    logits,
    ld: roundUpTo16(V),
    uniforms,
    inverseTemperature,
    topK,
    tokens: drawn,
    nats,
    entropy: entropyNats,
  });
}

/** Both. */
export function recordAdvanceAndSample(
  program: Program,
  model: ModelParts,
  workspace: GenerationWorkspace,
  { T, topK }: { T: number; topK: number },
): void {
  recordAdvanceToLogits(program, model, workspace, T);
  recordSample(program, model, workspace, topK);
}

/** Words of the two programs of generation; their length depends on the model alone. */
export function generationProgramWords(model: ModelParts, workspace: Workspace): number {
  const program = new Program();
  const place = workspace.place(planGenerationWorkspace(model.shape, { rows: 1, T: 16 }));
  recordAdvanceAndSample(program, model, place, { T: 16, topK: 0 });
  return program.words;
}
