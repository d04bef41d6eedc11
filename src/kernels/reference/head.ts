// Reference kernels: the language model's head: logits, softmax and cross-entropy, and their gradients.
// h, dH [rows][width]; E, dE [V][width]; targets, weights, losses [rows].
import { log } from '../../core/math.ts';
import type { OperationArguments } from '../operations.ts';
import { type Kernels, type Memory, sum16 } from './arithmetic.ts';

/** max l, and sum16 of e_j = exp(l_j - max), which is written to `exponentials` where given. */
export function softmaxSum(
  memory: Memory,
  { logits, count, exponentials }: { logits: number; count: number; exponentials?: number },
): { maximum: number; sum: number } {
  const { floats, round, exp } = memory;
  let maximum = floats[logits];
  for (let j = 1; j < count; j++) maximum = floats[logits + j] > maximum ? floats[logits + j] : maximum;
  const sum = sum16(memory, count, (j) => {
    const e = exp(round(floats[logits + j] - maximum));
    if (exponentials !== undefined) floats[exponentials + j] = e;
    return e;
  });
  return { maximum, sum };
}

/** One row: logits [V] into scratch, the loss, and (backward) scratch turned into dl. */
function lossOfRow(memory: Memory, a: OperationArguments<'headLoss'>, r: number, backward: boolean): void {
  const { floats, integers, round } = memory;
  const logits = a.scratch;
  for (let j = 0; j < a.vocabulary; j++) {
    let sum = 0;
    const panel = a.panelsT + Math.floor(j / 16) * 16 * a.width + (j % 16);
    for (let k = 0; k < a.width; k++) {
      sum = round(sum + round(floats[a.h + r * a.width + k] * floats[panel + k * 16]));
    }
    floats[logits + j] = sum;
  }
  const target = integers[a.targets + r];
  const targetLogit = floats[logits + target];
  const { maximum, sum } = softmaxSum(memory, {
    logits,
    count: a.vocabulary,
    ...(backward && { exponentials: logits }),
  });
  floats[a.losses + r] = round(log(sum) + maximum - targetLogit);
  if (!backward) return;
  const weight = floats[a.weights + r];
  const factor = round(weight / sum);
  for (let j = 0; j < a.vocabulary; j++) floats[logits + j] = round(floats[logits + j] * factor);
  floats[logits + target] = round(floats[logits + target] - weight);
}

export const headKernels: Kernels<'headLoss' | 'headLossBackward'> = {
  headLoss(memory, args) {
    for (let r = 0; r < args.rows; r++) lossOfRow(memory, args, r, false);
  },

  headLossBackward(memory, args) {
    const { floats, round } = memory;
    const { rows, width, vocabulary, h, panels, dH, dE, scratch } = args;
    for (let r = 0; r < rows; r++) {
      lossOfRow(memory, args, r, true);
      for (let c = 0; c < width; c++) {
        let sum = 0;
        const panel = panels + Math.floor(c / 16) * 16 * vocabulary + (c % 16);
        for (let j = 0; j < vocabulary; j++)
          sum = round(sum + round(floats[scratch + j] * floats[panel + j * 16]));
        floats[dH + r * width + c] = sum;
      }
      for (let j = 0; j < vocabulary; j++) {
        for (let c = 0; c < width; c++) {
          const at = dE + j * width + c;
          floats[at] = round(floats[at] + round(floats[scratch + j] * floats[h + r * width + c]));
        }
      }
    }
  },
};
