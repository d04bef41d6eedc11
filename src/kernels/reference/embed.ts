// Reference kernels: zeroing and adding buffers, scaled or not; embeddings, rotary positions (Su et al. 2021, half-split).
import type { Kernels } from './arithmetic.ts';

export const embedKernels: Kernels<'zero' | 'add' | 'addScaled' | 'embed' | 'embedBackward' | 'rope'> = {
  zero({ floats }, { dst, count }) {
    floats.fill(0, dst, dst + count);
  },

  add({ floats, round }, { dst, src, count }) {
    for (let i = 0; i < count; i++) floats[dst + i] = round(floats[dst + i] + floats[src + i]);
  },

  addScaled({ floats, round }, { dst, src, scale, count }) {
    const factor = floats[scale];
    for (let i = 0; i < count; i++) {
      floats[dst + i] = round(floats[dst + i] + round(factor * floats[src + i]));
    }
  },

  // table [V][width], positionTable [T][width] -> out [rows][width]
  embed({ floats, integers, round }, { tokens, rows, width, table, positionTable, rowPositions, out }) {
    for (let r = 0; r < rows; r++) {
      const token = table + integers[tokens + r] * width;
      const position = positionTable === 0 ? 0 : positionTable + integers[rowPositions + r] * width;
      for (let i = 0; i < width; i++) {
        const value = floats[token + i];
        floats[out + r * width + i] = position === 0 ? value : round(value + floats[position + i]);
      }
    }
  },

  // dOut [rows][width] -> dTable [V][width], dPositionTable [T][width]
  embedBackward({ floats, integers, round }, a) {
    for (let r = 0; r < a.rows; r++) {
      const token = a.dTable + integers[a.tokens + r] * a.width;
      const position = a.dPositionTable === 0 ? 0 : a.dPositionTable + integers[a.rowPositions + r] * a.width;
      for (let i = 0; i < a.width; i++) {
        const gradient = floats[a.dOut + r * a.width + i];
        floats[token + i] = round(floats[token + i] + gradient);
        if (position !== 0) floats[position + i] = round(floats[position + i] + gradient);
      }
    }
  },

  // x: element (h, r, i) at h headStride + r rowStride + i; cosines, sines [T][D / 2]
  rope({ floats, integers, round }, a) {
    const half = a.D / 2;
    for (let h = 0; h < a.heads; h++) {
      for (let r = 0; r < a.rows; r++) {
        const row = a.x + h * a.headStride + r * a.rowStride;
        const angle = integers[a.rowPositions + r] * half;
        for (let i = 0; i < half; i++) {
          const cosine = floats[a.cosines + angle + i];
          const sine = a.inverse ? -floats[a.sines + angle + i] : floats[a.sines + angle + i];
          const first = floats[row + i];
          const second = floats[row + half + i];
          floats[row + i] = round(round(first * cosine) - round(second * sine));
          floats[row + half + i] = round(round(second * cosine) + round(first * sine));
        }
      }
    }
  },
};
