// Finds and loads the native addon that scripts/build-native.mjs compiles. Safe to import in a browser, where it
// reports that there is none.
import { operations } from '../operations.ts';

/** An instruction set that the addon was compiled for. */
export interface AddonLevel {
  readonly name: string;
  /** This processor has it. */
  readonly isSupported: boolean;
  /** Tile shapes of matrix products, e.g. `8x32`. */
  readonly tiles: readonly string[];
}

/** What src/kernels/native/addon.c exports. Levels and tiles are given by their place in their lists. */
export interface Addon {
  /** Slowest first. */
  readonly levels: readonly AddonLevel[];
  /** Name and arguments of each operation, e.g. `zero: dst, count`. */
  readonly operations: readonly string[];
  createArena(words: number, threads: number, level: number): { buffer: ArrayBuffer; handle: number };
  run(handle: number, start: number, length: number): void;
  release(handle: number, buffer: ArrayBuffer): void;
  /** Chooses the tile shape by timing, the first time; its name. */
  prepare(level: number): string;
  setTile(level: number, tile: number): void;
  /** Floating-point operations a second of one core, multiply and add apart. */
  measurePeak(level: number, milliseconds: number): number;
}

/** The addon, or why there is none. */
export type LoadedAddon = { readonly addon: Addon } | { readonly reason: string };

const REMEDY = 'with gcc or clang installed, `npm ci` builds them';

/** The C library that this process is linked to; an addon bound to another can crash it. */
function libcName(): string {
  if (process.platform !== 'linux') return 'system';
  // Without this the report looks up the names of open connections.
  Object.assign(process.report, { excludeNetwork: true });
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return report.header?.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
}

/** Why an addon with this stamp must not be loaded here, or undefined. */
function foreignStamp(text: string): string | undefined {
  const stamp = JSON.parse(text) as Record<string, unknown>;
  const here: Record<string, unknown> = {
    platform: process.platform,
    arch: process.arch,
    libc: libcName(),
    nodeApi: 8,
  };
  const different = Object.keys(here).filter((key) => stamp[key] !== here[key]);
  if (different.length === 0) return undefined;
  const words = different.map((key) => `${key} ${String(stamp[key])}, here ${String(here[key])}`).join('; ');
  return `the native kernels were built for another system (${words}); ${REMEDY}`;
}

/** Why the addon does not fit this program, or undefined. */
function foreignTable(addon: Addon): string | undefined {
  const ours = Object.entries(operations).map(([name, args]) => `${name}: ${args.join(', ')}`);
  if (JSON.stringify(addon.operations) === JSON.stringify(ours)) return undefined;
  return `the native kernels were built from other sources; ${REMEDY}`;
}

/**
 * Loads the addon of a folder.
 * @param folder of tinypoison.node and of tinypoison.json, which says what it was built for
 */
export function loadAddonFrom(folder: string): LoadedAddon {
  const { readFileSync } = process.getBuiltinModule('node:fs');
  const { createRequire } = process.getBuiltinModule('node:module');
  let stamp: string;
  try {
    stamp = readFileSync(`${folder}/tinypoison.json`, 'utf8');
  } catch {
    return { reason: `the native kernels have not been built; ${REMEDY}` };
  }
  try {
    const foreign = foreignStamp(stamp);
    if (foreign !== undefined) return { reason: foreign };
    const addon = createRequire(import.meta.url)(`${folder}/tinypoison.node`) as Addon;
    const reason = foreignTable(addon);
    return reason === undefined ? { addon } : { reason };
  } catch (error) {
    const message = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    return { reason: `the native kernels do not load (${message}); ${REMEDY}` };
  }
}

let loaded: LoadedAddon | undefined;

/** The addon of this installation, loaded once. */
export function loadAddon(): LoadedAddon {
  if (typeof process === 'undefined' || typeof process.getBuiltinModule !== 'function') {
    return { reason: 'native kernels need Node' };
  }
  const { fileURLToPath } = process.getBuiltinModule('node:url');
  // The same place from src/kernels/native and from dist/kernels/native.
  loaded ??= loadAddonFrom(fileURLToPath(new URL('../../../build/native', import.meta.url)));
  return loaded;
}
