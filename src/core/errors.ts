// Errors a person is meant to read: what is wrong, the value seen, where, and what to do.

/** One problem found in an input file. `line` and `column` count from 1. */
export interface Problem {
  readonly message: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
}

function describe(problem: Problem): string {
  const place = [problem.file, problem.line, problem.column].filter((part) => part !== undefined).join(':');
  return place === '' ? problem.message : `${place} ${problem.message}`;
}

/** Base of all errors that are expected and explained; everything else is a defect of the program. */
export class TinypoisonError extends Error {
  override readonly name: string = 'TinypoisonError';
}

/** Bad input: a config, a corpus, a command line. The command line exits with 2. All problems at once. */
export class InputError extends TinypoisonError {
  override readonly name = 'InputError';
  readonly problems: readonly Problem[];

  constructor(problems: string | Problem | readonly Problem[]) {
    const list: readonly Problem[] =
      typeof problems === 'string'
        ? [{ message: problems }]
        : Array.isArray(problems)
          ? (problems as readonly Problem[])
          : [problems as Problem];
    super(list.map(describe).join('\n'));
    this.problems = list;
  }
}

/** An artefact of the store is missing or damaged: it is made again by the same command, and no run is to blame. */
export class ArtefactError extends TinypoisonError {
  override readonly name: string = 'ArtefactError';
}

/** What is to blame is this machine, such as too little memory; no run is. What is wrong, and what to do, in sentences. */
export class EnvironmentError extends TinypoisonError {
  override readonly name: string = 'EnvironmentError';
}

/** Training left the finite numbers: a loss or gradient norm is NaN or infinite. Recorded, never dropped. */
export class DivergenceError extends TinypoisonError {
  override readonly name = 'DivergenceError';
  /** Step (from 1) whose loss or gradient was not finite. */
  readonly optimizerStep: number;
  /** Losses of the steps before it in nats per token, oldest first. */
  readonly lastLossesNats: readonly number[];
  /** What was not finite. */
  readonly what: string;

  constructor(options: { optimizerStep: number; lastLossesNats: readonly number[]; what: string }) {
    const last = options.lastLossesNats.map((loss) => loss.toFixed(3)).join(', ');
    super(
      `training diverged: ${options.what} at optimizer step ${options.optimizerStep} (last losses: ${last || 'none'} nats). ` +
        'Try a lower learning rate or a clip norm.',
    );
    this.optimizerStep = options.optimizerStep;
    this.lastLossesNats = options.lastLossesNats;
    this.what = options.what;
  }
}
