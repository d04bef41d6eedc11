// An engine of an addon that stands anywhere: what checks of changed or instrumented kernels run.
import { attentionScratchWords } from '../dist/kernels/attention-scratch.js';

/** The engine of the addon's only instruction set. */
export function engineOfAddon(path) {
  const module = { exports: {} };
  process.dlopen(module, path);
  const addon = module.exports;
  return {
    name: 'native',
    detail: path,
    attentionScratchWords,
    createArena({ words, threads = 1 }) {
      const { buffer, handle } = addon.createArena(words, threads, 0);
      return {
        floats: new Float32Array(buffer),
        integers: new Int32Array(buffer),
        run: (start, length) => addon.run(handle, start, length),
        release: () => addon.release(handle, buffer),
      };
    },
  };
}
