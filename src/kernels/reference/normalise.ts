// Reference kernels: LayerNorm (Ba et al. 2016) and RMSNorm (Zhang and Sennrich 2019).
// x, y, dy, dx [rows][width]; gain, bias [width]; stats [rows][2] = mean, 1 / standard deviation.
import { type Kernels, type Memory, sum16 } from './arithmetic.ts';

const EPSILON = 1e-5;

interface Backward {
  rows: number;
  width: number;
  x: number;
  stats: number;
  gain: number;
  dy: number;
  dx: number;
  dGain: number;
  accumulate: number;
}

/** Both backward passes: LayerNorm's where `dBias` is given, RMSNorm's (whose mean is 0) where it is not. */
function normBackward(memory: Memory, a: Backward, dBias: number | undefined): void {
  const { floats, round } = memory;
  const inverseWidth = round(1 / a.width);
  for (let r = 0; r < a.rows; r++) {
    const row = r * a.width;
    const mean = floats[a.stats + 2 * r];
    const rstd = floats[a.stats + 2 * r + 1];
    const normal = (i: number): number =>
      dBias === undefined
        ? round(floats[a.x + row + i] * rstd)
        : round(round(floats[a.x + row + i] - mean) * rstd);
    const scaled = (i: number): number => round(floats[a.dy + row + i] * floats[a.gain + i]);
    const offset = dBias === undefined ? 0 : round(sum16(memory, a.width, scaled) * inverseWidth);
    const slope = round(sum16(memory, a.width, (i) => round(scaled(i) * normal(i))) * inverseWidth);
    for (let i = 0; i < a.width; i++) {
      const gradient = floats[a.dy + row + i];
      const xh = normal(i);
      floats[a.dGain + i] = round(floats[a.dGain + i] + round(gradient * xh));
      if (dBias !== undefined) floats[dBias + i] = round(floats[dBias + i] + gradient);
      const centred = dBias === undefined ? scaled(i) : round(scaled(i) - offset);
      const value = round(rstd * round(centred - round(xh * slope)));
      const place = a.dx + row + i;
      floats[place] = a.accumulate ? round(floats[place] + value) : value;
    }
  }
}

export const normaliseKernels: Kernels<'layerNorm' | 'layerNormBackward' | 'rmsNorm' | 'rmsNormBackward'> = {
  layerNorm(memory, { rows, width, x, gain, bias, y, stats }) {
    const { floats, round } = memory;
    const inverseWidth = round(1 / width);
    for (let r = 0; r < rows; r++) {
      const row = r * width;
      const mean = round(sum16(memory, width, (i) => floats[x + row + i]) * inverseWidth);
      const centred = (i: number): number => round(floats[x + row + i] - mean);
      const squares = sum16(memory, width, (i) => round(centred(i) * centred(i)));
      const rstd = round(1 / round(Math.sqrt(round(round(squares * inverseWidth) + round(EPSILON)))));
      for (let i = 0; i < width; i++) {
        const normal = round(centred(i) * rstd);
        floats[y + row + i] = round(round(normal * floats[gain + i]) + floats[bias + i]);
      }
      floats[stats + 2 * r] = mean;
      floats[stats + 2 * r + 1] = rstd;
    }
  },

  layerNormBackward(memory, args) {
    normBackward(memory, args, args.dBias);
  },

  rmsNorm(memory, { rows, width, x, gain, y, stats }) {
    const { floats, round } = memory;
    const inverseWidth = round(1 / width);
    for (let r = 0; r < rows; r++) {
      const row = r * width;
      const squares = sum16(memory, width, (i) => round(floats[x + row + i] * floats[x + row + i]));
      const rstd = round(1 / round(Math.sqrt(round(round(squares * inverseWidth) + round(EPSILON)))));
      for (let i = 0; i < width; i++) {
        floats[y + row + i] = round(round(floats[x + row + i] * rstd) * floats[gain + i]);
      }
      floats[stats + 2 * r] = 0;
      floats[stats + 2 * r + 1] = rstd;
    }
  },

  rmsNormBackward(memory, args) {
    normBackward(memory, args, undefined);
  },
};
