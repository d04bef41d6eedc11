// The error of an engine that cannot have the memory it requested.
import { EnvironmentError } from '../core/errors.ts';

/** An arena that cannot be had: the model, batch or context needs more memory than there is. */
export class ArenaError extends EnvironmentError {
  override readonly name = 'ArenaError';
  /** Words of 4 bytes that were requested. */
  readonly words: number;

  constructor({ words, reason }: { words: number; reason: string }) {
    const mebibytes = Math.ceil(words / 262144);
    super(
      `${mebibytes} MiB for the model and its training state cannot be had: ${reason}. ` +
        'Try a smaller model, batch or context, or fewer workers.',
    );
    this.words = words;
  }
}
