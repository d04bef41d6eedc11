// Reference kernels: gradient norms and the optimisers: AdamW (Loshchilov and Hutter 2019), SGD.
// p, g, m, v [count]; scalars as OptimizerScalar names them.
import { Limits, OptimizerScalar } from '../operations.ts';
import { type Kernels, sum16 } from './arithmetic.ts';

export const optimiseKernels: Kernels<'sumSquares' | 'adamw' | 'sgd'> = {
  sumSquares(memory, { count, x, partials }) {
    const { floats, round } = memory;
    for (let block = 0; block * Limits.sumSquaresBlock < count; block++) {
      const start = block * Limits.sumSquaresBlock;
      const size = Math.min(Limits.sumSquaresBlock, count - start);
      floats[partials + block] = sum16(memory, size, (i) =>
        round(floats[x + start + i] * floats[x + start + i]),
      );
    }
  },

  adamw({ floats, round }, { count, p, g, m, v, scalars, useDecay }) {
    const scalar = (name: keyof typeof OptimizerScalar): number => floats[scalars + OptimizerScalar[name]];
    const learningRate = scalar('learningRate');
    const [beta1, oneMinusBeta1] = [scalar('beta1'), scalar('oneMinusBeta1')];
    const [beta2, oneMinusBeta2] = [scalar('beta2'), scalar('oneMinusBeta2')];
    const [correction1, correction2] = [scalar('correction1'), scalar('correction2')];
    const epsilon = scalar('epsilon');
    const gradientScale = scalar('gradientScale');
    const decay = scalar('decay');
    for (let i = 0; i < count; i++) {
      const gradient = round(floats[g + i] * gradientScale);
      const first = round(round(beta1 * floats[m + i]) + round(oneMinusBeta1 * gradient));
      const second = round(round(beta2 * floats[v + i]) + round(oneMinusBeta2 * round(gradient * gradient)));
      floats[m + i] = first;
      floats[v + i] = second;
      const parameter = useDecay ? round(floats[p + i] - round(decay * floats[p + i])) : floats[p + i];
      const step = round(learningRate * round(first * correction1));
      const size = round(round(Math.sqrt(round(second * correction2))) + epsilon);
      floats[p + i] = round(parameter - round(step / size));
    }
  },

  sgd({ floats, round }, { count, p, g, scalars, useDecay }) {
    const learningRate = floats[scalars + OptimizerScalar.learningRate];
    const gradientScale = floats[scalars + OptimizerScalar.gradientScale];
    const decay = floats[scalars + OptimizerScalar.decay];
    for (let i = 0; i < count; i++) {
      const parameter = useDecay ? round(floats[p + i] - round(decay * floats[p + i])) : floats[p + i];
      floats[p + i] = round(parameter - round(learningRate * round(floats[g + i] * gradientScale)));
    }
  },
};
