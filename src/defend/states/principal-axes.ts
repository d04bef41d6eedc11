// Principal axes of rows of numbers, by cyclic Jacobi rotations (Golub and Van Loan, Matrix Computations, section 8.5): of
// + - x / and square roots alone, in a fixed order, so that every machine gives the same bits. Rotations need no gap between
// eigenvalues, as power iteration does.

/** Rows of equal length. */
export type Rows = readonly ArrayLike<number>[];

/** The middle of rows and the directions in which they spread. */
export interface PrincipalAxes {
  /** Mean row. [C] */
  readonly mean: Float64Array;
  /** Variances along the axes (divided by the number of rows), falling. [C] */
  readonly variances: Float64Array;
  /** Unit vectors, each with either sign. [C][C] */
  readonly axes: readonly Float64Array[];
}

const MOST_SWEEPS = 60;

const at = (values: ArrayLike<number>, place: number): number => values[place] as number;

/** Mean of rows, summed in their order. [C] */
export function meanOfRows(rows: Rows, width: number): Float64Array {
  const mean = new Float64Array(width);
  for (const row of rows) for (let i = 0; i < width; i++) mean[i] = at(mean, i) + at(row, i);
  return mean.map((sum) => sum / Math.max(1, rows.length));
}

/** Covariance of rows around a mean, divided by their number. [C][C] */
function covariance(rows: Rows, mean: Float64Array): Float64Array[] {
  const matrix = Array.from(mean, () => new Float64Array(mean.length));
  const centred = new Float64Array(mean.length);
  for (const row of rows) {
    for (let i = 0; i < mean.length; i++) centred[i] = at(row, i) - at(mean, i);
    for (const [i, sums] of matrix.entries())
      for (let j = 0; j <= i; j++) sums[j] = at(sums, j) + at(centred, i) * at(centred, j);
  }
  for (const [i, sums] of matrix.entries())
    for (let j = 0; j <= i; j++) {
      sums[j] = at(sums, j) / Math.max(1, rows.length);
      (matrix[j] as Float64Array)[i] = at(sums, j);
    }
  return matrix;
}

/** Rotates two rows of a matrix: [a, b] -> [c a - s b, s a + c b]. */
function rotate(one: Float64Array, other: Float64Array, { c, s }: { c: number; s: number }): void {
  for (let k = 0; k < one.length; k++) {
    const a = at(one, k);
    const b = at(other, k);
    one[k] = c * a - s * b;
    other[k] = s * a + c * b;
  }
}

/** Rotates the columns p and q of a matrix in the same way. */
function rotateColumns(matrix: readonly Float64Array[], p: number, q: number, by: { c: number; s: number }) {
  for (const row of matrix) {
    const a = at(row, p);
    const b = at(row, q);
    row[p] = by.c * a - by.s * b;
    row[q] = by.s * a + by.c * b;
  }
}

/**
 * Eigenvalues of a symmetric matrix, falling, and its eigenvectors.
 * @param matrix is overwritten
 */
function symmetricEigen(matrix: Float64Array[]): Pick<PrincipalAxes, 'variances' | 'axes'> {
  const vectors = matrix.map((_, i) => Float64Array.from(matrix, (__, j) => (i === j ? 1 : 0)));
  const trace = matrix.reduce((sum, row, i) => sum + Math.abs(at(row, i)), 0);
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    let rotated = false;
    for (const [p, row] of matrix.entries())
      for (let q = p + 1; q < matrix.length; q++) {
        const off = at(row, q);
        if (Math.abs(off) <= 1e-15 * trace) continue;
        const other = matrix[q] as Float64Array;
        const theta = (at(other, q) - at(row, p)) / (2 * off);
        const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const c = 1 / Math.sqrt(t * t + 1);
        const by = { c, s: t * c };
        rotate(row, other, by);
        rotateColumns(matrix, p, q, by);
        rotate(vectors[p] as Float64Array, vectors[q] as Float64Array, by);
        rotated = true;
      }
    if (!rotated) break;
  }
  const values = matrix.map((row, i) => at(row, i));
  const order = values.map((_, i) => i).sort((a, b) => at(values, b) - at(values, a) || a - b);
  return {
    // rounding may leave a variance of nothing a little below it
    variances: Float64Array.from(order, (i) => Math.max(0, at(values, i))),
    axes: order.map((i) => vectors[i] as Float64Array),
  };
}

/** The principal axes of rows. Their order moves the last bits: give them in one that does not depend on where they stood. */
export function principalAxes(rows: Rows, width: number): PrincipalAxes {
  const mean = meanOfRows(rows, width);
  return { mean, ...symmetricEigen(covariance(rows, mean)) };
}

/** Coordinates of a row on the first axes. [count] */
export function project(
  row: ArrayLike<number>,
  { mean, axes }: Pick<PrincipalAxes, 'mean' | 'axes'>,
  count: number = axes.length,
): Float64Array {
  return Float64Array.from(axes.slice(0, count), (axis) => {
    let sum = 0;
    for (let i = 0; i < axis.length; i++) sum += at(axis, i) * (at(row, i) - at(mean, i));
    return sum;
  });
}
