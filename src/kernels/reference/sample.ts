// Reference kernel: drawing the next token from logits [rows][ld].
import { log } from '../../core/math.ts';
import { type Kernels, type Memory, sum16 } from './arithmetic.ts';
import { softmaxSum } from './head.ts';

/** Lowest index of the largest of `count` finite logits. */
function argmax({ floats }: Memory, logits: number, count: number): number {
  let best = 0;
  for (let j = 1; j < count; j++) if (floats[logits + j] > floats[logits + best]) best = j;
  return best;
}

/** Which of the logits are among the `topK` largest (0: all); ties go to the lowest index. */
function among({ floats }: Memory, logits: number, count: number, topK: number): (j: number) => boolean {
  if (topK === 0 || topK >= count) return () => true;
  const order = Array.from({ length: count }, (_, j) => j);
  order.sort((a, b) => floats[logits + b] - floats[logits + a] || a - b);
  const chosen = new Set(order.slice(0, topK));
  return (j) => chosen.has(j);
}

/** Inverse transform: the first j whose running sum of f exceeds u times the total, else the last with f > 0. */
function draw({ round }: Memory, f: readonly number[], u: number): number {
  const total = f.reduce((sum, x) => round(sum + x), 0);
  const threshold = round(u * total);
  let running = 0;
  let last = 0;
  for (const [j, x] of f.entries()) {
    running = round(running + x);
    if (running > threshold) return j;
    if (x > 0) last = j;
  }
  return last;
}

export const sampleKernels: Kernels<'sample'> = {
  sample(
    memory,
    { rows, vocabulary, logits, ld, uniforms, inverseTemperature, topK, tokens, nats, entropy },
  ) {
    const { floats, integers, round, exp } = memory;
    const scale = floats[inverseTemperature];
    for (let r = 0; r < rows; r++) {
      const row = logits + r * ld;
      if (!floats.subarray(row, row + vocabulary).every(Number.isFinite)) {
        integers[tokens + r] = -1;
        floats[nats + r] = Number.NaN;
        floats[entropy + r] = Number.NaN;
        continue;
      }
      const { maximum, sum } = softmaxSum(memory, { logits: row, count: vocabulary });
      const shifted = (j: number): number => round(floats[row + j] - maximum);
      const mean = sum16(memory, vocabulary, (j) => round(exp(shifted(j)) * shifted(j)));
      let token = argmax(memory, row, vocabulary);
      if (scale !== 0) {
        const kept = among(memory, row, vocabulary, topK);
        const f = Array.from({ length: vocabulary }, (_, j) =>
          kept(j) ? exp(round(shifted(j) * scale)) : 0,
        );
        token = draw(memory, f, floats[uniforms + r]);
      }
      integers[tokens + r] = token;
      floats[nats + r] = round(log(sum) + maximum - floats[row + token]);
      floats[entropy + r] = round(log(sum) - mean / sum);
    }
  },
};
