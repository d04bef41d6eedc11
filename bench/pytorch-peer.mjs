// The same model in PyTorch, in a process of its own that measures on request.
import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('pytorch-step.py', import.meta.url));

/** A Python that has PyTorch: the one named, or python3 if it does; or why there is none. */
export function findPytorch(named) {
  const python = named ?? 'python3';
  const answer = spawnSync(python, ['-c', 'import torch; print(torch.__version__)'], { encoding: 'utf8' });
  if (answer.error) return { reason: `${python} does not run (${answer.error.code})` };
  return answer.status === 0 ? { python } : { reason: `${python} has no PyTorch` };
}

/** Starts PyTorch on one thread, with malloc told to keep large blocks instead of returning them every step. */
export async function startPytorch(python, clock) {
  const child = spawn(python, [script, clock], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      ...process.env,
      OMP_NUM_THREADS: '1',
      MKL_NUM_THREADS: '1',
      MALLOC_MMAP_THRESHOLD_: '33554432',
      MALLOC_TRIM_THRESHOLD_: '4294967296',
      MALLOC_TOP_PAD_: '67108864',
    },
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error('PyTorch ended before it answered');
    return JSON.parse(value);
  };
  const { version } = await answer();
  return {
    version,
    /** @param what eager | fused | generate */
    async measure(row, what, seconds) {
      child.stdin.write(`${JSON.stringify({ row, what, seconds })}\n`);
      return (await answer()).tokensPerSecond;
    },
    stop: () => child.stdin.end(),
  };
}
