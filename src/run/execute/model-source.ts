// Where the models of a process come from: our kernels, or TensorFlow.js, which is loaded only when it is requested.
import { chooseEngine } from '../../kernels/choose-engine.ts';
import { ENGINES, type EngineOption } from '../../kernels/engine-names.ts';
import { createGpt, type Gpt } from '../../model/gpt.ts';
import type { ModelRequest } from '../../recipe/train-run.ts';
import type { RunRecord } from '../record.ts';

/** An engine that works, behind what makes models with it. */
export interface ModelSource {
  /** As `--engine` and the provenance of a run call it. */
  readonly name: string;
  /** In words. */
  readonly detail: string;
  /** Sentences: engines passed over and why, settings that are ignored. */
  readonly notes: readonly string[];
  /** The compiled kernels where they are a file chosen at run time; relative to the root of this program. */
  readonly file?: string;
  create(request: ModelRequest): Gpt;
}

/** Whether an engine gives the bits that all kernels give. */
export function arithmeticOf(engine: EngineOption): RunRecord['arithmetic'] {
  return engine === 'auto' ? 'exact' : ENGINES[engine].arithmetic;
}

async function tensorflowSource(threads: number): Promise<ModelSource> {
  const { loadTensorflow } = await import('../../tensorflow/load-tensorflow.ts');
  const { createTensorflowGpt } = await import('../../tensorflow/tensorflow-gpt.ts');
  const tensorflow = await loadTensorflow({ threads });
  const { detail, notes } = tensorflow;
  return {
    name: 'tfjs',
    detail,
    notes,
    create: (request) => createTensorflowGpt({ ...request, tensorflow }),
  };
}

function kernelSource(name: Exclude<EngineOption, 'tfjs'>, threads: number): ModelSource {
  const { engine, notes } = chooseEngine({ engine: name, threads });
  const { detail, file } = engine;
  return {
    name: engine.name,
    detail,
    notes,
    ...(file === undefined ? {} : { file }),
    create: (request) => createGpt({ ...request, engine, threads }),
  };
}

/**
 * The requested engine.
 * @throws InputError where it cannot be had, with the reason and what to do
 */
export async function openModelSource(options: {
  engine: EngineOption;
  threads?: number;
}): Promise<ModelSource> {
  const { engine, threads = 1 } = options;
  return engine === 'tfjs' ? tensorflowSource(threads) : kernelSource(engine, threads);
}
