// The engine of native code: the C kernels in a Node-API addon, for the widest vectors that the processor has.
import { ArenaError } from '../arena-error.ts';
import { attentionScratchWords } from '../attention-scratch.ts';
import type { Arena, Engine } from '../engine.ts';
import { type Addon, type AddonOrigin, firstAddon, loadAddon } from './load-addon.ts';

/** Names of the instruction sets, for people. */
const LEVEL_WORDS: Readonly<Record<string, string>> = {
  sse2: 'SSE2',
  avx2: 'AVX2',
  avx512: 'AVX-512',
  neon: 'NEON',
};

/** Native levels that this machine can run, slowest first; empty where there is no addon. */
export function nativeLevels(): string[] {
  const result = firstAddon();
  if (!('addon' in result)) return [];
  return result.addon.levels.filter(({ isSupported }) => isSupported).map(({ name }) => name);
}

function createArena(addon: Addon, level: number, words: number, threads: number): Arena {
  let memory: ReturnType<Addon['createArena']>;
  try {
    memory = addon.createArena(words, threads, level);
  } catch (error) {
    throw new ArenaError({ words, reason: error instanceof Error ? error.message : String(error) });
  }
  const { buffer, handle } = memory;
  let isReleased = false;
  return {
    floats: new Float32Array(buffer),
    integers: new Int32Array(buffer),
    run: (start, length) => addon.run(handle, start, length),
    release: () => {
      if (!isReleased) addon.release(handle, buffer);
      isReleased = true;
    },
  };
}

/** The place of the requested level, or of the fastest; or why it cannot be had. */
function findLevel(addon: Addon, name: string | undefined): number | string {
  if (name === undefined) return addon.levels.findLastIndex(({ isSupported }) => isSupported);
  const level = addon.levels.findIndex((candidate) => candidate.name === name);
  if (level === -1) return `the native kernels were not built for ${name}`;
  return addon.levels[level].isSupported ? level : `this processor does not have ${name}`;
}

/**
 * Shapes of which another is faster in whole steps, though the trial product of 96 rows cannot tell: batches have rows by
 * powers of two, which eight divides and twelve does not. The bits are the same.
 */
const FASTER_IN_STEPS: Readonly<Record<string, string>> = { '12x32': '8x32' };

/** Chooses the tile shape of a level: by a trial, and by what is known of whole steps. */
function chooseTile(addon: Addon, level: number, tiles: readonly string[]): string {
  const tried = addon.prepare(level);
  const better = tiles.indexOf(FASTER_IN_STEPS[tried] ?? '');
  if (better === -1) return tried;
  addon.setTile(level, better);
  return addon.prepare(level);
}

/**
 * The native engine, or the reason why it cannot be had.
 * @param options.level an instruction set (`sse2`, `avx2`, `avx512`, `neon`); left out: the widest there is
 * @param options.origin the addon to use; left out: the first there is
 * @param options.tile a tile shape, e.g. `8x32`, for the whole process; left out: the fastest, by timing
 */
export function createNativeEngine(
  options: { origin?: AddonOrigin; level?: string; tile?: string } = {},
): Engine | { readonly reason: string } {
  const result = options.origin === undefined ? firstAddon() : loadAddon(options.origin);
  if ('reason' in result) return result;
  const { addon, origin, file } = result;
  const level = findLevel(addon, options.level);
  if (typeof level === 'string') return { reason: level };
  const { name, tiles } = addon.levels[level];
  if (options.tile !== undefined) {
    if (!tiles.includes(options.tile)) {
      return { reason: `the native kernels have no tile shape ${options.tile}` };
    }
    addon.setTile(level, tiles.indexOf(options.tile));
  }
  const tile = options.tile === undefined ? chooseTile(addon, level, tiles) : addon.prepare(level);
  return {
    name: 'native',
    detail: `native${origin === 'prebuilt' ? ' (prebuilt)' : ''}, ${LEVEL_WORDS[name] ?? name}, tile ${tile}`,
    file,
    createArena: ({ words, threads = 1 }) => createArena(addon, level, words, threads),
    attentionScratchWords,
  };
}

/** Tile shapes of a native level; empty where it cannot be had. */
export function nativeTiles(level: string): readonly string[] {
  const result = firstAddon();
  if (!('addon' in result)) return [];
  return result.addon.levels.find(({ name, isSupported }) => name === level && isSupported)?.tiles ?? [];
}

/**
 * Peak of one core at a level in floating-point operations a second, or undefined where it cannot be had.
 * @public for the benchmark
 */
export function measureNativePeak(options: { level: string; milliseconds: number }): number | undefined {
  const result = firstAddon();
  if (!('addon' in result)) return undefined;
  const level = findLevel(result.addon, options.level);
  return typeof level === 'string' ? undefined : result.addon.measurePeak(level, options.milliseconds);
}
