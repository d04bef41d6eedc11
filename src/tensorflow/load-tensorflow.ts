// Which TensorFlow.js runs here: native TensorFlow, WebAssembly or plain JavaScript, in this order. All packages are
// optional and loaded only when this engine is requested.
import { createRequire } from 'node:module';
import util from 'node:util';
import { InputError } from '../core/errors.ts';
import type { TensorflowModule } from './tensorflow-module.ts';

const require = createRequire(import.meta.url);

/** What TensorFlow.js computes with. */
export type TensorflowBackend = 'tfjs-node' | 'tfjs-node-gpu' | 'wasm' | 'cpu';

interface BackendPackage {
  readonly name: TensorflowBackend;
  readonly package: string;
  /** As TensorFlow.js calls the backend that the package registers. */
  readonly registered: string;
  readonly words: string;
  readonly remedy: string;
}

const REINSTALL = 'Run `npm ci` without --omit=optional.';

/** All backends, fastest first. */
const BACKENDS: readonly BackendPackage[] = [
  {
    name: 'tfjs-node',
    package: '@tensorflow/tfjs-node',
    registered: 'tensorflow',
    words: 'native TensorFlow',
    remedy: 'Run `npm run setup:tfjs`.',
  },
  {
    name: 'tfjs-node-gpu',
    package: '@tensorflow/tfjs-node-gpu',
    registered: 'tensorflow',
    words: 'native TensorFlow on a GPU',
    remedy: 'With CUDA, run `npm install --no-save @tensorflow/tfjs-node-gpu@4.22.0`.',
  },
  {
    name: 'wasm',
    package: '@tensorflow/tfjs-backend-wasm',
    registered: 'wasm',
    words: 'WebAssembly',
    remedy: REINSTALL,
  },
  {
    name: 'cpu',
    package: '@tensorflow/tfjs-backend-cpu',
    registered: 'cpu',
    words: 'plain JavaScript, very slow',
    remedy: REINSTALL,
  },
];

/** A backend that works. */
export interface Tensorflow {
  readonly tf: TensorflowModule;
  readonly backend: TensorflowBackend;
  /** As text, e.g. `TensorFlow.js 4.22.0, native TensorFlow, not bit-reproducible`. */
  readonly detail: string;
  /** Sentences: backends passed over, and why. */
  readonly notes: readonly string[];
  /** Rows of a table can be gathered and the gradient scattered back; otherwise products with one-hot rows do it. */
  readonly gathers: boolean;
}

/** One backend as `doctor` prints it. */
export interface BackendDescription {
  readonly name: TensorflowBackend;
  readonly available: boolean;
  /** In words. */
  readonly detail: string;
  /** Why it is not available, and how to get it. */
  readonly reason?: string;
}

/** TensorFlow reads these once, when its library is loaded. */
function setEnvironment(threads: number): void {
  const { env } = process;
  env.TF_CPP_MIN_LOG_LEVEL ??= '3';
  env.TF_NUM_INTRAOP_THREADS ??= String(threads);
  env.TF_NUM_INTEROP_THREADS ??= '1';
}

/** tfjs-node calls functions of `util` that Node 23 removed, and that warn of it on stderr in Node 22. */
function replaceUtil(): void {
  const replacements = {
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
    isArray: (value: unknown) => Array.isArray(value),
  };
  Object.assign(util, replacements);
}

/** Why a package did not load, in one line. */
function explain(error: unknown, name: string): string {
  const { message = String(error), code } = error as NodeJS.ErrnoException;
  if (code === 'MODULE_NOT_FOUND' && message.includes(`'${name}'`)) return 'it is not installed';
  if (message.includes('tfjs_binding.node') && message.includes('can not be found')) {
    return 'it is installed without its native library';
  }
  return `it does not load: ${message.split('\n')[0]}`;
}

let core: TensorflowModule | { readonly reason: string } | undefined;

/** The operations and their gradients, which every backend shares. */
function loadCore(): TensorflowModule | { readonly reason: string } {
  if (core !== undefined) return core;
  try {
    const tf = require('@tensorflow/tfjs-core') as TensorflowModule;
    tf.enableProdMode();
    // the gradients of all operations: the core has them only in files that Node cannot load
    require('@tensorflow/tfjs-layers');
    core = tf;
  } catch (error) {
    core = { reason: explain(error, '@tensorflow/tfjs-core') };
  }
  return core;
}

/** Loads one backend and makes it the current one; or says why not. */
async function tryBackend(candidate: BackendPackage, threads: number): Promise<TensorflowModule | string> {
  const tf = loadCore();
  if ('reason' in tf) return `@tensorflow/tfjs-core: ${tf.reason}`;
  try {
    if (candidate.registered === 'tensorflow') {
      setEnvironment(threads);
      replaceUtil();
    }
    require(candidate.package);
    if (await tf.setBackend(candidate.registered)) return tf;
    return 'it does not start';
  } catch (error) {
    return explain(error, candidate.package);
  }
}

/**
 * Loads TensorFlow.js. One process has one backend at a time: the last that was loaded.
 * @param options.threads of native TensorFlow, 1 by default; it takes them when it is first loaded
 * @param options.backend this one and no other; by default the first that works
 * @throws InputError where there is none, with the reasons and what to do
 */
export async function loadTensorflow(
  options: { threads?: number; backend?: TensorflowBackend } = {},
): Promise<Tensorflow> {
  const notes: string[] = [];
  for (const candidate of BACKENDS) {
    if (options.backend !== undefined && candidate.name !== options.backend) continue;
    const tf = await tryBackend(candidate, options.threads ?? 1);
    if (typeof tf !== 'string') {
      return {
        tf,
        backend: candidate.name,
        detail: `TensorFlow.js ${tf.version_core}, ${candidate.words}, not bit-reproducible`,
        notes,
        gathers: tf.getKernel('UnsortedSegmentSum', candidate.registered) !== undefined,
      };
    }
    // the package for a GPU is nothing that most users miss
    if (candidate.name !== 'tfjs-node-gpu' || options.backend !== undefined) {
      notes.push(`${candidate.package} is not used: ${tf}. ${candidate.remedy}`);
    }
  }
  throw new InputError(`TensorFlow.js cannot be used. ${notes.join(' ')} Or choose \`--engine auto\`.`);
}

/** Every backend, fastest first: whether it works here, and if not, why and what to do. */
export async function describeTensorflow(): Promise<BackendDescription[]> {
  const descriptions: BackendDescription[] = [];
  for (const candidate of BACKENDS) {
    const tf = await tryBackend(candidate, 1);
    const { name, words, remedy } = candidate;
    descriptions.push(
      typeof tf === 'string'
        ? { name, available: false, detail: words, reason: `${tf}. ${remedy}` }
        : { name, available: true, detail: `${words}, TensorFlow.js ${tf.version_core}` },
    );
  }
  return descriptions;
}
