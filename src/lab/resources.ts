// What the page loads besides itself, from the folder that it came from.
// @see resources-single.ts, which takes this file's place in the single file

/** A worker that waits for its first message. */
export async function createLabWorker(): Promise<Worker> {
  return new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
}

/** The bytes of the WebAssembly kernels. @throws Error where they cannot be loaded */
export async function loadKernels(): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(new URL('../kernels/wasm/kernels.wasm', import.meta.url));
  if (!response.ok) throw new Error(`the kernels cannot be loaded: the server says ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
