// Reference kernels: packing into panels, and the three matrix products of a linear layer.
// panels: B [K][n] as [ceil(n / 16)][K][16], zero beyond n.
import { Epilogue } from '../operations.ts';
import { gelu, type Kernels, type Memory } from './arithmetic.ts';

/** Where element (k, j) of panels of depth K lies. */
function panelIndex(panels: number, K: number, k: number, j: number): number {
  return panels + (Math.floor(j / 16) * K + k) * 16 + (j % 16);
}

/** Words of the panels of one matrix [K][n]. */
function panelWords(K: number, n: number): number {
  return Math.ceil(n / 16) * 16 * K;
}

/** 0 + A[0] B[0][j] + A[1] B[1][j] + ... in order, + bias; A: K values from `a`. */
function product(memory: Memory, a: number, K: number, panels: number, j: number, bias: number): number {
  const { floats, round } = memory;
  let sum = 0;
  let b = panelIndex(panels, K, 0, j);
  for (let k = 0; k < K; k++) {
    sum = round(sum + round(floats[a + k] * floats[b]));
    b += 16;
  }
  return bias === 0 ? sum : round(sum + floats[bias + j]);
}

/** src(k, j) [K][n] -> panels. */
function packInto(
  { floats }: Memory,
  K: number,
  n: number,
  dst: number,
  src: (k: number, j: number) => number,
): void {
  floats.fill(0, dst, dst + panelWords(K, n));
  for (let k = 0; k < K; k++) {
    for (let j = 0; j < n; j++) floats[panelIndex(dst, K, k, j)] = floats[src(k, j)];
  }
}

export const matmulKernels: Kernels<
  'pack' | 'packTransposed' | 'matmul' | 'matmulHeads' | 'matmulWeightGradient' | 'columnSum'
> = {
  pack(memory, { src, K, n, groups, ld, dst }) {
    for (let g = 0; g < groups; g++) {
      packInto(memory, K, n, dst + g * panelWords(K, n), (k, j) => src + k * ld + g * n + j);
    }
  },

  packTransposed(memory, { src, n, K, groups, ld, dst }) {
    for (let g = 0; g < groups; g++) {
      packInto(memory, K, n, dst + g * panelWords(K, n), (k, j) => src + (g * n + j) * ld + k);
    }
  },

  // A [rows][K] x B [K][columns] -> C [rows][columns]
  matmul(memory, { rows, columns, K, A, lda, panels, bias, C, ldc, epilogue, aux, aux2 }) {
    const { floats, round } = memory;
    for (let r = 0; r < rows; r++) {
      for (let j = 0; j < columns; j++) {
        const value = product(memory, A + r * lda, K, panels, j, bias);
        const at = r * ldc + j;
        if (epilogue === Epilogue.store) floats[C + at] = value;
        else if (epilogue === Epilogue.residual) floats[C + at] = round(floats[aux + at] + value);
        else if (epilogue === Epilogue.multiply) floats[C + at] = round(floats[aux + at] * value);
        else {
          const activated = gelu(memory, value);
          floats[C + at] = activated.value;
          if (aux2 !== 0) floats[aux2 + at] = activated.derivative;
        }
      }
    }
  },

  // A [rows][K] x B [K][groups n] -> C [groups][rows][n]
  matmulHeads(memory, { rows, n, groups, K, A, lda, panels, bias, C }) {
    for (let g = 0; g < groups; g++) {
      const groupPanels = panels + g * panelWords(K, n);
      const groupBias = bias === 0 ? 0 : bias + g * n;
      for (let r = 0; r < rows; r++) {
        for (let j = 0; j < n; j++) {
          memory.floats[C + (g * rows + r) * n + j] = product(
            memory,
            A + r * lda,
            K,
            groupPanels,
            j,
            groupBias,
          );
        }
      }
    }
  },

  // X [rows][K], dY [rows][columns] -> dW [K][columns]
  matmulWeightGradient({ floats, round }, { rows, K, columns, X, ldx, dY, ldy, dW, ldw }) {
    for (let k = 0; k < K; k++) {
      for (let j = 0; j < columns; j++) {
        let sum = floats[dW + k * ldw + j];
        for (let r = 0; r < rows; r++) {
          sum = round(sum + round(floats[X + r * ldx + k] * floats[dY + r * ldy + j]));
        }
        floats[dW + k * ldw + j] = sum;
      }
    }
  },

  // x [rows][columns] -> sums [columns]
  columnSum({ floats, round }, { rows, columns, x, ldx, sums }) {
    for (let r = 0; r < rows; r++) {
      for (let j = 0; j < columns; j++) floats[sums + j] = round(floats[sums + j] + floats[x + r * ldx + j]);
    }
  },
};
