// The operations every engine provides. An engine runs programs: lists of these operations, recorded once by
// model/ and train/ and replayed every step. All arguments are 32-bit integers: dimensions, flags, and word
// offsets into one arena of 4-byte words (see engine.ts); numbers that change from step to step live in the arena.
// Offset 0 means "none" for optional buffers.
//
// Arithmetic contract (IEEE f32, never fused, never reassociated; f(a) rounds once):
//   dot      acc = 0; for k in order: acc = acc + a[k] * b[k]
//   sum16    16 lanes: lane l starts at 0 and adds x[l], x[l+16], ... in order (a last partial group only reaches
//            its lanes); then a_l = s_l + s_(l+8) for l < 8; b_l = a_l + a_(l+4) for l < 4; (b_0 + b_2) + (b_1 + b_3)
//   exp      clamp to [-87, 88] (NaN passes); t = x * 1.44269504f + 12582912f; n = bits(t) - 0x4B400000;
//            f = t - 12582912f; r = x - f * 0.693359375f; r = r - f * -2.12194440e-4f; p = 1.9875691500e-4f;
//            p = p r + 1.3981999507e-3f; p r + 8.3334519073e-3f; p r + 4.1665795894e-2f; p r + 1.6666665459e-1f;
//            p r + 5.0000001201e-1f; p = (p * (r * r) + r) + 1f; 2^n by adding n << 23 to the bits of p
//   gelu     x2 = x x; u = (x * 1.5957691216f) * (1f + 0.044715f * x2); s = 1f / (1f + exp(-u)), 0 if s < 2^-80;
//            y = x * s; du = 1.5957691216f * (1f + 0.134145f * x2); derivative = s + (y * (1f - s)) * du
//   log64    core/math's log, in double precision
//   inv      1f / (float) width
// Elements are independent of how engines split rows, columns or heads over tiles and threads.
// Shapes: N rows (tokens of a chunk), C channels, H heads, D = C / H, T context, V vocabulary. Row-major.
// "panels": a matrix B [K][n] packed as [ceil(n / 16)][K][16], zero beyond n.

/** What MATMUL does with v = acc + bias[j] before it stores. */
export const Epilogue = {
  /** C = v */
  store: 0,
  /** C = aux + v */
  residual: 1,
  /** C = gelu(v), and aux2 = gelu'(v) where aux2 is given */
  gelu: 2,
  /** C = aux * v */
  multiply: 3,
} as const;

/** Floats of the scalars block that ADAMW and SGD read, in this order. */
export const OptimizerScalar = {
  learningRate: 0,
  beta1: 1,
  oneMinusBeta1: 2,
  beta2: 3,
  oneMinusBeta2: 4,
  /** 1 / (1 - beta1^t) */
  correction1: 5,
  /** 1 / (1 - beta2^t) */
  correction2: 6,
  epsilon: 7,
  /** Gradients are multiplied by this first (clipping). */
  gradientScale: 8,
  /** learning rate x weight decay */
  decay: 9,
} as const;

/** Numbers that the engines and those who plan their buffers must agree on. */
export const Limits = {
  /** Elements of one block of `sumSquares`. */
  sumSquaresBlock: 4096,
  /** Rows of logits that the scratch of the head has room for, whatever the number of threads. */
  headRows: 64,
  /** Most positions that `attentionStep` sees: its scores stand on the stack. */
  stepContext: 2048,
  /** Largest dimension, and longest context: no size computed from them overflows 64 bits. */
  dimension: 1048576,
  context: 65536,
} as const;

/**
 * Argument names of every operation, in order; an operation's code is its place in this table.
 * `node scripts/generate-operations.mjs` writes c/operations.h from it; a test holds them together.
 */
