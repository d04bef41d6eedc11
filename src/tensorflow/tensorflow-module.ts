// The part of TensorFlow.js that this folder uses, as types: the packages are optional, so the compiler must not need
// theirs.

/** A tensor; it lives until `dispose`, or until the `tidy` that made it ends. */
export interface Tensor {
  readonly shape: readonly number[];
  dataSync(): Float32Array | Int32Array;
  dispose(): void;
}

type Numbers = Float32Array | Int32Array | readonly number[];
type Reduce = (x: Tensor, axis?: number, keepDims?: boolean) => Tensor;
type Unary = (x: Tensor) => Tensor;
type Binary = (a: Tensor, b: Tensor | number) => Tensor;
/** What lives on after a `tidy`: the tensors in its result. */
type Kept = Tensor | readonly Kept[] | { readonly [name: string]: Kept } | undefined;

/** `@tensorflow/tfjs-core`, 4.22. */
export interface TensorflowModule {
  readonly version_core: string;
  enableProdMode(): void;
  setBackend(name: string): Promise<boolean>;
  getBackend(): string;
  getKernel(kernelName: string, backendName: string): unknown;
  memory(): { readonly numTensors: number; readonly numBytes: number };

  tensor(values: Numbers, shape?: readonly number[], dtype?: 'float32' | 'int32'): Tensor;
  zeros(shape: readonly number[]): Tensor;
  oneHot(ids: Tensor, depth: number): Tensor;
  tidy<T extends Kept>(compute: () => T): T;
  keep<T extends Tensor>(tensor: T): T;
  dispose(tensors: Kept): void;

  readonly clone: Unary;
  readonly add: Binary;
  readonly sub: Binary;
  readonly mul: Binary;
  readonly div: Binary;
  readonly square: Unary;
  readonly sqrt: Unary;
  readonly rsqrt: Unary;
  readonly sigmoid: Unary;
  readonly exp: Unary;
  readonly log: Unary;
  readonly softmax: Unary;
  readonly sum: Reduce;
  readonly max: Reduce;
  matMul(a: Tensor, b: Tensor, transposeA?: boolean, transposeB?: boolean): Tensor;
  reshape(x: Tensor, shape: readonly number[]): Tensor;
  transpose(x: Tensor, permutation: readonly number[]): Tensor;
  split(x: Tensor, sizes: number | readonly number[], axis?: number): Tensor[];
  concat(tensors: readonly Tensor[], axis?: number): Tensor;
  slice(x: Tensor, begin: readonly number[], size: readonly number[]): Tensor;
  gather(x: Tensor, ids: Tensor): Tensor;
  unsortedSegmentSum(x: Tensor, ids: Tensor, segments: number): Tensor;

  /** f's result (a tensor) and the gradient of sum(dy x f) with respect to each argument. */
  valueAndGrads(
    f: (...args: Tensor[]) => Tensor,
  ): (args: readonly Tensor[], dy?: Tensor) => { readonly value: Tensor; readonly grads: Tensor[] };
  /** An operation whose gradient is given rather than derived. */
  customGrad(
    f: (...args: [...Tensor[], (saved: readonly Tensor[]) => void]) => {
      value: Tensor;
      gradFunc: (dy: Tensor, saved: Tensor[]) => Tensor | Tensor[];
    },
  ): (...args: Tensor[]) => Tensor;
}
