// The engines that a user can name: the one list from which command line, plan, verify and provenance read.

/** What is known of an engine before it is loaded. Fastest first: `auto` tries the exact ones in this order. */
export const ENGINES = {
  native: {
    /** Gives the bits that all exact engines give; the others have an arithmetic of their own. */
    arithmetic: 'exact',
    /** Floating-point operations a second of one worker, evaluation included: a guess until runs were measured. */
    guessedFlopsPerSecond: 25e9,
    /** The file with its compiled code, from the root of the package; null: it has none. */
    kernelFile: 'build/native/tinypoison.node',
  },
  wasm: { arithmetic: 'exact', guessedFlopsPerSecond: 10e9, kernelFile: 'kernels/wasm/kernels.wasm' },
  reference: { arithmetic: 'exact', guessedFlopsPerSecond: 0.2e9, kernelFile: null },
  tfjs: { arithmetic: 'tfjs', guessedFlopsPerSecond: 10e9, kernelFile: null },
} as const;

type NamedEngine = keyof typeof ENGINES;

/** Providers of the kernel table: all give the same bits. */
export type EngineName = {
  [Name in NamedEngine]: (typeof ENGINES)[Name]['arithmetic'] extends 'exact' ? Name : never;
}[NamedEngine];

/**
 * What trains: a provider of the kernel table, which is outside a run's identity, for the bits are the same; or
 * TensorFlow.js, whose runs are others. `auto`: the fastest exact engine that works here.
 */
export type EngineOption = 'auto' | NamedEngine;

/** Every value of `--engine`. */
export const ENGINE_OPTIONS: readonly EngineOption[] = ['auto', ...(Object.keys(ENGINES) as NamedEngine[])];

/** The entry of a name; undefined for a name that no engine has (of another release, or `auto`). */
export function engineEntry(name: string): (typeof ENGINES)[NamedEngine] | undefined {
  return Object.entries(ENGINES).find(([known]) => known === name)?.[1];
}
