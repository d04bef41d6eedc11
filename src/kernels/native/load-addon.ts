// Finds and loads the native addon: the one that scripts/build-native.mjs compiled on this machine, or the prebuilt one
// of its platform. Safe to import in a browser, where it reports that there is none.
import { z } from 'zod';
import { operations } from '../operations.ts';
import { readPrebuilt } from './prebuilt.ts';

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

/** Who compiled an addon: this machine's compiler, or scripts/build-prebuilt.mjs at a release. */
export type AddonOrigin = 'compiled' | 'prebuilt';

/** The addon, or why there is none. */
export type LoadedAddon =
  | {
      readonly addon: Addon;
      readonly origin: AddonOrigin;
      /** Its file, relative to the root of this program. */
      readonly file: string;
    }
  | { readonly reason: string };

const REMEDY = 'with gcc or clang installed, `npm ci` builds them';

/** build/native/tinypoison.json: what the addon was compiled for. */
const stampSchema = z.object({
  platform: z.string(),
  arch: z.string(),
  libc: z.string(),
  nodeApi: z.number(),
});
type Stamp = z.infer<typeof stampSchema>;

/** The part of Node's report that names the C library. */
const reportSchema = z.object({ header: z.object({ glibcVersionRuntime: z.string().optional() }) });

/** The C library that this process is linked to; an addon bound to another can crash it. */
function libcName(): string {
  if (process.platform !== 'linux') return 'system';
  // Without this the report looks up the names of open connections.
  Object.assign(process.report, { excludeNetwork: true });
  const { data } = reportSchema.safeParse(process.report.getReport());
  return data?.header.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
}

function readStamp(text: string): Stamp | undefined {
  try {
    return stampSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Why an addon with this stamp must not be loaded here, or undefined. */
function foreignStamp(text: string): string | undefined {
  const stamp = readStamp(text);
  if (stamp === undefined) return `build/native/tinypoison.json is damaged; ${REMEDY}`;
  const { platform, arch } = process;
  const here: Stamp = { platform, arch, libc: libcName(), nodeApi: 8 };
  const keys = ['platform', 'arch', 'libc', 'nodeApi'] as const;
  const different = keys.filter((key) => stamp[key] !== here[key]);
  if (different.length === 0) return undefined;
  const words = different.map((key) => `${key} ${stamp[key]}, here ${here[key]}`).join('; ');
  return `the native kernels were built for another system (${words}); ${REMEDY}`;
}

/** Why the addon does not fit this program, or undefined. */
function foreignTable(addon: Addon): string | undefined {
  const ours = Object.entries(operations).map(([name, args]) => `${name}: ${args.join(', ')}`);
  if (JSON.stringify(addon.operations) === JSON.stringify(ours)) return undefined;
  return `the native kernels were built from other sources; ${REMEDY}`;
}

/** Loads a library and holds its table against that of this program. @throws what the system says of it */
function open(root: string, file: string, origin: AddonOrigin): LoadedAddon {
  const { createRequire } = process.getBuiltinModule('node:module');
  const addon = createRequire(import.meta.url)(`${root}/${file}`) as Addon;
  const reason = foreignTable(addon);
  return reason === undefined ? { addon, origin, file } : { reason };
}

function loadingFault(error: unknown, what: string): { readonly reason: string } {
  const message = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
  return { reason: `${what} do not load (${message}); ${REMEDY}` };
}

/**
 * Loads the addon that was compiled on this machine.
 * @param root folder of the program: build/native holds tinypoison.node and tinypoison.json, which says what it was
 * built for
 */
export function loadCompiled(root: string): LoadedAddon {
  const { readFileSync } = process.getBuiltinModule('node:fs');
  let stamp: string;
  try {
    stamp = readFileSync(`${root}/build/native/tinypoison.json`, 'utf8');
  } catch {
    return { reason: `the native kernels have not been built; ${REMEDY}` };
  }
  try {
    const foreign = foreignStamp(stamp);
    if (foreign !== undefined) return { reason: foreign };
    return open(root, 'build/native/tinypoison.node', 'compiled');
  } catch (error) {
    return loadingFault(error, 'the native kernels');
  }
}

/** Loads the prebuilt addon of this platform: not where it is damaged, or made from other sources than these. */
export function loadPrebuilt(root: string): LoadedAddon {
  const { platform, arch } = process;
  const libc = libcName();
  const name = libc === 'system' ? `${platform}-${arch}` : `${platform}-${arch}-${libc}`;
  const found = readPrebuilt(root, name);
  if ('reason' in found) return { reason: `${found.reason}; ${REMEDY}` };
  try {
    return open(root, found.file, 'prebuilt');
  } catch (error) {
    return loadingFault(error, 'the prebuilt native kernels');
  }
}

/**
 * Where addons may come from, in this order. `TINYPOISON_PREBUILT=no` refuses the prebuilt one, `only` the compiled one.
 */
export function addonOrigins(): readonly AddonOrigin[] {
  const wish = typeof process === 'undefined' ? undefined : process.env.TINYPOISON_PREBUILT;
  if (wish === 'no') return ['compiled'];
  return wish === 'only' ? ['prebuilt'] : ['compiled', 'prebuilt'];
}

const loaded = new Map<AddonOrigin, LoadedAddon>();

/** The addon of this installation from one origin, loaded once. */
export function loadAddon(origin: AddonOrigin): LoadedAddon {
  if (typeof process === 'undefined' || typeof process.getBuiltinModule !== 'function') {
    return { reason: 'native kernels need Node' };
  }
  let result = loaded.get(origin);
  if (result === undefined) {
    if (!addonOrigins().includes(origin)) {
      return {
        reason: `TINYPOISON_PREBUILT=${process.env.TINYPOISON_PREBUILT} refuses the ${origin} native kernels`,
      };
    }
    const { fileURLToPath } = process.getBuiltinModule('node:url');
    // The same place from src/kernels/native and from dist/kernels/native.
    const root = fileURLToPath(new URL('../../..', import.meta.url)).replace(/[\\/]$/, '');
    result = origin === 'compiled' ? loadCompiled(root) : loadPrebuilt(root);
    loaded.set(origin, result);
  }
  return result;
}

/** The addon of the first origin that has one; else why none has. */
export function firstAddon(): LoadedAddon {
  const reasons: string[] = [];
  for (const origin of addonOrigins()) {
    const result = loadAddon(origin);
    if ('addon' in result) return result;
    reasons.push(result.reason);
  }
  return { reason: reasons.join('; ') };
}
