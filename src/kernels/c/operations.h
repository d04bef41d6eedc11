// Written by scripts/generate-operations.mjs from src/kernels/operations.ts: change that, and run it.
// Every argument is a word of the program: a dimension, a flag, or a word offset into the arena (0: none).
#ifndef TP_OPERATIONS_H
#define TP_OPERATIONS_H

#include <stdint.h>

// clang-format off
#define TP_OPERATIONS(OPERATION) \
  OPERATION(zero, dst, count) \
  OPERATION(add, dst, src, count) \
  OPERATION(addScaled, dst, src, scale, count) \
  OPERATION(embed, tokens, rows, width, table, positionTable, rowPositions, out) \
  OPERATION(embedBackward, tokens, rows, width, dOut, dTable, dPositionTable, rowPositions) \
  OPERATION(layerNorm, rows, width, x, gain, bias, y, stats) \
  OPERATION(layerNormBackward, rows, width, x, stats, gain, dy, dx, dGain, dBias, accumulate) \
  OPERATION(rmsNorm, rows, width, x, gain, y, stats) \
  OPERATION(rmsNormBackward, rows, width, x, stats, gain, dy, dx, dGain, accumulate) \
  OPERATION(pack, src, K, n, groups, ld, dst) \
  OPERATION(packTransposed, src, n, K, groups, ld, dst) \
  OPERATION(matmul, rows, columns, K, A, lda, panels, bias, C, ldc, epilogue, aux, aux2) \
  OPERATION(matmulHeads, rows, n, groups, K, A, lda, panels, bias, C) \
  OPERATION(matmulWeightGradient, rows, K, columns, X, ldx, dY, ldy, dW, ldw) \
  OPERATION(columnSum, rows, columns, x, ldx, sums) \
  OPERATION(rope, heads, rows, D, x, headStride, rowStride, rowPositions, cosines, sines, inverse) \
  OPERATION(attention, sequences, T, heads, D, qkv, P, y, scratch) \
  OPERATION(attentionBackward, sequences, T, heads, D, qkv, P, y, dY, dqkv, scratch) \
  OPERATION(attentionStep, rows, T, heads, D, qkv, cache, y, position) \
  OPERATION(headLoss, rows, width, vocabulary, h, panelsT, targets, weights, losses, scratch) \
  OPERATION(headLossBackward, rows, width, vocabulary, h, panelsT, panels, targets, weights, losses, dH, dE, scratch) \
  OPERATION(sample, rows, vocabulary, logits, ld, uniforms, inverseTemperature, topK, tokens, nats, entropy) \
  OPERATION(sumSquares, count, x, partials) \
  OPERATION(adamw, count, p, g, m, v, scalars, useDecay) \
  OPERATION(sgd, count, p, g, scalars, useDecay)

// Epilogue: what a product does with its sums.
enum {
  FINISH_STORE = 0,
  FINISH_RESIDUAL = 1,
  FINISH_GELU = 2,
  FINISH_MULTIPLY = 3,
};

// Limits.
enum {
  SUM_SQUARES_BLOCK = 4096,
  HEAD_ROWS = 64,
  STEP_CONTEXT = 2048,
  DIMENSION = 1048576,
  CONTEXT = 65536,
};

// OptimizerScalar: the scalars block of the optimisers.
typedef struct {
  float learningRate, beta1, oneMinusBeta1, beta2, oneMinusBeta2, correction1, correction2, epsilon, gradientScale, decay;
} optimizer_scalars;
// clang-format on

#define TP_ARGUMENTS(name, ...)  \
  typedef struct {               \
    int32_t __VA_ARGS__;         \
  } name##_arguments;
TP_OPERATIONS(TP_ARGUMENTS)
#undef TP_ARGUMENTS

enum {
#define TP_CODE(name, ...) code_##name,
  TP_OPERATIONS(TP_CODE)
#undef TP_CODE
};

#endif
