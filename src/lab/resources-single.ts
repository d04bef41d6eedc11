// What the page loads besides itself, out of the single file: packed in elements of the page.
// In the build of the single file this stands in the place of resources.ts.

async function unpack(id: string): Promise<ArrayBuffer> {
  const packed = document.getElementById(id)?.textContent;
  if (!packed) throw new Error(`this file is damaged: its part "${id}" is missing`);
  const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Response(unpacked).arrayBuffer();
}

let workerAddress: Promise<string> | undefined;

/** A worker that waits for its first message. */
export async function createLabWorker(): Promise<Worker> {
  workerAddress ??= unpack('lab-worker')
    .then((code) => URL.createObjectURL(new Blob([code], { type: 'text/javascript' })))
    .catch((error: unknown) => {
      workerAddress = undefined;
      throw error;
    });
  return new Worker(await workerAddress);
}

/** The bytes of the WebAssembly kernels. */
export async function loadKernels(): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await unpack('lab-kernels'));
}
