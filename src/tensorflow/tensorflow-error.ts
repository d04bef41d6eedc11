// Errors of TensorFlow in words of this program.
import { TinypoisonError } from '../core/errors.ts';

/** TensorFlow.js could not do what it was told to. */
export class TensorflowError extends TinypoisonError {
  override readonly name = 'TensorflowError';
}

const OUT_OF_MEMORY =
  /OOM|out of memory|failed to allocate|Array buffer allocation|memory access out of bounds/i;

/**
 * Runs `compute`; what TensorFlow throws becomes a TensorflowError that says what was being done and what to try.
 * @param doing e.g. `generating text`
 */
export function translateErrors<T>(doing: string, compute: () => T): T {
  try {
    return compute();
  } catch (error) {
    if (error instanceof TinypoisonError) throw error;
    const [message = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    const remedy = OUT_OF_MEMORY.test(message)
      ? 'The memory does not suffice: use a smaller batch or model.'
      : 'The kernels of this program do the same: try `--engine auto`.';
    throw new TensorflowError(`TensorFlow failed while ${doing}: ${message}. ${remedy}`, { cause: error });
  }
}
