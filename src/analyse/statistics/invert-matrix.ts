// Inverts the small matrices of least squares.

/** A pivot below this share of the largest entry is rounding: the matrix is singular. */
const LEAST_PIVOT = 1e-9;

/** The inverse of a square matrix, by Gauss-Jordan elimination with partial pivoting; null if it is singular. The input is kept. */
export function invertMatrix(matrix: readonly (readonly number[])[]): number[][] | null {
  const n = matrix.length;
  const largest = Math.max(...matrix.flat().map(Math.abs));
  const a = matrix.map((row, i) => [...row, ...row.map((_, j) => Number(i === j))]);
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let row = column + 1; row < n; row++) {
      if (Math.abs(a[row][column]) > Math.abs(a[pivot][column])) pivot = row;
    }
    if (!(Math.abs(a[pivot][column]) > LEAST_PIVOT * largest)) return null;
    [a[column], a[pivot]] = [a[pivot], a[column]];
    const scale = a[column][column];
    a[column] = a[column].map((value) => value / scale);
    for (let row = 0; row < n; row++) {
      if (row === column) continue;
      const factor = a[row][column];
      a[row] = a[row].map((value, j) => value - factor * a[column][j]);
    }
  }
  return a.map((row) => row.slice(n));
}