export const operations = {
  /** dst[i] = 0 */
  zero: ['dst', 'count'],

  /** dst[i] = dst[i] + src[i] */
  add: ['dst', 'src', 'count'],

  /** dst[i] = dst[i] + s * src[i], with s the f32 at word `scale` */
  addScaled: ['dst', 'src', 'scale', 'count'],

  /** out[r] = table[tokens[r]] (+ positionTable[rowPositions[r]]); tokens, rowPositions: i32 */
  embed: ['tokens', 'rows', 'width', 'table', 'positionTable', 'rowPositions', 'out'],

  /** rows in order: dTable[tokens[r]] += dOut[r]; dPositionTable[rowPositions[r]] += dOut[r] */
  embedBackward: ['tokens', 'rows', 'width', 'dOut', 'dTable', 'dPositionTable', 'rowPositions'],

  /**
   *     mu   = sum16(x) inv
   *     rstd = 1f / sqrt(sum16((x - mu)^2) inv + 1e-5f)
   *     y    = ((x - mu) rstd) gain + bias
   *
   * stats[r] = (mu, rstd)
   */
  layerNorm: ['rows', 'width', 'x', 'gain', 'bias', 'y', 'stats'],

  /**
   *     xh = (x - mu) rstd
   *     t  = dy gain
   *     a  = sum16(t) inv
   *     c  = sum16(t xh) inv
   *     v  = rstd ((t - a) - xh c)
   *     dx = accumulate ? dx + v : v
   *
   * Rows in order: dGain += dy xh, dBias += dy.
   */
  layerNormBackward: ['rows', 'width', 'x', 'stats', 'gain', 'dy', 'dx', 'dGain', 'dBias', 'accumulate'],

  /**
   *     rstd = 1f / sqrt(sum16(x x) inv + 1e-5f)
   *     y    = (x rstd) gain
   *
   * stats[r] = (0, rstd)
   */
  rmsNorm: ['rows', 'width', 'x', 'gain', 'y', 'stats'],

  /**
   *     xh = x rstd
   *     t  = dy gain
   *     c  = sum16(t xh) inv
   *     v  = rstd (t - xh c)
   *
   * dx and dGain as in layerNormBackward.
   */
  rmsNormBackward: ['rows', 'width', 'x', 'stats', 'gain', 'dy', 'dx', 'dGain', 'accumulate'],

  /** src [K][groups * n], leading dimension ld -> groups x panels of [K][n] each */
  pack: ['src', 'K', 'n', 'groups', 'ld', 'dst'],

  /** src [groups * n][K], leading dimension ld, transposed -> groups x panels of [K][n] each */
  packTransposed: ['src', 'n', 'K', 'groups', 'ld', 'dst'],

  /**
   * v[r][j] = dot over K of A[r] and column j of panels, + bias[j]; C by the epilogue. aux and aux2 have C's
   * leading dimension.
   */
  matmul: ['rows', 'columns', 'K', 'A', 'lda', 'panels', 'bias', 'C', 'ldc', 'epilogue', 'aux', 'aux2'],

  /**
   * As matmul with epilogue store, written head-major: C [groups][rows][n]; panels of `groups` packed groups;
   * bias [groups * n].
   */
  matmulHeads: ['rows', 'n', 'groups', 'K', 'A', 'lda', 'panels', 'bias', 'C'],

  /** dW [K][columns]: for r in order dW[k][j] = dW[k][j] + X[r][k] * dY[r][j] */
  matmulWeightGradient: ['rows', 'K', 'columns', 'X', 'ldx', 'dY', 'ldy', 'dW', 'ldw'],

  /** for r in order: sums[j] = sums[j] + x[r][j] */
  columnSum: ['rows', 'columns', 'x', 'ldx', 'sums'],

  /**
   * In place, for each head h and row r, with row p = rowPositions[r] of the tables cosines, sines [T][D/2]:
   * pairs (a, b) = elements (i, i + D/2) become
   *
   *     a' = a cos - b sin,  b' = b cos + a sin      inverse 0
   *     a' = a cos + b sin,  b' = b cos - a sin      inverse 1
   *
   * Element (h, r, i) lies at x + h headStride + r rowStride + i.
   */
  rope: ['heads', 'rows', 'D', 'x', 'headStride', 'rowStride', 'rowPositions', 'cosines', 'sines', 'inverse'],

  /**
   * qkv head-major [3H][N][D], N = sequences T. Per sequence, head and row i, with m = max s, scale =
   * 1f / sqrt((float) D):
   *
   *     s_j  = dot(q_i, k_j)
   *     e_j  = exp(s_j scale - m scale)
   *     P_ij = e_j * (1f / sum16(e)) for j <= i, 0 for i < j < ldp
   *     y_i  = for j in order acc + P_ij v_j
   *
   * P [sequences][H][T][ldp], ldp = T rounded up to 16; y [N][H D]. scratch: the engine's
   * `attentionScratchWords`, 2 ldp (D rounded up to 16) + T ldp words for each thread.
   */
  attention: ['sequences', 'T', 'heads', 'D', 'qkv', 'P', 'y', 'scratch'],

  /**
   * dY head-major [H][N][D], rows dO; dqkv row-major [N][3 H D]:
   *
   *     dV_j  = for i >= j in order acc + P_ij dO_i
   *     dP_ij = dot(dO_i, v_j)
   *     w_i   = sum16(y_i dO_i)
   *     dS_ij = (P_ij (dP_ij - w_i)) scale
   *     dQ_i  = for j <= i in order acc + dS_ij k_j
   *     dK_j  = for i >= j in order acc + dS_ij q_i
   */
  attentionBackward: ['sequences', 'T', 'heads', 'D', 'qkv', 'P', 'y', 'dY', 'dqkv', 'scratch'],

  /**
   * One position p = i32[position] < Limits.stepContext for every row, with the arithmetic of attention; y
   * [rows][H D]. Appends k and v to the caches: [rows][H] x 2 D' T' words in a layout private to the engine, D' and
   * T' rounded up to 16.
   */
  attentionStep: ['rows', 'T', 'heads', 'D', 'qkv', 'cache', 'y', 'position'],

  /**
   * logits = h . E^T in blocks of rows (panelsT = packTransposed of E [V][C]), and with m = max l, Z = sum16(e):
   *
   *     e_j       = exp(l_j - m)
   *     losses[r] = f32(log64(Z) + m - l_target)
   *
   * weights do not enter it. scratch: Limits.headRows x (V rounded up to 16) words, however many threads.
   */
  headLoss: ['rows', 'width', 'vocabulary', 'h', 'panelsT', 'targets', 'weights', 'losses', 'scratch'],

  /**
   * The same, and with w = weights[r]:
   *
   *     dl_j = e_j * (w / Z), then dl_target = dl_target - w
   *     dH   = for j in order acc + dl_j E_j            panels = pack of E as [V][C]
   *     dE_j = for r in order dE_j + dl_j h_r           [V][C]
   */
  headLossBackward: [
    ...['rows', 'width', 'vocabulary', 'h', 'panelsT', 'panels', 'targets', 'weights'],
    ...['losses', 'dH', 'dE', 'scratch'],
  ],

  /**
   * Draws tokens[r] from logits [rows][ld]; m, e, Z as in headLoss, and of that distribution, untempered,
   *
   *     nats[r]    = f32(log64(Z) + m - l_token)
   *     entropy[r] = f32(log64(Z) - S / Z), S = sum16(e (l - m))
   *
   * inverseTemperature: word of an f32. 0: greedy, the lowest id of the maximum. Else
   *
   *     f_j = exp((l_j - m) invT), 0 outside the topK largest (0: all; ties to the lowest id)
   *     c_j = running sum of f in index order, in f32; total = its last value
   *
   * and the token is the first j with c_j > u * total (u = uniforms[r]), else the last j with f_j > 0. A row with a
   * logit that is not finite gets token -1.
   */
  sample: [
    ...['rows', 'vocabulary', 'logits', 'ld', 'uniforms', 'inverseTemperature', 'topK'],
    ...['tokens', 'nats', 'entropy'],
  ],

  /** partials[b] = sum16 over block b (Limits.sumSquaresBlock elements) of x x */
  sumSquares: ['count', 'x', 'partials'],

  /**
   * With the names of OptimizerScalar (lr: learningRate):
   *
   *     g' = g gradientScale
   *     m  = beta1 m + oneMinusBeta1 g'
   *     v  = beta2 v + oneMinusBeta2 (g' g')
   *     p  = p - decay p                                             where useDecay
   *     p  = p - (lr (m correction1)) / (sqrt(v correction2) + epsilon)
   */
  adamw: ['count', 'p', 'g', 'm', 'v', 'scalars', 'useDecay'],

  /** p = p - decay p where useDecay; p = p - lr (g gradientScale) */
  sgd: ['count', 'p', 'g', 'scalars', 'useDecay'],
} as const;

export type Operation = keyof typeof operations;

/** Arguments of an operation by name. */
export type OperationArguments<K extends Operation> = Record<(typeof operations)[K][number], number>;

/** Code of each operation: its place in the table. */
export const operationCode = Object.fromEntries(
  Object.keys(operations).map((name, code) => [name, code]),
) as Readonly<Record<Operation, number>>;
