// The engine of WebAssembly: the C kernels as SIMD128 code without the relaxed instructions, which is deterministic
// by specification. One instance with its own memory for each arena. Runs in Node and in browsers.
import { ArenaError } from '../arena-error.ts';
import { attentionScratchWords } from '../attention-scratch.ts';
import type { Arena, Engine } from '../engine.ts';
import { type WasmMemory, type WasmModule, WebAssembly } from './web-assembly.ts';

const PAGE_BYTES = 65536;

/** What kernels.wasm exports: the interpreter, and where its own stack and constants end. */
interface KernelExports {
  readonly __heap_base: { readonly value: number };
  tp_run_wasm(
    arena: number,
    program: number,
    length: number,
    thread: number,
    threads: number,
    barrier: number,
    data: number,
  ): void;
}

/** The bytes of the kernels beside this file, in Node. */
function readKernels(): Uint8Array<ArrayBuffer> {
  const { readFileSync } = process.getBuiltinModule('node:fs');
  return new Uint8Array(readFileSync(new URL('kernels.wasm', import.meta.url)));
}

/** Memory with room for `bytes`; 4 GiB is the most that 32-bit addresses reach. */
function createMemory(words: number, bytes: number): WasmMemory {
  const pages = Math.ceil(bytes / PAGE_BYTES);
  if (pages > 65536) throw new ArenaError({ words, reason: 'WebAssembly can address 4 GiB' });
  try {
    return new WebAssembly.Memory({ initial: pages });
  } catch (error) {
    throw new ArenaError({ words, reason: error instanceof Error ? error.message : String(error) });
  }
}

/** Room for the kernels' own stack and constants, in bytes; the arena follows. */
const KERNEL_BYTES = 4 * PAGE_BYTES;

function createArena(module: WasmModule, words: number): Arena {
  const memory = createMemory(words, KERNEL_BYTES + words * 4);
  const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as KernelExports;
  if (kernels.__heap_base.value > KERNEL_BYTES) throw new Error('kernels.wasm needs more memory of its own');
  return {
    floats: new Float32Array(memory.buffer, KERNEL_BYTES, words),
    integers: new Int32Array(memory.buffer, KERNEL_BYTES, words),
    run: (start, length) => kernels.tp_run_wasm(KERNEL_BYTES, KERNEL_BYTES + start * 4, length, 0, 1, 0, 0),
    // Memory goes when nothing refers to the arena any more.
    release: () => {},
  };
}

function engineOf(module: WasmModule): Engine {
  return {
    name: 'wasm',
    detail: 'WebAssembly, SIMD128, one thread, tile 4x8',
    createArena: ({ words }) => createArena(module, words),
    attentionScratchWords: ({ T, D }) => attentionScratchWords({ T, D, threads: 1 }),
  };
}

function notLoaded(error: unknown): { readonly reason: string } {
  const message = error instanceof Error ? error.message : String(error);
  return { reason: `the WebAssembly kernels do not load (${message})` };
}

/**
 * The engine of WebAssembly, or why there is none here. Uses one thread whatever is requested.
 * @param bytes of kernels.wasm; left out: read from beside this file (Node only)
 */
export function createWasmEngine({
  bytes,
}: {
  bytes?: Uint8Array<ArrayBuffer>;
} = {}): Engine | { readonly reason: string } {
  try {
    return engineOf(new WebAssembly.Module(bytes ?? readKernels()));
  } catch (error) {
    return notLoaded(error);
  }
}

/** The bytes behind a URL. @throws Error where the server has none */
async function fetchKernels(url: URL | string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: HTTP status ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/**
 * The same for pages, which must not compile on the thread that draws: the kernels are compiled in the background.
 * Reads no files.
 * @param source bytes of kernels.wasm, or where to fetch them
 */
export async function startWasmEngine(
  source: Uint8Array<ArrayBuffer> | URL | string,
): Promise<Engine | { readonly reason: string }> {
  try {
    const bytes = source instanceof Uint8Array ? source : await fetchKernels(source);
    return engineOf(await WebAssembly.compile(bytes));
  } catch (error) {
    return notLoaded(error);
  }
}
