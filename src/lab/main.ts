// The lab's page.
import { createLabWorker, loadKernels } from './resources.ts';

const state = document.getElementById('state') as HTMLElement;

async function train(): Promise<void> {
  const worker = await createLabWorker();
  const kernels = await loadKernels();
  worker.onmessage = ({ data }: MessageEvent<string>) => {
    state.textContent = data;
  };
  worker.onerror = ({ message }) => {
    state.textContent = message;
  };
  worker.postMessage({ kernels }, [kernels.buffer]);
}

document.getElementById('play')?.addEventListener('click', () => {
  state.textContent = 'training ...';
  train().catch((error: unknown) => {
    state.textContent = String(error);
  });
});
